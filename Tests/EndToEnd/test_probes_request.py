"""Requests out of the published conformance and smuggling tables, and what becomes of each of them.

A probe is refused and its connection closed, or answered by the gateway itself, or forwarded as exactly one request in canonical form;
judged by the bytes that an instrumented upstream has recorded. Behind each stands another request on the same connection: it must
not be taken for a part of the probe, nor a part of the probe for it.

The names are those of Http11Probe (RFC9112-…, COMP-…, SMUG-…, MAL-…, NORM-…), of what the HTTP Garden found (GARDEN-…), and of the
classes of desynchronisation as their finders named them (DESYNC-…); RFC-… are the sections of RFC 9112 gone through one by one.
"""

import re
from dataclasses import dataclass, field

import pytest

from lib.client import Closed
from lib.gateway import Gateway, configuration
from lib.upstreams import Upstream, answer
from lib.waiting import until

NEXT = b"GET /open/next HTTP/1.1\r\nHost: next.test\r\n\r\n"
HOST = "Host: gateway.test"
CHUNKED = "Transfer-Encoding: chunked"
LAST = "0\r\n\r\n"
INNER = "GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclass
class Probe:
    name: str
    raw: bytes
    outcome: str  # refused, broken, answered or forwarded
    statuses: tuple = ()
    targets: tuple = ("/open",)  # of what reaches the upstream, the next request aside
    body: bytes = b""
    fields: dict = field(default_factory=dict)  # of the first request that reaches the upstream; None for one that must not

    def __str__(self):
        return self.name


def _bytes(raw):
    return raw.encode("latin-1") if isinstance(raw, str) else raw


def refused(name, raw, *statuses):
    """Answered with an error, then closed; nothing whole reaches the upstream."""
    return Probe(name, _bytes(raw), "refused", statuses or (400,))


def broken(name, raw):
    """Sent without its end, behind which the client closes its sending side: nothing whole reaches the upstream."""
    return Probe(name, _bytes(raw), "broken")


def answered(name, raw, *statuses):
    """Answered by the gateway itself; the connection may be kept."""
    return Probe(name, _bytes(raw), "answered", statuses)


def forwarded(name, raw, target="/open", body=b"", targets=None, **fields):
    fields = {key.replace("_", "-"): value for key, value in fields.items()}
    return Probe(name, _bytes(raw), "forwarded", (200,), tuple(targets or [target]), _bytes(body), fields)


def get(*lines, start="GET /open HTTP/1.1", host=HOST):
    return "\r\n".join([start] + ([host] if host is not None else []) + list(lines)) + "\r\n\r\n"


def post(*lines, body="hello", start="POST /open HTTP/1.1", host=HOST):
    return get(*lines, start=start, host=host) + body


def chunked(body, *lines, start="POST /open HTTP/1.1"):
    return post(CHUNKED, *lines, body=body, start=start)


LINE = [  # RFC 9112 §2.2, §2.3, §3
    refused("RFC9112-2.2-BARE-LF-REQUEST-LINE", f"GET /open HTTP/1.1\n{HOST}\r\n\r\n"),
    refused("RFC9112-2.2-BARE-LF-HEADER", f"GET /open HTTP/1.1\r\n{HOST}\nX-A: 1\r\n\r\n"),
    refused("RFC9112-2.2-BARE-LF-EVERYWHERE", get().replace("\r\n", "\n")),
    refused("RFC9112-2.2-BARE-LF-END", f"GET /open HTTP/1.1\r\n{HOST}\r\n\n"),
    refused("RFC9112-3-CR-ONLY-LINE-ENDING", f"GET /open HTTP/1.1\r{HOST}\r\r\n\r\n"),
    refused("RFC9112-2.2-CR-BEFORE-CRLF", get(start="GET /open HTTP/1.1\r")),
    refused("RFC9112-2.2-BARE-CR-IN-TARGET", get(start="GET /open\rx HTTP/1.1")),
    forwarded("COMP-LEADING-CRLF", "\r\n" + get()),
    refused("COMP-LEADING-CRLF-TWICE", "\r\n\r\n" + get()),
    refused("COMP-LEADING-LF", "\n" + get()),
    refused("COMP-LEADING-CR", "\r" + get()),
    refused("COMP-LEADING-SPACE", " " + get()),
    refused("COMP-LEADING-NUL", "\0" + get()),
    refused("COMP-WHITESPACE-BEFORE-HEADERS", get("X-A: 1", host=" Host: gateway.test")),
    refused("RFC9112-2.2-SP-LINE-BEFORE-HEADERS", get("X-A: 1", host=" \r\nHost: gateway.test")),
    refused("GARDEN-HEAD-ENDED-BY-CRLF-CR", f"GET /open HTTP/1.1\r\n{HOST}\r\n\rX\r\n\r\n"),
    refused("RFC9112-2.3-HTTP09-REQUEST", "GET /open\r\n"),
    refused("RFC9112-2.3-HTTP09-WITH-FIELDS", get(start="GET /open")),
    refused("RFC9112-2.3-INVALID-VERSION", get(start="GET /open HTTP/9.9"), 505),
    refused("RFC9112-2.3-ICY", get(start="GET /open ICY/1.1")),
    refused("RFC9112-2.3-HTTP-0.9", get(start="GET /open HTTP/0.9"), 505),
    refused("RFC9112-2.3-HTTP-1.2", get(start="GET /open HTTP/1.2"), 505),
    refused("RFC9112-2.3-HTTP-2.0", get(start="GET /open HTTP/2.0"), 505),
    refused("RFC9112-2.3-HTTP2-PREFACE", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 505),
    refused("COMP-VERSION-MISSING-MINOR", get(start="GET /open HTTP/1")),
    refused("COMP-VERSION-MISSING-MINOR-DOT", get(start="GET /open HTTP/1.")),
    refused("COMP-VERSION-LEADING-ZEROS", get(start="GET /open HTTP/01.1")),
    refused("COMP-VERSION-TRAILING-DIGIT", get(start="GET /open HTTP/1.10")),
    refused("COMP-VERSION-WHITESPACE", get(start="GET /open HTTP/ 1.1")),
    refused("COMP-VERSION-CASE", get(start="GET /open http/1.1")),
    refused("COMP-VERSION-TRAILING-SPACE", get(start="GET /open HTTP/1.1 ")),
    refused("COMP-VERSION-COMMA", get(start="GET /open HTTP/1,1")),
    refused("COMP-VERSION-JUNK", get(start="GET /open HTTP/1.1x")),
    refused("COMP-VERSION-NEGATIVE", get(start="GET /open HTTP/-1.1")),
    refused("RFC9112-3-MULTI-SP-REQUEST-LINE", get(start="GET  /open HTTP/1.1")),
    refused("RFC9112-3-MULTI-SP-BEFORE-VERSION", get(start="GET /open  HTTP/1.1")),
    refused("RFC9112-3-MISSING-TARGET", get(start="GET HTTP/1.1")),
    refused("RFC9112-3-MISSING-TARGET-TWO-SP", get(start="GET  HTTP/1.1")),
    refused("RFC9112-3-MISSING-METHOD", get(start="/open HTTP/1.1")),
    refused("RFC9112-3-FOUR-WORDS", get(start="GET /open /open HTTP/1.1")),
    refused("COMP-REQUEST-LINE-TAB", get(start="GET\t/open\tHTTP/1.1")),
    refused("COMP-REQUEST-LINE-VTAB", get(start="GET\x0b/open HTTP/1.1")),
    refused("COMP-REQUEST-LINE-FORMFEED", get(start="GET /open\x0cHTTP/1.1")),
    refused("COMP-REQUEST-LINE-NBSP", get(start="GET\xa0/open HTTP/1.1")),
    refused("RFC-3.1-METHOD-NOT-TOKEN", get(start="GE(T /open HTTP/1.1")),
    refused("RFC-3.1-METHOD-NUL", get(start="GE\0T /open HTTP/1.1")),
    refused("RFC-3.1-METHOD-COLON", get(start="GET: /open HTTP/1.1")),
    refused("RFC-3.1-METHOD-OBS-TEXT", get(start="G\xcbT /open HTTP/1.1")),
    refused("MAL-LONG-METHOD", get(start="A" * 5000 + " /open HTTP/1.1"), 400, 501),
    forwarded("RFC-3.1-METHOD-UNKNOWN", get(start="PURGE /open HTTP/1.1")),
    refused("COMP-METHOD-CASE", get(start="get /open HTTP/1.1")),
    refused("COMP-METHOD-TRACE", get(start="TRACE /open HTTP/1.1"), 405),
    refused("COMP-TRACE-WITH-BODY", post("Content-Length: 5", start="TRACE /open HTTP/1.1"), 405),
    refused("COMP-METHOD-CONNECT", get(start="CONNECT gateway.test:80 HTTP/1.1"), 400, 405, 501),
    refused("COMP-METHOD-CONNECT-ORIGIN-FORM", get(start="CONNECT /open HTTP/1.1"), 400, 405, 501),
    refused("MAL-BINARY-GARBAGE", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    refused("MAL-SSH-BANNER", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    refused("MAL-PROXY-PROTOCOL-V1", "PROXY TCP4 1.2.3.4 5.6.7.8 9 80\r\n" + get()),
    refused("MAL-PROXY-PROTOCOL-V2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\0" * 12 + get().encode()),
]  # fmt: skip

TARGET = [  # RFC 9112 §3.2
    refused("RFC9112-3.2-FRAGMENT-IN-TARGET", get(start="GET /open#x HTTP/1.1")),
    refused("RFC9112-3.2-FRAGMENT-IN-QUERY", get(start="GET /open?a#x HTTP/1.1")),
    refused("COMP-ASTERISK-WITH-GET", get(start="GET * HTTP/1.1")),
    answered("COMP-OPTIONS-STAR", get(start="OPTIONS * HTTP/1.1"), 200, 204, 404),
    refused("RFC-3.2.4-ASTERISK-AND-MORE", get(start="OPTIONS *x HTTP/1.1")),
    refused("RFC-3.2.3-AUTHORITY-FORM", get(start="GET gateway.test:80 HTTP/1.1")),
    refused("RFC-3.2-NO-SLASH", get(start="GET open HTTP/1.1")),
    refused("RFC-3.2-QUERY-ALONE", get(start="GET ?x HTTP/1.1")),
    refused("RFC-3.2-BACKSLASH", get(start="GET \\open HTTP/1.1")),
    forwarded("COMP-ABSOLUTE-FORM", get(start="GET http://gateway.test/open?x=1 HTTP/1.1"), "/open?x=1", Host="gateway.test"),
    forwarded("RFC-3.2.2-ABSOLUTE-CASE", get(start="GET HTTP://GateWay.test/open HTTP/1.1"), Host="gateway.test"),
    refused("RFC-3.2.2-ABSOLUTE-OTHER-HOST", get(start="GET http://evil.test/open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-OTHER-PORT", get(start="GET http://gateway.test:81/open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-USERINFO", get(start="GET http://u@gateway.test/open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-NO-AUTHORITY", get(start="GET http:///open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-ONE-SLASH", get(start="GET http:/open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-OTHER-SCHEME", get(start="GET ftp://gateway.test/open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-FILE", get(start="GET file:///etc/passwd HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-BACKSLASH", get(start="GET http:\\\\gateway.test\\open HTTP/1.1")),
    refused("RFC-3.2.2-ABSOLUTE-NO-HOST-FIELD", get(start="GET http://gateway.test/open HTTP/1.1", host=None)),
    forwarded("RFC-3.2.2-ABSOLUTE-HTTP10", get(start="GET http://gateway.test/open HTTP/1.0", host=None) , Host="gateway.test"),
    refused("MAL-NUL-IN-URL", get(start="GET /open\0 HTTP/1.1")),
    refused("MAL-CONTROL-IN-URL", get(start="GET /open\x01 HTTP/1.1")),
    refused("MAL-DEL-IN-URL", get(start="GET /open\x7f HTTP/1.1")),
    refused("MAL-NON-ASCII-URL", get(start="GET /open/\xc3\xa9 HTTP/1.1")),
    refused("MAL-URL-OVERLONG-UTF8", get(start="GET /open/%c0%af HTTP/1.1")),
    refused("MAL-URL-OVERLONG-UTF8-DOTS", get(start="GET /open/%c0%ae%c0%ae/x HTTP/1.1")),
    refused("MAL-URL-OVERLONG-UTF8-THREE", get(start="GET /open/%e0%80%af HTTP/1.1")),
    refused("MAL-URL-OVERLONG-UTF8-FOUR", get(start="GET /open/%f0%80%80%af HTTP/1.1")),
    refused("MAL-URL-PERCENT-NULL", get(start="GET /open/%00 HTTP/1.1")),
    refused("MAL-URL-PERCENT-CRLF", get(start="GET /open/%0d%0aX-A:%201 HTTP/1.1")),
    refused("MAL-URL-PERCENT-U", get(start="GET /open/%u002f HTTP/1.1")),
    refused("MAL-URL-BACKSLASH", get(start="GET /open\\..\\x HTTP/1.1")),
    answered("MAL-URL-ENCODED-SLASH", get(start="GET /open%2fx HTTP/1.1"), 400),
    refused("MAL-URL-DOUBLE-ENCODED", get(start="GET /open/%252e%252e/x HTTP/1.1")),
    refused("MAL-URL-ABOVE-ROOT", get(start="GET /../open HTTP/1.1")),
    refused("MAL-LONG-URL", get(start="GET /open/" + "a" * 9000 + " HTTP/1.1"), 414),
    refused("MAL-LONG-QUERY", get(start="GET /open?" + "a" * 9000 + " HTTP/1.1"), 414),
    refused("MAL-ENDLESS-URL", "GET /open" + "a" * 100_000, 414),
    forwarded("NORM-DOT-SEGMENTS", get(start="GET /x/../open/./y HTTP/1.1"), "/open/y"),
    forwarded("NORM-SLASHES", get(start="GET //open///y HTTP/1.1"), "/open/y"),
    forwarded("NORM-UNRESERVED", get(start="GET /%6fpen HTTP/1.1"), "/open"),
    forwarded("NORM-HEX-CASE", get(start="GET /open/%c3%a9 HTTP/1.1"), "/open/%C3%A9"),
    forwarded("NORM-QUERY-UNTOUCHED", get(start="GET /open?a=/../b//%2e HTTP/1.1"), "/open?a=/../b//%2e"),
]  # fmt: skip

HOSTS = [  # RFC 9112 §3.2
    refused("RFC9112-7.1-MISSING-HOST", get(host=None)),
    refused("RFC9110-5.4-DUPLICATE-HOST", get("Host: other.test")),
    refused("COMP-DUPLICATE-HOST-SAME", get(HOST)),
    refused("COMP-DUPLICATE-HOST-CASE", get("hOsT: gateway.test")),
    refused("COMP-HOST-EMPTY-VALUE", get(host="Host: ")),
    refused("COMP-HOST-EMPTY-VALUE-HTTP10", get(host="Host:", start="GET /open HTTP/1.0")),
    refused("COMP-HOST-WITH-USERINFO", get(host="Host: user@gateway.test")),
    refused("COMP-HOST-WITH-PATH", get(host="Host: gateway.test/x")),
    refused("COMP-HOST-WITH-QUERY", get(host="Host: gateway.test?x")),
    refused("COMP-HOST-WITH-FRAGMENT", get(host="Host: gateway.test#x")),
    refused("COMP-HOST-WITH-BACKSLASH", get(host="Host: gateway.test\\x")),
    refused("COMP-HOST-WITH-SCHEME", get(host="Host: http://gateway.test")),
    refused("COMP-HOST-WITH-SPACE", get(host="Host: gateway.test x")),
    refused("COMP-HOST-WITH-TAB", get(host="Host: gateway\ttest")),
    refused("COMP-HOST-WITH-ESCAPE", get(host="Host: gateway%2etest")),
    refused("COMP-HOST-OBS-TEXT", get(host="Host: gatew\xe4y.test")),
    refused("COMP-HOST-TWO-DOTS", get(host="Host: gateway..test")),
    refused("COMP-HOST-LEADING-DOT", get(host="Host: .test")),
    refused("COMP-HOST-ONLY-PORT", get(host="Host: :80")),
    refused("COMP-HOST-EMPTY-PORT", get(host="Host: gateway.test:")),
    refused("COMP-HOST-PORT-TOO-LARGE", get(host="Host: gateway.test:65536")),
    refused("COMP-HOST-PORT-LETTERS", get(host="Host: gateway.test:80x")),
    refused("COMP-HOST-TWO-PORTS", get(host="Host: gateway.test:80:81")),
    refused("COMP-HOST-OPEN-BRACKET", get(host="Host: [::1")),
    refused("COMP-HOST-IPV6-NONSENSE", get(host="Host: [::g]")),
    refused("COMP-HOST-IPV6-BEHIND", get(host="Host: [::1]x")),
    refused("SMUG-MULTIPLE-HOST-COMMA", get(host="Host: a.test, b.test")),
    refused("RFC-5.2-HOST-FOLDED", get(host="Host: gateway.test\r\n other.test")),
    refused("NORM-SP-BEFORE-COLON-HOST", get(host="Host : gateway.test")),
    refused("DESYNC-HOST-HIDDEN-BY-SPACE", get(host=" Host: evil.test\r\nHost: gateway.test")),
    forwarded("RFC-3.2-HOST-PORT", get(host="Host: gateway.test:8080"), Host="gateway.test:8080"),
    forwarded("RFC-3.2-HOST-IPV6", get(host="Host: [::1]:8080"), Host="[::1]:8080"),
    forwarded("RFC-3.2-HTTP10-NO-HOST", get(host=None, start="GET /open HTTP/1.0")),
]  # fmt: skip

FIELDS = [  # RFC 9112 §5
    refused("RFC9110-5.6.2-SP-BEFORE-COLON", get("X-A : 1")),
    refused("NORM-TAB-BEFORE-COLON", get("X-A\t: 1")),
    refused("NORM-SP-BEFORE-COLON-CL", post("Content-Length : 5")),
    refused("NORM-TAB-IN-NAME", get("X\tA: 1")),
    refused("RFC-5.1-SP-IN-NAME", get("X A: 1")),
    refused("RFC9112-5-EMPTY-HEADER-NAME", get(": 1")),
    refused("GARDEN-EMPTY-NAME-HIDES-THE-REST", post(":", "Content-Length: 5")),
    refused("RFC9112-5-INVALID-HEADER-NAME", get("X[A]: 1")),
    refused("RFC9112-5-HEADER-NO-COLON", get("X-A")),
    refused("RFC-5-SPACE-ONLY-LINE", get("X-A: 1", " ")),
    refused("RFC9112-5.1-OBS-FOLD", get("X-A: 1", " 2")),
    refused("RFC-5.2-OBS-FOLD-TAB", get("X-A: 1", "\t2")),
    refused("RFC-5.2-OBS-FOLD-EMPTY", get("X-A:", " 1")),
    refused("MAL-NON-ASCII-HEADER-NAME", get("X-\xc3\xa9: 1")),
    refused("MAL-NUL-IN-HEADER-NAME", get("X\0A: 1")),
    refused("MAL-NUL-IN-HEADER-VALUE", get("X-A: 1\x002")),
    refused("MAL-CONTROL-CHARS-HEADER", get("X-A: 1\x012")),
    refused("MAL-ESC-IN-HEADER-VALUE", get("X-A: \x1b[2J")),
    refused("MAL-DEL-IN-HEADER-VALUE", get("X-A: 1\x7f2")),
    refused("MAL-VTAB-IN-HEADER-VALUE", get("X-A: 1\x0b2")),
    refused("SMUG-BARE-CR-HEADER-VALUE", get("X-A: 1\r2")),
    refused("SMUG-BARE-CR-HIDES-A-FIELD", post("X-A: 1\rContent-Length: 5")),
    refused("SMUG-BARE-LF-HIDES-A-FIELD", post("X-A: 1\nContent-Length: 5")),
    refused("SMUG-CR-BEFORE-COLON", post("Content-Length\r: 5")),
    refused("SMUG-CRCRLF", get("X-A: 1\r")),
    refused("MAL-LONG-HEADER-VALUE", get("X-A: " + "a" * 40_000), 431),
    refused("MAL-LONG-HEADER-NAME", get("A" * 40_000 + ": 1"), 431),
    refused("MAL-MANY-HEADERS", get(*[f"X-{n}: 1" for n in range(200)]), 431),
    refused("MAL-MANY-EMPTY-HEADERS", get(*["A:"] * 200), 431),
    refused("MAL-ENDLESS-HEAD", f"GET /open HTTP/1.1\r\n{HOST}\r\n" + "X-A: 1\r\n" * 20_000, 431),
    refused("MAL-MANY-CONNECTION-OPTIONS", get("Connection: " + ", ".join(f"x{n}" for n in range(400))), 431),
    refused("COMP-DUPLICATE-AUTHORIZATION", get("Authorization: Bearer a", "Authorization: Bearer b")),
    forwarded("MAL-EMPTY-VALUE", get("X-A:"), X_A=""),
    forwarded("MAL-OBS-TEXT-VALUE", get("X-A: caf\xe9"), X_A="caf\xe9"),
    forwarded("NORM-OWS", get("X-A: \t 1 2 \t "), X_A="1 2"),
    forwarded("NORM-NO-OWS", get("X-A:1"), X_A="1"),
    forwarded("SMUG-UNDERSCORE-CL", get("Content_Length: 5"), Content_Length=None),
    forwarded("SMUG-UNDERSCORE-TE", get("Transfer_Encoding: chunked"), Transfer_Encoding=None),
    forwarded("SMUG-DOT-TE", get("Transfer.Encoding: chunked"), Transfer_Encoding=None),
    forwarded("SMUG-TILDE-CL", get("content~length: 5"), Content_Length=None),
    forwarded("HTTPOXY", get("Proxy: http://evil.test"), Proxy=None),
    forwarded("HTTPOXY-CASE", get("pROXY: http://evil.test"), Proxy=None),
    forwarded("RFC-7.6.1-HOP-BY-HOP", get("Connection: keep-alive, X-A, TE", "X-A: 1", "TE: trailers", "Keep-Alive: 5",
              "Proxy-Connection: x", "Trailer: X"), X_A=None, TE=None, Keep_Alive=None, Proxy_Connection=None, Trailer=None),
    forwarded("DESYNC-CONNECTION-NAMES-CL", post("Connection: Content-Length", "Content-Length: 5"), body="hello", Content_Length="5"),
    forwarded("DESYNC-CONNECTION-NAMES-TE", chunked("5\r\nhello\r\n" + LAST, "Connection: Transfer-Encoding"), body="hello",
              Transfer_Encoding="chunked"),
    forwarded("DESYNC-CONNECTION-NAMES-HOST", get("Connection: Host"), Host="gateway.test"),
    forwarded("DESYNC-CONNECTION-NAMES-FORWARDED", get("Connection: X-Forwarded-For", "X-Forwarded-For: 9.9.9.9"),
              X_Forwarded_For="127.0.0.1"),
]  # fmt: skip

LENGTHS = [  # RFC 9112 §6.2, §6.3
    forwarded("COMP-POST-CL-BODY", post("Content-Length: 5"), body="hello", Content_Length="5"),
    forwarded("COMP-POST-CL-ZERO", post("Content-Length: 0", body=""), Content_Length="0"),
    forwarded("COMP-POST-NO-CL-NO-TE", post(body=""), Content_Length=None),
    forwarded("DESYNC-CL.0", post(body=INNER), targets=["/open", "/open/smuggled"]),
    forwarded("DESYNC-CL.0-BODY-IS-A-REQUEST", post(f"Content-Length: {len(INNER)}", body=INNER), body=INNER),
    refused("SMUG-DUPLICATE-CL", post("Content-Length: 5", "Content-Length: 6")),
    refused("SMUG-DUPLICATE-CL-SAME", post("Content-Length: 5", "Content-Length: 5")),
    refused("SMUG-DUPLICATE-CL-CASE", post("Content-Length: 5", "CONTENT-LENGTH: 0")),
    refused("SMUG-CL-COMMA-DIFFERENT", post("Content-Length: 5, 6")),
    refused("SMUG-CL-COMMA-SAME", post("Content-Length: 5, 5")),
    refused("SMUG-CL-COMMA-TRAILING", post("Content-Length: 5,")),
    refused("SMUG-CL-COMMA-LEADING", post("Content-Length: ,5")),
    refused("SMUG-CL-NEGATIVE", post("Content-Length: -1")),
    refused("SMUG-CL-NEGATIVE-ZERO", post("Content-Length: -0")),
    refused("RFC9112-6.1-CL-PLUS-SIGN", post("Content-Length: +5")),
    refused("RFC9112-6.1-CL-NON-NUMERIC", post("Content-Length: five")),
    refused("SMUG-CL-TRAILING-LETTER", post("Content-Length: 5a")),
    refused("SMUG-CL-UNDERSCORE", post("Content-Length: 0_5")),
    refused("SMUG-CL-OCTAL", post("Content-Length: 0o5")),
    refused("SMUG-CL-HEX-PREFIX", post("Content-Length: 0x5")),
    refused("SMUG-CL-INTERNAL-SPACE", post("Content-Length: 5 5")),
    refused("SMUG-CL-FRACTION", post("Content-Length: 5.0")),
    refused("SMUG-CL-EXPONENT", post("Content-Length: 5e0")),
    refused("SMUG-CL-QUOTED", post('Content-Length: "5"')),
    refused("SMUG-CL-SEMICOLON", post("Content-Length: 5;x")),
    refused("SMUG-CL-OTHER-DIGITS", post("Content-Length: \xb2")),
    refused("SMUG-CL-NBSP", post("Content-Length: \xa05")),
    refused("SMUG-CL-VTAB", post("Content-Length: \x0b5")),
    refused("SMUG-CL-NUL", post("Content-Length: 5\0")),
    refused("SMUG-CL-FOLDED", post("Content-Length: 5", " 0")),
    refused("MAL-CL-EMPTY", post("Content-Length: ")),
    refused("MAL-CL-OVERFLOW", post("Content-Length: 18446744073709551621")),
    refused("MAL-CL-OVERFLOW-SIGNED", post("Content-Length: 9223372036854775808")),
    refused("MAL-CL-FORTY-DIGITS", post("Content-Length: " + "9" * 40)),
    refused("MAL-CL-HUGE", post("Content-Length: 9000000000000000000"), 413),
    forwarded("SMUG-CL-LEADING-ZEROS", post("Content-Length: 0005"), body="hello", Content_Length="5"),
    forwarded("SMUG-CL-DOUBLE-ZERO", post("Content-Length: 00", body=""), Content_Length="0"),
    forwarded("SMUG-CL-LEADING-ZEROS-OCTAL", post("Content-Length: 010", body="helloworld"), body="helloworld", Content_Length="10"),
    forwarded("SMUG-CL-TRAILING-SPACE", post("Content-Length: 5 "), body="hello", Content_Length="5"),
    forwarded("SMUG-CL-EXTRA-LEADING-SP", post("Content-Length:  5"), body="hello", Content_Length="5"),
    forwarded("SMUG-GET-CL", post(f"Content-Length: {len(INNER)}", start="GET /open HTTP/1.1", body=INNER), body=INNER),
    forwarded("SMUG-HEAD-CL", post(f"Content-Length: {len(INNER)}", start="HEAD /open HTTP/1.1", body=INNER), body=INNER),
    forwarded("SMUG-OPTIONS-CL", post(f"Content-Length: {len(INNER)}", start="OPTIONS /open HTTP/1.1", body=INNER), body=INNER),
    forwarded("SMUG-DELETE-CL", post(f"Content-Length: {len(INNER)}", start="DELETE /open HTTP/1.1", body=INNER), body=INNER),
    forwarded("SMUG-GET-TE", chunked(f"{len(INNER):x}\r\n{INNER}\r\n{LAST}", start="GET /open HTTP/1.1"), body=INNER),
    forwarded("SMUG-OPTIONS-TE", chunked(f"{len(INNER):x}\r\n{INNER}\r\n{LAST}", start="OPTIONS /open HTTP/1.1"), body=INNER),
    forwarded("SMUG-UNKNOWN-METHOD-CL", post("Content-Length: 5", start="BREW /open HTTP/1.1"), body="hello"),
    broken("COMP-POST-CL-UNDERSEND", post("Content-Length: 50")),
    broken("MAL-POST-CL-HUGE-NO-BODY", post("Content-Length: 999999", body="")),
    broken("COMP-CHUNKED-NO-FINAL", chunked("5\r\nhello\r\n")),
    broken("COMP-CHUNKED-NO-FINAL-CRLF", chunked("5\r\nhello\r\n0\r\n")),
    broken("COMP-CHUNKED-HALF-A-CHUNK", chunked("A\r\nhello")),
    broken("RFC-8-HALF-A-HEAD", f"GET /open HTTP/1.1\r\n{HOST}\r\n"),
]  # fmt: skip

CODINGS = [  # RFC 9112 §6.1, §7
    refused("SMUG-CLTE", chunked(LAST, "Content-Length: 5")),
    refused("SMUG-CLTE-PIPELINE", post("Content-Length: 5", CHUNKED, body=LAST)),
    refused("SMUG-TECL-PIPELINE", post(CHUNKED, "Content-Length: 4", body="5c\r\n" + INNER + LAST)),
    refused("SMUG-CLTE-ZERO", post(CHUNKED, "Content-Length: 0", body=LAST)),
    refused("SMUG-CLTE-CASE", post("content-length: 5", "TRANSFER-ENCODING: chunked", body=LAST)),
    refused("SMUG-CLTE-HTTP10", post("Content-Length: 5", CHUNKED, start="POST /open HTTP/1.0", body=LAST)),
    refused("SMUG-TE-HTTP10", chunked(LAST, start="POST /open HTTP/1.0")),
    refused("SMUG-TE-HTTP10-KEEP-ALIVE", chunked(LAST, "Connection: keep-alive", start="POST /open HTTP/1.0")),
    refused("SMUG-TE-XCHUNKED", post("Transfer-Encoding: xchunked", body=LAST)),
    refused("COMP-UNKNOWN-TE-501", post("Transfer-Encoding: gzip", body=LAST), 400, 501),
    refused("SMUG-TE-NOT-FINAL-CHUNKED", post("Transfer-Encoding: chunked, gzip", body=LAST)),
    refused("SMUG-TE-GZIP-CHUNKED", post("Transfer-Encoding: gzip, chunked", body=LAST)),
    refused("SMUG-TE-DOUBLE-CHUNKED", post("Transfer-Encoding: chunked, chunked", body=LAST)),
    refused("SMUG-TE-DUPLICATE-HEADERS", post(CHUNKED, CHUNKED, body=LAST)),
    refused("SMUG-TE-DUPLICATE-IDENTITY", post(CHUNKED, "Transfer-Encoding: identity", body=LAST)),
    refused("SMUG-TE-DUPLICATE-HIDDEN", post("Transfer-Encoding: identity", CHUNKED, body=LAST)),
    refused("SMUG-TE-IDENTITY", post("Transfer-Encoding: identity")),
    refused("SMUG-TE-CHUNKED-IDENTITY", post("Transfer-Encoding: chunked, identity", body=LAST)),
    refused("SMUG-TE-EMPTY-VALUE", post("Transfer-Encoding:", body=LAST)),
    refused("SMUG-TE-TRAILING-COMMA", post("Transfer-Encoding: chunked,", body=LAST)),
    refused("SMUG-TE-LEADING-COMMA", post("Transfer-Encoding: ,chunked", body=LAST)),
    refused("SMUG-CHUNKED-WITH-PARAMS", post("Transfer-Encoding: chunked;q=1", body=LAST)),
    refused("SMUG-TE-QUOTED", post('Transfer-Encoding: "chunked"', body=LAST)),
    refused("SMUG-TE-SINGLE-QUOTED", post("Transfer-Encoding: 'chunked'", body=LAST)),
    refused("SMUG-TE-VTAB", post("Transfer-Encoding: \x0bchunked", body=LAST)),
    refused("SMUG-TE-FORMFEED", post("Transfer-Encoding: \x0cchunked", body=LAST)),
    refused("SMUG-TE-NBSP", post("Transfer-Encoding: \xa0chunked", body=LAST)),
    refused("SMUG-TE-OBS-TEXT-BEHIND", post("Transfer-Encoding: chunked\xff", body=LAST)),
    refused("SMUG-TE-NULL", post("Transfer-Encoding: chunked\0", body=LAST)),
    refused("SMUG-TE-CR", post("Transfer-Encoding: chunked\r", body=LAST)),
    refused("SMUG-TE-BARE-CR-BEFORE", post("Transfer-Encoding:\rchunked", body=LAST)),
    refused("SMUG-TE-LF-BEFORE", post("Transfer-Encoding:\n chunked", body=LAST)),
    refused("SMUG-TE-OBS-FOLD", post("Transfer-Encoding:", " chunked", body=LAST)),
    refused("SMUG-TE-FOLDED-BEHIND-ANOTHER", post("X-A: 1", " Transfer-Encoding: chunked", body=LAST)),
    refused("SMUG-TE-SP-BEFORE-COLON", post("Transfer-Encoding : chunked", body=LAST)),
    refused("SMUG-TE-TAB-BEFORE-COLON", post("Transfer-Encoding\t: chunked", body=LAST)),
    refused("SMUG-TE-SP-IN-NAME", post("Transfer Encoding: chunked", body=LAST)),
    refused("SMUG-TE-NUL-IN-NAME", post("Transfer-Encoding\0: chunked", body=LAST)),
    refused("SMUG-TE-NAME-OBS-TEXT", post("Transfer-\xcencoding: chunked", body=LAST)),
    refused("SMUG-TE-NO-COLON", post("Transfer-Encoding chunked", body=LAST)),
    refused("SMUG-TE-LATIN-LONG-S", post("Tran\xc5\xbffer-Encoding: chunked", body=LAST)),
    refused("SMUG-TE-SPACE-INSIDE", post("Transfer-Encoding: chunk ed", body=LAST)),
    refused("SMUG-TE-CHUNKED-TWO-WORDS", post("Transfer-Encoding: chunked chunked", body=LAST)),
    refused("SMUG-TE-COW", post("Transfer-Encoding: chunked, cow", body=LAST)),
    refused("SMUG-TE-EQUALS", post("Transfer-Encoding: =chunked", body=LAST)),
    forwarded("SMUG-TE-CASE-MISMATCH", post("Transfer-Encoding: cHuNkEd", body="5\r\nhello\r\n" + LAST), body="hello",
              Transfer_Encoding="chunked"),
    forwarded("SMUG-TE-TRAILING-SPACE", post("Transfer-Encoding: chunked ", body="5\r\nhello\r\n" + LAST), body="hello",
              Transfer_Encoding="chunked"),
    forwarded("SMUG-TE-LEADING-TAB", post("Transfer-Encoding:\tchunked", body="5\r\nhello\r\n" + LAST), body="hello",
              Transfer_Encoding="chunked"),
    forwarded("DESYNC-TE.0", chunked(f"{len(INNER):x}\r\n{INNER}\r\n{LAST}"), body=INNER),
    forwarded("DESYNC-TE.0-OPTIONS", chunked(f"{len(INNER):x}\r\n{INNER}\r\n{LAST}", start="OPTIONS /open HTTP/1.1"), body=INNER),
    forwarded("DESYNC-TE-BEHIND-END", chunked(LAST + INNER), targets=["/open", "/open/smuggled"]),
    forwarded("COMP-TE-FIELD", get("TE: chunked, trailers", "Connection: TE"), TE=None),
]  # fmt: skip

CHUNKS = [  # RFC 9112 §7.1
    forwarded("COMP-CHUNKED-BODY", chunked("5\r\nhello\r\n" + LAST), body="hello", Content_Length=None),
    forwarded("COMP-CHUNKED-MULTI", chunked("2\r\nhe\r\n3\r\nllo\r\n" + LAST), body="hello"),
    forwarded("COMP-CHUNKED-EMPTY", chunked(LAST)),
    forwarded("COMP-CHUNKED-HEX-UPPERCASE", chunked("A\r\nhelloworld\r\n" + LAST), body="helloworld"),
    forwarded("COMP-CHUNKED-LEADING-ZEROS", chunked("0005\r\nhello\r\n00\r\n\r\n"), body="hello"),
    forwarded("COMP-CHUNKED-EXTENSION", chunked('5;a=b;c="d;e\\"f"\r\nhello\r\n0;last\r\n\r\n'), body="hello"),
    forwarded("COMP-CHUNKED-TRAILER-VALID", chunked("5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"), body="hello", X_T=None),
    forwarded("SMUG-TRAILER-CL", chunked("5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n"), body="hello", Content_Length=None),
    forwarded("SMUG-TRAILER-TE", chunked("5\r\nhello\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n"), body="hello"),
    forwarded("SMUG-TRAILER-HOST", chunked("5\r\nhello\r\n0\r\nHost: evil.test\r\n\r\n"), body="hello", Host="gateway.test"),
    forwarded("SMUG-TRAILER-AUTH", chunked("5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n"), body="hello", Authorization=None),
    forwarded("SMUG-TRAILER-IDENTITY", chunked("5\r\nhello\r\n0\r\nX-Auth-User: root\r\n\r\n"), body="hello", X_Auth_User=None),
    forwarded("SMUG-TRAILER-CONTENT-TYPE", chunked("5\r\nhello\r\n0\r\nContent-Type: x/y\r\n\r\n"), body="hello", Content_Type=None),
    forwarded("SMUG-TRAILER-X-FORWARDED-FOR", chunked("5\r\nhello\r\n0\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n"), body="hello",
              X_Forwarded_For="127.0.0.1"),
    refused("SMUG-CHUNK-BARE-SEMICOLON", chunked("5;\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-TWO-SEMICOLONS", chunked("5;;a\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-TRAILING-SEMICOLON", chunked("5;a;\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-NO-VALUE", chunked("5;a=\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-NO-NAME", chunked("5;=a\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-NAME-NOT-TOKEN", chunked("5;a b\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-OPEN-QUOTE", chunked('5;a="b\r\nhello\r\n' + LAST)),
    refused("SMUG-CHUNK-EXT-QUOTED-CRLF", chunked('5;a="\r\nhello\r\n0\r\n\r\n"\r\n' + LAST)),
    refused("SMUG-CHUNK-EXT-BEHIND-QUOTE", chunked('5;a="b"c\r\nhello\r\n' + LAST)),
    refused("SMUG-CHUNK-EXT-CTRL", chunked("5;a\0\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-CR", chunked("5;a\rb\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-LF", chunked("5;\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EXT-LONG", chunked("5;a=" + "b" * 20_000 + "\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-HEX-PREFIX", chunked("0x5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-UNDERSCORE", chunked("0_5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-LEADING-SP", chunked(" 5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-LEADING-TAB", chunked("\t5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-TRAILING-SP", chunked("5 \r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-TRAILING-TAB", chunked("5\t\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-SP-BEFORE-EXT", chunked("5 ;a\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-PLUS", chunked("+5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-NEGATIVE", chunked("-5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-EMPTY-SIZE", chunked("\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-ONLY-EXT", chunked(";a\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-NOT-HEX", chunked("xyz\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-HEX-THEN-LETTER", chunked("5g\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-COMMA", chunked("5,5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-DOT", chunked("5.0\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-QUOTED", chunked('"5"\r\nhello\r\n' + LAST)),
    refused("SMUG-CHUNK-NUL", chunked("5\0\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-OBS-TEXT", chunked("\xb25\r\nhello\r\n" + LAST)),
    refused("MAL-CHUNK-SIZE-OVERFLOW", chunked("10000000000000005\r\nhello\r\n" + LAST)),
    refused("MAL-CHUNK-SIZE-OVERFLOW-32", chunked("100000005\r\nhello\r\n" + LAST), 413),
    refused("MAL-CHUNK-SIZE-MANY-ZEROS", chunked("0" * 5000 + "5\r\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-SPILL", chunked("5\r\nhelloXX\r\n" + LAST)),
    refused("SMUG-CHUNK-MISSING-TRAILING-CRLF", chunked("5\r\nhello" + LAST)),
    refused("SMUG-CHUNK-BARE-CR-TERM", chunked("5\rhello\r\n" + LAST)),
    refused("SMUG-CHUNK-LF-SIZE", chunked("5\nhello\r\n" + LAST)),
    refused("SMUG-CHUNK-LF-TERM", chunked("5\r\nhello\n" + LAST)),
    refused("SMUG-CHUNK-LF-LAST", chunked("5\r\nhello\r\n0\n\r\n")),
    refused("SMUG-CHUNK-LF-TRAILER", chunked("5\r\nhello\r\n0\r\n\n")),
    refused("SMUG-CHUNK-CR-END", chunked("5\r\nhello\r\n0\r\n\rX")),
    refused("SMUG-CHUNK-CRCRLF", chunked("5\r\r\nhello\r\n" + LAST)),
    # One terminator is read in another place than the one that counts: behind a size with an extension (TERM.EXT, EXT.TERM), or
    # behind the data (TERM.SPILL, SPILL.TERM), each as one byte and as two.
    refused("DESYNC-TERM.EXT-LF", chunked("5;\nx\r\nhello\r\n" + LAST)),
    refused("DESYNC-TERM.EXT-CR", chunked("5;\rx\r\nhello\r\n" + LAST)),
    refused("DESYNC-TERM.EXT-CRX", chunked("5;a\rX\r\nhello\r\n" + LAST)),
    refused("DESYNC-TERM.EXT-LFCR", chunked("5;a\n\rhello\r\n" + LAST)),
    refused("DESYNC-EXT.TERM-LF", chunked("2;\nxx\r\n47\r\n0\r\n\r\n" + INNER + LAST)),
    refused("DESYNC-EXT.TERM-CR", chunked("2;a\rxx\r\n47\r\n0\r\n\r\n" + INNER + LAST)),
    refused("DESYNC-EXT.TERM-CRCR", chunked("2;a\r\rxx\r\n47\r\n0\r\n\r\n" + INNER + LAST)),
    refused("DESYNC-TERM.SPILL-LF", chunked("5\r\nhello\n2\r\nhi\r\n" + LAST)),
    refused("DESYNC-TERM.SPILL-CR", chunked("5\r\nhello\r2\r\nhi\r\n" + LAST)),
    refused("DESYNC-TERM.SPILL-XX", chunked("5\r\nhelloXX2\r\nhi\r\n" + LAST)),
    refused("DESYNC-TERM.SPILL-CRX", chunked("5\r\nhello\rX2\r\nhi\r\n" + LAST)),
    refused("DESYNC-SPILL.TERM-NOTHING", chunked("5\r\nhello2\r\nhi\r\n" + LAST)),
    refused("DESYNC-SPILL.TERM-LF", chunked("5\r\nhello\n" + "2c\r\n" + INNER + LAST)),
    refused("DESYNC-SPILL.TERM-LFLF", chunked("5\r\nhello\n\n" + LAST)),
    refused("DESYNC-SPILL.TERM-XLF", chunked("5\r\nhelloX\n" + LAST)),
    refused("SMUG-TRAILER-SP-BEFORE-COLON", chunked("5\r\nhello\r\n0\r\nX-T : 1\r\n\r\n")),
    refused("SMUG-TRAILER-FOLDED", chunked("5\r\nhello\r\n0\r\nX-T: 1\r\n 2\r\n\r\n")),
    refused("SMUG-TRAILER-NO-COLON", chunked("5\r\nhello\r\n0\r\nGET /open/smuggled HTTP/1.1\r\n\r\n")),
    refused("SMUG-TRAILER-NUL", chunked("5\r\nhello\r\n0\r\nX-T: \0\r\n\r\n")),
    refused("SMUG-TRAILER-BARE-LF", chunked("5\r\nhello\r\n0\r\nX-T: 1\n\r\n\r\n")),
    refused("SMUG-TRAILER-BARE-CR", chunked("5\r\nhello\r\n0\r\nX-T: 1\r2\r\n\r\n")),
    refused("MAL-TRAILERS-ENDLESS", chunked("5\r\nhello\r\n0\r\n" + "X-T: 1\r\n" * 20_000), 400, 431),
    refused("MAL-TRAILERS-LARGE", chunked("5\r\nhello\r\n0\r\nX-T: " + "a" * 20_000 + "\r\n\r\n"), 400, 431),
]  # fmt: skip

EXPECTATIONS = [  # RFC 9110 §10.1.1, RFC 9112 §9
    forwarded("SMUG-EXPECT-100-CL", post("Expect: 100-continue", "Content-Length: 5"), body="hello", Expect="100-continue"),
    forwarded("SMUG-EXPECT-100-TE", chunked("5\r\nhello\r\n" + LAST, "Expect: 100-continue"), body="hello", Expect="100-continue"),
    forwarded("SMUG-EXPECT-100-GET-CL", post("Expect: 100-continue", f"Content-Length: {len(INNER)}", start="GET /open HTTP/1.1",
              body=INNER), body=INNER),
    forwarded("SMUG-EXPECT-100-NO-BODY", get("Expect: 100-continue"), Expect=None),
    forwarded("SMUG-EXPECT-100-CASE", post("Expect: 100-Continue", "Content-Length: 5"), body="hello"),
    forwarded("SMUG-EXPECT-HTTP10", post("Expect: 100-continue", "Content-Length: 5", start="POST /open HTTP/1.0"), body="hello",
              Expect=None),
    refused("SMUG-EXPECT-UNKNOWN", post("Expect: 200-ok", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-OBFUSCATED", post("Expect: y 100-continue", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-PARAMETER", post("Expect: 100-continue;x", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-LIST", post("Expect: 100-continue, x", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-EMPTY", post("Expect:", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-SECOND-UNKNOWN", post("Expect: 100-continue", "Expect: x", "Content-Length: 5"), 417),
    refused("SMUG-EXPECT-FOLDED", post("Expect:", " 100-continue", "Content-Length: 5")),
    refused("SMUG-EXPECT-SP-BEFORE-COLON", post("Expect : 100-continue", "Content-Length: 5")),
    refused("SMUG-EXPECT-CLTE", post("Expect: 100-continue", "Content-Length: 5", CHUNKED, body=LAST)),
    forwarded("COMP-UPGRADE-POST", post("Upgrade: websocket", "Connection: Upgrade", "Content-Length: 5",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"), body="hello", Upgrade=None),
    forwarded("COMP-UPGRADE-MISSING-CONN", get("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version: 13"), Upgrade=None),
    forwarded("COMP-UPGRADE-UNKNOWN", get("Upgrade: foo/2", "Connection: Upgrade"), Upgrade=None),
    forwarded("COMP-UPGRADE-H2C", get("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Connection: Upgrade, HTTP2-Settings"),
              Upgrade=None, HTTP2_Settings=None),
    forwarded("COMP-UPGRADE-TLS", get("Upgrade: TLS/1.0", "Connection: Upgrade"), Upgrade=None),
    forwarded("DESYNC-PIPELINE", get() * 3, targets=["/open"] * 3),
    forwarded("DESYNC-PIPELINE-BODIES", (post("Content-Length: 5") + chunked("5\r\nhello\r\n" + LAST)) * 2, body="hello",
              targets=["/open"] * 4),
    forwarded("DESYNC-0.CL", post("Content-Length: 5", start="GET /open/con HTTP/1.1"), "/open/con", body="hello"),
    forwarded("RFC-9.3-KEEP-ALIVE-HTTP10", get("Connection: keep-alive", start="GET /open HTTP/1.0")),
]  # fmt: skip

ALL = LINE + TARGET + HOSTS + FIELDS + LENGTHS + CODINGS + CHUNKS + EXPECTATIONS
REFUSED = [probe for probe in ALL if probe.outcome == "refused"]

TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rf"{TOKEN} (?:/[!-\"$-~]*|\*) HTTP/1\.1")
FIELD_LINE = re.compile(rf"{TOKEN}: (?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
ENDING_HERE = {"connection", "keep-alive", "te", "trailer", "upgrade", "proxy-connection", "proxy-authorization", "http2-settings", "proxy"}


def folded(name):
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def assert_canonical(exchange):
    """The one form in which a request leaves the gateway."""
    lines = exchange.raw_head.decode("latin-1")[:-4].split("\r\n")
    assert REQUEST_LINE.fullmatch(lines[0]), lines[0]
    for line in lines[1:]:
        assert FIELD_LINE.fullmatch(line), line
    names = exchange.names()
    assert names.count("host") == 1
    has_body = "transfer-encoding" in names or exchange["content-length"] not in (None, "0")
    # A body that a server may not read is the last on its connection.
    is_last = has_body and exchange.method in ("GET", "HEAD", "DELETE", "OPTIONS")
    assert exchange["connection"] == ("close" if is_last else None)
    assert not (ENDING_HERE - {"connection"}) & set(names)
    framing = [name for name in names if folded(name) in ("content-length", "transfer-encoding")]
    assert len(framing) <= 1, framing
    if framing:
        value = exchange[framing[0]]
        expected = r"0|[1-9][0-9]*" if framing[0] == "content-length" else "chunked"
        assert re.fullmatch(expected, value), f"{framing[0]}: {value}"
    assert exchange.trailers == []


@pytest.fixture(scope="module")
def far():
    """An instrumented upstream for all probes."""

    def handler(exchange):
        exchange.read_body()
        exchange.send(answer(exchange.target))

    upstream = Upstream(handler)
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def near(far, tmp_path_factory):
    gateway = Gateway(str(tmp_path_factory.mktemp("probes")), configuration(far, log={"access": "off"}))
    yield gateway
    gateway.kill()


@pytest.fixture
def clean(far):
    """Nothing is left of the probe before."""
    far.drop_connections()
    del far.exchanges[:], far.connections[:]
    return far


def test_there_are_enough_probes_and_none_twice():
    names = [probe.name for probe in ALL]
    assert len(names) >= 250 and len(set(names)) == len(names)


@pytest.mark.parametrize("probe", ALL, ids=str)
def test_probe(probe, near, clean):
    with near.client() as client:
        client.send_as_far_as_it_goes(probe.raw)
        {"refused": _refused, "broken": _broken, "answered": _answered, "forwarded": _forwarded}[probe.outcome](probe, client, clean)
    assert near.alive()
    assert clean.problems == []
    for connection in clean.connections:
        mine = [exchange for exchange in clean.exchanges if exchange.connection is connection]
        recorded = b"".join(exchange.raw_head + exchange.raw_body for exchange in mine)
        if all(exchange.complete for exchange in mine):
            assert connection.received == recorded, "something beyond the requests reached the upstream"


def _refused(probe, client, upstream):
    client.send_as_far_as_it_goes(NEXT)
    response = client.response()
    assert response.status in probe.statuses, response
    response.error
    assert response["connection"] == "close"
    client.assert_closed()
    assert not any(exchange.complete for exchange in upstream.exchanges), upstream.exchanges


def _broken(probe, client, upstream):
    client.half_close()
    try:
        status = client.response().status
    except (Closed, ConnectionResetError):
        status = None  # the answer had begun
    assert status is None or status >= 400, status
    client.assert_closed()
    for exchange in upstream.exchanges:
        assert exchange.connection.ended.wait(5)
    assert not any(exchange.complete for exchange in upstream.exchanges)


def _answered(probe, client, upstream):
    assert client.response().status in probe.statuses
    client.send(NEXT)
    assert client.response().text == "/open/next"
    assert [exchange.target for exchange in upstream.exchanges] == ["/open/next"]


def _forwarded(probe, client, upstream):
    kept = not re.search(rb"HTTP/1\.0\r\n(?!.*keep-alive)", probe.raw, re.S)
    if kept:
        client.send(NEXT)
    for target in probe.targets:
        method = probe.raw.lstrip().split(b" ")[0].decode()
        response = client.response(method)
        assert response.status == 200, response
        assert method == "HEAD" or response.text == target
    if kept:
        assert client.response().text == "/open/next"
        client.assert_open()
    assert [exchange.target for exchange in upstream.exchanges] == [*probe.targets, *["/open/next"] * kept]
    for exchange in upstream.exchanges:
        assert exchange.complete
        assert_canonical(exchange)
    first = upstream.exchanges[0]
    assert first.body == probe.body
    for name, value in probe.fields.items():
        assert first[name] == value, f"{name}: {first[name]!r}"
        if value is None:
            assert folded(name) not in map(folded, first.names())


@pytest.mark.parametrize("probe", [probe for probe in REFUSED if len(probe.raw) < 1000], ids=str)
def test_it_is_refused_byte_by_byte_too(probe, near, clean):
    with near.client() as client:
        try:
            for index in range(len(probe.raw)):
                client.socket.send(probe.raw[index : index + 1])
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.send_as_far_as_it_goes(NEXT)
        assert client.response().status in probe.statuses
        client.assert_closed()
    assert not any(exchange.complete for exchange in clean.exchanges)


def test_what_a_refused_request_follows_is_still_answered(near, clean):
    for probe in REFUSED[:20]:
        with near.client() as client:
            client.send_as_far_as_it_goes(NEXT + probe.raw + NEXT)
            assert client.response().text == "/open/next"
            assert client.response().status in probe.statuses
            client.assert_closed()
    until(lambda: len(clean.exchanges) == 20, lambda: f"{len(clean.exchanges)} requests upstream")
