"""Responses judged by other people's parsers: h11 and Node at the client, over what upstreams send, well formed and mutated.

A client of the gateway must read what both would have read from the upstream; where one of them refuses a response or reads something
else, the client gets 502, or sees that the response broke off, or the difference stands in DELIBERATE with its reason.

PORTCULLIS_DIFFERENTIAL_SECONDS, _SEED and _CASE say how long, with which seed, and which case alone.
"""

import re
import socket

import pytest

from lib.differential import cases, cut, gateway, mutated, node, receive_all, recorder, shown  # noqa: F401 (fixtures among them)
from lib.judges import h11_response

FIELDS = [
    ("Server", "judge/1.0"), ("content-type", "text/html; charset=utf-8"), ("X-Empty", ""), ("Set-Cookie", "a=b; Path=/"),
    ("Set-Cookie", "c=d; HttpOnly"), ("X-Latin", "caf\xe9"), ("ETag", 'W/"x"'), ("Cache-Control", "no-cache, private"),
    ("X-Long", "y" * 300), ("Link", '</a>; rel="b, c"'), ("Date", "Tue, 03 Mar 2026 10:00:00 GMT"), ("Retry-After", "5"),
]  # fmt: skip
DROPPED = [("Keep-Alive", "timeout=5"), ("Proxy-Authenticate", "Basic"), ("Upgrade", "h2c"), ("Trailer", "X-Sum"), ("TE", "trailers")]
# Written by the gateway itself.
OWN = {"date", "via", "connection", "content-length", "transfer-encoding"}

# Blanks behind the size of a chunk or around its extensions.
CHUNK_BLANK = rb"\r\n[0-9a-fA-F]+([ \t]+[;\r]|;[^\r]*[ \t])"

# Where a client of the gateway gets what a judge refuses: (judge, its words, where, why). What the client gets has none of these forms.
DELIBERATE = [
    (
        "Node", "HPE_CLOSED_CONNECTION", rb"(?i)^HTTP/1.1 1\d\d.*connection:[^\r]*close.*\r\n\r\nHTTP/1",
        "RFC 9110 §15.2: an interim response is not the last one, whatever it says of the connection",
    ),
    ("Node", "HPE_", rb"(?i)\r\n0+(;[^\r]*)?\r\n([^\r]+\r\n)*(content-length|transfer-encoding):", "such trailers are dropped"),
    ("h11", "-", rb"(?i)\r\n0+(;[^\r]*)?\r\n([^\r]+\r\n)*(content-length|transfer-encoding):", "such trailers are dropped"),
    (
        "Node", "HPE_UNEXPECTED_CONTENT_LENGTH", rb"(?i)\ncontent-length:[ \t]*0*(\d+)[ \t]*\r\n(.*\r\n)?content-length:[ \t]*0*\1[ \t]*\r\n",
        "RFC 9110 §8.6: the same length twice may be taken for one; the client gets it once",
    ),
    ("Node", "HPE_INVALID_CHUNK_SIZE", CHUNK_BLANK, "some servers pad the sizes of their chunks; the client gets them anew"),
    ("Node", "HPE_STRICT", CHUNK_BLANK, "the same"),
    ("h11", "chunk", CHUNK_BLANK, "the same"),
]  # fmt: skip


def exchange(gateway, recorder, answer, method, version):
    recorder.answer = answer
    with socket.create_connection(gateway.address, 10) as sock:
        sock.sendall(f"{method} / {version}\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        received, is_orderly = receive_all(sock)
    recorder.take()
    return received if is_orderly else None


class Wanted:
    """A response as it is meant, and one of the ways to write it."""

    def __init__(self, rng):
        self.rng = rng
        self.status = rng.choice([200, 200, 200, 201, 204, 206, 301, 304, 404, 418, 500, 503])
        self.fields = rng.sample(FIELDS, rng.randint(0, 5))
        self.dropped = rng.sample(DROPPED, rng.choice([0, 0, 1, 2]))
        self.body = rng.choice([b"", b"a", b"hello", b"0\r\n\r\n", bytes(range(256)), b"HTTP/1.1 200 OK\r\n\r\n", b"z" * 3000])

    def raw(self, method):
        rng = self.rng
        lines = [*self.fields, *self.dropped]
        framing = rng.choice(["length", "length", "chunked", "close"])
        body = self.body
        if self.status == 204:
            body, framing = b"", "close"
        if framing == "length":
            lines.append(("Content-Length", str(len(body))))
        elif framing == "chunked":
            lines.append(("Transfer-Encoding", rng.choice(["chunked", "Chunked"])))
            body = self.chunks(body)
        if method == "HEAD" or self.status in (204, 304):
            self.body = body = b""
        reason = rng.choice([" OK", " ", " Very Good", " caf\xe9"])
        text = f"HTTP/1.1 {self.status}{reason}\r\n"
        for name, value in lines:
            text += name + ":" + rng.choice(["", " ", " ", "\t"]) + value + rng.choice(["", "", " "]) + "\r\n"
        interim = rng.choice([b"", b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"])
        return interim + text.encode("latin-1") + b"\r\n" + body

    def chunks(self, body):
        rng, written = self.rng, b""
        while body:
            size = rng.randint(1, len(body))
            written += b"%x" % size + rng.choice([b"", b"", b";a", b';a="b;c"']) + b"\r\n" + body[:size] + b"\r\n"
            body = body[size:]
        return written + b"0\r\n" + rng.choice([b"", b"", b"X-Sum: 1\r\n"]) + b"\r\n"


def asked(rng):
    return rng.choice(["GET", "GET", "GET", "POST", "HEAD"]), rng.choice(["HTTP/1.1"] * 4 + ["HTTP/1.0"])


def own(fields):
    return [(name, value) for name, value in fields if name.lower() not in OWN]


def judged(received, method, node):
    """The response that both judges read; None if both see it break off, and for a connection that was reset."""
    if received is None:
        return None
    one, two = h11_response(received, method), node.response(received, method)
    if not one.messages and not two.messages:
        return None
    assert one.is_one, f"h11: {one}"
    assert two.is_one, f"Node: {two}"
    assert one.messages[0].sense == two.messages[0].sense, (one, two)
    return one.messages[0]


def test_what_is_meant_is_what_the_client_gets(gateway, recorder, node):
    """A response in any of the ways to write it is relayed as exactly one, with status, fields and body as they were meant."""
    for number, rng in cases("responses", 2000):
        wanted = Wanted(rng)
        method, version = asked(rng)
        raw = wanted.raw(method)
        received = exchange(gateway, recorder, cut(raw, rng), method, version)
        comment = f"case {number} {method} {version}\n    {shown(raw)}\nbecame {shown(received)}"
        got = judged(received, method, node)
        assert got is not None, comment
        assert (got.status, got.body) == (wanted.status, wanted.body), comment
        fields = [pair for pair in wanted.fields if pair[0].lower() not in OWN]
        assert own(got.fields) == fields, comment
        assert len(got.all("date")) == 1 and len(got.all("via")) == 1, comment


def test_a_client_gets_nothing_that_the_judges_would_not_take(gateway, recorder, node):
    """Mutated responses: relayed only as what both judges read in them too, and broken off where they break off."""
    counts = {"refused": 0, "broken off": 0, "relayed": 0, "deliberate": 0}
    for number, rng in cases("mutated responses", 5000):
        method, version = asked(rng)
        raw = mutated(Wanted(rng).raw(method), rng)
        received = exchange(gateway, recorder, cut(raw, rng), method, version)
        comment = f"case {number} {method} {version}\n    {shown(raw)}\nbecame {shown(received)}"
        try:
            got = judged(received, method, node)
        except AssertionError as problem:
            raise AssertionError(f"{comment}\n{problem}") from None
        if got is None:
            counts["broken off"] += 1
            continue
        if got.status == 502 and b'"upstream_' in got.body or got.status == 502 and method == "HEAD":
            counts["refused"] += 1
            continue
        counts["relayed"] += 1
        for name, verdict in ("h11", h11_response(raw, method)), ("Node", node.response(raw, method)):
            # Node 18 calls some responses aborted that came as a whole, because the connection ended with them.
            if name == "Node" and node.major < 20 and verdict.error in ("ABORTED", "ECONNRESET"):
                continue
            difference = differs(got, verdict)
            if difference and not is_deliberate(name, difference, raw):
                raise AssertionError(f"{name}: {difference}\n{verdict}\n{comment}")
            counts["deliberate"] += bool(difference)
    assert number < 1000 or counts["relayed"] > 50 and counts["refused"] > 50, counts


def differs(message, verdict):
    """In what the judge does not see the response that the client got; None if it does."""
    if not verdict.messages:
        return f"refuses: {verdict.error}"
    seen = verdict.messages[0]
    if seen.status != message.status:
        return f"reads status {seen.status}, not {message.status}"
    if seen.body != message.body:
        return f"reads body {seen.body!r}, not {message.body!r}"
    before = [(name.lower(), value) for name, value in seen.fields]
    for name, value in own(message.fields):
        if (name.lower(), value) not in before:
            return f"reads no {name}: {value}"
    return None


def is_deliberate(judge, difference, raw):
    return any(judge == other and words in difference and re.search(where, raw, re.S) for other, words, where, _ in DELIBERATE)
