"""Upstreams that refuse, hang, talk nonsense, break off, restart or forget their connections."""

import socket
import threading
from collections import Counter

import pytest

from lib.client import Closed, elapsed
from lib.gateway import configuration
from lib.listening import full_backlog
from lib.upstreams import OK, answer, scripted

MALFORMED = {
    "not HTTP": b"hello there\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
    "a status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
    "a version of another protocol": b"HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "a blank before a colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "a field without a name": b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\nok",
    "a field without a colon": b"HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 2\r\n\r\nok",
    "a folded line": b"HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
    "a NUL in a value": b"HTTP/1.1 200 OK\r\nX-A: 1\x002\r\nContent-Length: 2\r\n\r\nok",
    "a bare CR in a value": b"HTTP/1.1 200 OK\r\nX-A: 1\rX-B: 2\r\nContent-Length: 2\r\n\r\nok",
    "lines that end with LF alone": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "a control character in the reason": b"HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
    "a length out of form": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "a length and a coding": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 100_000,
    "too many fields": b"HTTP/1.1 200 OK\r\n" + b"X-A: a\r\n" * 20_000 + b"\r\n",
    "nothing before the close": b"",
    "half a head before the close": b"HTTP/1.1 200 OK\r\nContent-Le",
    "an early hint and then the close": b"HTTP/1.1 103 Early Hints\r\n\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_response_is_refused_with_502_for(case, start, make_upstream):
    upstream = make_upstream(scripted(MALFORMED[case], close=True))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        response = client.request("/open", method="POST", body=b"x")
        assert response.status == 502, response
        response.error
        assert client.request("/open", method="POST", body=b"x").status == 502, "the client's connection serves on"
    assert len(upstream.connections) == 2, "a connection that spoke nonsense is not used again"


@pytest.mark.parametrize(
    "body",
    [b"zz\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloX\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX A: 1\r\n\r\n"],
)
def test_a_chunked_response_out_of_form_never_looks_whole(body, start, make_upstream):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    gateway = start(configuration(make_upstream(scripted(head + b"3\r\nabc\r\n" + body))))
    with gateway.client() as client:
        try:
            response = client.request("/open")
        except AssertionError:
            return  # broken off
        assert response.status == 502


@pytest.mark.parametrize(
    "raw",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
    ids=["length", "chunked"],
)
def test_a_response_that_breaks_off_never_looks_whole(raw, start, make_upstream):
    upstream = make_upstream(scripted(raw, close=True))
    gateway = start(configuration(upstream))
    with gateway.client() as client, pytest.raises(Closed):
        client.request("/open")
    assert gateway.alive()


def test_bytes_after_a_response_are_not_another_response(start, make_upstream):
    extra = answer("one") + answer("POISON", "200 OK")
    upstream = make_upstream(scripted(extra))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for _ in range(4):
            assert client.request("/open").text == "one"
    assert all(len([e for e in upstream.exchanges if e.connection is c]) == 1 for c in upstream.connections)


def test_bytes_that_come_while_a_connection_is_idle_are_not_a_response(start, make_upstream):
    sent = threading.Event()

    def handler(exchange):
        exchange.read_body()
        exchange.send(OK)
        if len(upstream.exchanges) == 1:
            exchange.send(answer("POISON"))
            sent.set()

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    for _ in range(4):
        assert gateway.request("/open").text == "ok"
        # Bytes that come behind the next request would be its response.
        assert sent.wait(10)


def test_a_response_that_nobody_asked_for_is_nobodys(start, make_upstream):
    """Bytes behind a response, a moment later: they must not answer the next request, which may be somebody else's."""
    sent = threading.Semaphore(0)

    def handler(exchange):
        exchange.read_body()
        exchange.send(OK)
        exchange.send(answer("evil"))
        sent.release()

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client, gateway.client() as other:
        bodies = Counter()
        for _ in range(200):
            bodies[client.request("/open").text] += 1
            sent.acquire()
            # By the time of an answer to something else the gateway has seen what else there was.
            assert other.request("/").status == 401
        assert bodies == {"ok": 200}


def test_an_upstream_that_refuses_is_502(start):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % sock.getsockname()[1]
        gateway = start(configuration({"servers": [address]}))
        with gateway.client() as client:
            for _ in range(3):
                response = client.request("/open")
                assert response.status == 502
                assert response.error["message"]
                assert address not in response.text, "an error tells nothing of the inside"


def test_an_upstream_socket_file_that_is_missing_is_502(start, directory):
    gateway = start(configuration({"servers": [f"unix:{directory}/none.sock"]}))
    assert gateway.request("/open").status == 502


def test_an_upstream_that_does_not_accept_is_504(start):
    with full_backlog() as address:
        gateway = start(configuration({"servers": [address], "connect_timeout": "300ms"}))
        response, seconds = elapsed(lambda: gateway.request("/open"))
        assert response.status == 504, response
        assert 0.25 < seconds < 3


def test_an_upstream_that_hangs_is_504(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration({"servers": [upstream.address], "response_timeout": "400ms"}))
    with gateway.client() as client:
        response, seconds = elapsed(lambda: client.request("/open"))
        assert response.status == 504
        response.error
        assert 0.35 < seconds < 3
        assert upstream.last.connection.ended.wait(5), "the hung connection is closed"


def test_a_route_may_have_a_timeout_of_its_own(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    routes = [{"path": "/", "upstream": "app", "auth": "none", "timeout": "300ms"}]
    response, seconds = elapsed(lambda: start(configuration(upstream, routes=routes)).request("/"))
    assert response.status == 504
    assert seconds < 5


def test_a_response_that_stalls_is_broken_off(start, make_upstream):
    def handler(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        exchange.connection.wait_for_end()

    gateway = start(configuration({"servers": [make_upstream(handler).address], "idle_timeout": "400ms"}))
    with gateway.client() as client, pytest.raises(Closed):
        client.request("/open")


def test_an_idle_connection_that_the_upstream_closed_is_not_noticed_by_the_client(start, make_upstream):
    upstream = make_upstream()
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for method in ("GET", "POST", "GET", "POST"):
            assert client.request("/open", method=method, body=b"x").status == 200
            upstream.drop_connections()
    assert len(upstream.connections) == 4


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_a_stale_connection_is_retried_for_idempotent_requests(method, start, make_upstream):
    """The upstream closes just as the second request arrives, as one whose keep-alive ran out does."""

    def handler(exchange):
        if exchange.connection.served:
            exchange.close()
            return
        exchange.connection.served = True
        exchange.read_body()
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    upstream = make_upstream(handler)
    from lib.upstreams import Connection

    Connection.served = False
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for _ in range(4):
            assert client.request("/open", method=method).status == 200


def test_a_post_that_may_have_been_carried_out_is_not_repeated(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        if len(upstream.exchanges) == 1:
            exchange.send(OK)
        else:
            exchange.close()

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        assert client.request("/open", method="POST", body=b"order").status == 200
        assert client.request("/open", method="POST", body=b"order").status == 502
    assert len(upstream.exchanges) == 2


def test_a_request_on_a_fresh_connection_is_not_repeated_for_ever(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.close())
    gateway = start(configuration(upstream))
    assert gateway.request("/open").status == 502
    assert len(upstream.exchanges) <= 3


def test_an_upstream_may_restart(start, make_upstream):
    first = make_upstream()
    gateway = start(configuration(first))
    with gateway.client() as client:
        assert client.request("/open").status == 200
        first.close()
        assert client.request("/open").status == 502
        make_upstream(port=first.port)
        assert client.request("/open").status == 200


def test_slow_requests_do_not_hold_up_others(start, make_upstream):
    release = threading.Event()

    def handler(exchange):
        exchange.read_body()
        if exchange.target == "/open/slow":
            release.wait(20)
        exchange.send(answer(exchange.target))

    gateway = start(configuration(make_upstream(handler)))
    slow = [gateway.client() for _ in range(20)]
    for client in slow:
        client.send(client.head("/open/slow"))
    assert gateway.request("/open/fast").text == "/open/fast"
    release.set()
    for client in slow:
        assert client.response().text == "/open/slow"
        client.close()
