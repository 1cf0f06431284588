"""Requests judged by other people's parsers: h11 and Node on both sides of the gateway.

What the gateway emits upstream must be exactly one request to both, and the same one. What it takes from a client must be what both
take; where one of them refuses it, or reads something else, the gateway must refuse it too, or the difference stands in
DELIBERATE with its reason.

PORTCULLIS_DIFFERENTIAL_SECONDS, _SEED and _CASE say how long, with which seed, and which case alone.
"""

import re
import socket

import pytest

from lib.differential import canonical, cases, cut, gateway, mutated, node, receive_all, recorder, shown  # noqa: F401 (fixtures among them)
from lib.judges import h11_requests

METHODS = ["GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
TARGETS = [
    "/", "/a", "/a/b?c=d&e", "/a//b", "/a/./b/../c", "/%41%2d", "/a%20b", "/{x}", "/a?", "/a?b?c=%2e%2e/", "/a;p=1", "/%c3%a9", "/a/",
    "/~u/:@!$&'()*+,=", "/.well-known/x", "/a..b/...",
]  # fmt: skip
FIELDS = [
    ("Accept", "*/*"), ("accept-language", "en, de;q=0.5"), ("User-Agent", "judge/1.0 (a; b)"), ("X-Empty", ""), ("Cookie", "a=b; c=d"),
    ("X-Latin", "caf\xe9"), ("X-Quoted", '"a, b"; c="\\""'), ("Referer", "http://a/b?c"), ("If-None-Match", 'W/"x"'), ("X-Long", "y" * 300),
    ("!#$%&'*+.^_`|~9", "token"), ("X-Colon", "a: b"), ("Content-Type", "text/plain"), ("X-Twice", "1"), ("X-Twice", "2"),
]  # fmt: skip
# Dropped on the way, for one reason or another.
DROPPED = [
    ("Keep-Alive", "timeout=5"), ("TE", "trailers"), ("Proxy-Connection", "keep-alive"), ("Upgrade", "h2c"), ("X-Auth-User", "root"),
    ("x_auth_user", "root"), ("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=1.2.3.4"), ("X-Request-Id", "mine"), ("Trailer", "A"),
    ("X-Original-URL", "/admin"), ("Content_Length", "5"), ("Proxy", "http://evil"),
]  # fmt: skip
# Written by the gateway itself.
OWN = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "traceparent", "via", "connection", "content-length", "transfer-encoding"}

# The methods that Node knows; its parser refuses any other.
NODES = set(
    "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH POST "
    "PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE".split()
)

# A field that frames, among trailers.
FRAMING_TRAILER = re.compile(rb"(?i)\r\n0+(;[^\r]*)?\r\n([^\r]+\r\n)*(content-length|transfer-encoding):")

# Where the gateway takes a request that a judge refuses or does not read to its end: (judge, its words, when that is so, why the gateway takes it). What it sends
# on has none of these forms.
DELIBERATE = [
    (
        "h11", "no request line received",
        lambda raw, method: re.search(rb"(^|\n|.)\r\n" + re.escape(method.encode()) + b" ", raw, re.S),
        "RFC 9112 §2.2: a server should ignore at least one empty line before a request",
    ),
    (
        "Node", "HPE_INVALID_CONTENT_LENGTH", lambda raw, _: re.search(rb"(?i)content-length:[ \t]*\d+ *\t", raw),
        "RFC 9110 §5.5: white space behind a value, which a tab is as well, is no part of it",
    ),
    (
        "Node", "HPE_INVALID_TRANSFER_ENCODING", lambda raw, _: re.search(rb"(?i)transfer-encoding:[ \t]*chunked *\t", raw),
        "the same",
    ),
    (
        "Node", "HPE_INVALID_METHOD", lambda raw, method: method not in NODES,
        "RFC 9110 §9.1: methods are for the origin to know",
    ),
    (
        "Node", "HPE_", lambda raw, _: FRAMING_TRAILER.search(raw),
        "RFC 9112 §7.1.2: trailers are dropped, whatever they say, so that none can be taken for a field of the head",
    ),
    ("h11", "-", lambda raw, _: FRAMING_TRAILER.search(raw), "the same"),
    (
        "Node", "reads body", lambda raw, _: re.search(rb"(?i)connection:[^\r]*upgrade", raw) and re.search(rb"(?i)\nupgrade:", raw),
        "RFC 9110 §7.8: an upgrade that is not made is as if it had not been asked for; Node's parser stops before the body",
    ),
]  # fmt: skip


def exchange(gateway, recorder, pieces):
    """Sends the pieces and the end; what came back, and what reached the upstream."""
    with socket.create_connection(gateway.address, 10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # It has answered and closed already.
        return receive_all(sock)[0], recorder.take()


def judged(emitted, node):
    """The one request that both judges see in what was emitted on one connection."""
    one, two = h11_requests(emitted), node.requests(emitted)
    assert one.is_one, f"h11: {one}"
    if one.messages[0].method in NODES:
        assert two.is_one, f"Node: {two}"
        assert one.messages[0].sense == two.messages[0].sense, (one, two)
    return one.messages[0]


def connection(message, is_chunked):
    """The value of `Connection` upstream: bodies that servers may not read are the last on their connection."""
    has_body = bool(message.body) or is_chunked
    return ["close"] if has_body and message.method in ("GET", "HEAD", "DELETE", "OPTIONS") else []


def own(fields):
    return [(name, value) for name, value in fields if name.lower() not in OWN]


class Wanted:
    """A request as it is meant, and one of the ways to write it."""

    def __init__(self, rng):
        self.rng = rng
        self.method = rng.choice(METHODS)
        self.target = rng.choice(TARGETS)
        self.version = "HTTP/1.0" if rng.random() < 0.1 else "HTTP/1.1"
        self.host = rng.choice(["a", "example.com", "[::1]:8080", "A.example:81"])
        self.fields = rng.sample(FIELDS, rng.randint(0, 5))
        self.dropped = rng.sample(DROPPED, rng.choice([0, 0, 1, 2]))
        self.body = None
        if rng.random() < 0.5:
            self.body = rng.choice([b"", b"a", b"hello", b"0\r\n\r\n", bytes(range(256)), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"z" * 3000])

    def raw(self):
        rng = self.rng
        target = "http://" + self.host + self.target if rng.random() < 0.1 else self.target
        lines = [(name, value) for name, value in self.fields + self.dropped] + [("Host", self.host)]
        for name, value in rng.sample(self.dropped, min(1, len(self.dropped))):
            if rng.random() < 0.3:
                lines.append(("Connection", name + ", close"))
        body = self.body or b""
        if self.body is not None:
            if self.version == "HTTP/1.1" and rng.random() < 0.5:
                lines.append(("Transfer-Encoding", rng.choice(["chunked", "Chunked"])))
                body = self.chunks(body)
            else:
                lines.append(("Content-Length", str(len(body))))
        order = [line for line in lines if line in self.fields]
        rest = [line for line in lines if line not in self.fields]
        rng.shuffle(rest)
        for line in rest:  # The order of the fields that are kept is.
            order.insert(rng.randint(0, len(order)), line)
        text = f"{self.method} {target} {self.version}\r\n"
        for name, value in order:
            text += name + ":" + rng.choice(["", " ", " ", " ", "\t", "  "]) + value + rng.choice(["", "", "", " ", "\t"]) + "\r\n"
        return rng.choice([b"", b"", b"", b"\r\n"]) + text.encode("latin-1") + b"\r\n" + body

    def chunks(self, body):
        rng, written = self.rng, b""
        while body:
            size = rng.randint(1, len(body))
            digits = rng.choice(["%x", "%X", "0%x"]) % size
            written += digits.encode() + rng.choice([b"", b"", b";a", b';a="b;c"', b";a=b;c"]) + b"\r\n" + body[:size] + b"\r\n"
            body = body[size:]
        return written + rng.choice([b"0", b"000"]) + b"\r\n" + rng.choice([b"", b"", b"X-Sum: 1\r\n"]) + b"\r\n"


def test_what_is_meant_is_what_arrives(gateway, recorder, node):
    """A request in any of the ways to write it is emitted as exactly one, with method, target, fields and body as they were meant."""
    for number, rng in cases("requests", 3000):
        wanted = Wanted(rng)
        raw = wanted.raw()
        answer, emitted = exchange(gateway, recorder, cut(raw, rng))
        comment = f"case {number}\n    {shown(raw)}\nbecame {[shown(one) for one in emitted]}\nanswered {answer[:200]!r}"
        assert len(emitted) == 1 and answer.startswith(b"HTTP/1.1 200 "), comment
        got = judged(emitted[0], node)
        assert (got.method, got.target, got.body) == (wanted.method, canonical(wanted.target), wanted.body or b""), comment
        assert got.version == "1.1" and got.all("host") == [wanted.host] and not got.trailers, comment
        assert got.all("connection") == connection(got, got.all("transfer-encoding") != []), comment
        fields = [(name, value) for name, value in own(got.fields) if name.lower() != "host"]
        assert fields == wanted.fields, comment


def test_whatever_is_taken_is_taken_alike(gateway, recorder, node):
    """Mutated requests, one or two on a connection: forwarded only as what both judges read in them too."""
    counts = {"refused": 0, "forwarded": 0, "deliberate": 0}
    for number, rng in cases("mutations", 6000):
        raw = b"".join(Wanted(rng).raw() for _ in range(rng.choice([1, 1, 2])))
        raw = mutated(raw, rng)
        answer, emitted = exchange(gateway, recorder, cut(raw, rng))
        comment = f"case {number}\n    {shown(raw)}\nbecame {[shown(one) for one in emitted]}\nanswered {answer[:300]!r}"
        try:
            messages = [judged(one, node) for one in emitted if one and not was_cut_short(one)]
        except AssertionError as problem:
            raise AssertionError(f"{comment}\n{problem}") from None
        for name, verdict in ("h11", h11_requests(raw)), ("Node", node.requests(raw)):
            difference, method = differs(messages, verdict)
            if difference and not is_deliberate(name, difference, raw, method):
                raise AssertionError(f"{name}: {difference}\n{verdict}\n{comment}")
            counts["deliberate"] += bool(difference)
        counts["forwarded" if messages else "refused"] += 1
    assert number < 1000 or counts["forwarded"] > 50 and counts["refused"] > 50, counts


def was_cut_short(emitted):
    """True if the body broke off with the client's: the connection was ended before the announced bytes had come."""
    verdict = h11_requests(emitted)
    return not verdict.messages and bool(re.search("closed connection without sending", verdict.error or ""))


def differs(messages, verdict):
    """In what the judge does not see the requests that were forwarded, and the method of the first that it sees otherwise."""
    for index, message in enumerate(messages):
        if index >= len(verdict.messages):
            return f"refuses: {verdict.error}", message.method
        seen = verdict.messages[index]
        before = [(name.lower(), value) for name, value in seen.fields]
        if not seen.all("host"):
            before += [("host", value) for value in message.all("host")]
        if seen.method != message.method:
            return f"reads method {seen.method}, not {message.method}", message.method
        if seen.body != message.body:
            return f"reads body {seen.body!r}, not {message.body!r}", message.method
        if canonical(seen.target) != message.target:
            return f"reads target {seen.target}, not {message.target}", message.method
        for name, value in own(message.fields):
            if (name.lower(), value) not in before:
                return f"reads no {name}: {value}", message.method
    return None, None


def is_deliberate(judge, difference, raw, method):
    return any(judge == other and words in difference and when(raw, method) for other, words, when, _ in DELIBERATE)
