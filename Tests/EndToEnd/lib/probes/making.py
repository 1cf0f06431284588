"""A probe as it is written down: its bytes, and what must become of them."""

from dataclasses import dataclass, field

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
