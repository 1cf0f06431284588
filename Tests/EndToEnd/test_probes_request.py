"""Requests out of the published conformance and smuggling tables, and what becomes of each of them.

A probe is refused and its connection closed, or answered by the gateway itself, or forwarded as exactly one request in canonical form;
judged by the bytes that an instrumented upstream has recorded. Behind each stands another request on the same connection: it must
not be taken for a part of the probe, nor a part of the probe for it.
"""

import re

import pytest

from lib.client import Closed
from lib.gateway import Gateway, configuration
from lib.probes import ALL, REFUSED
from lib.upstreams import Upstream, answer
from lib.waiting import until

NEXT = b"GET /open/next HTTP/1.1\r\nHost: next.test\r\n\r\n"


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
