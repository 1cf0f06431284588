"""Connections are kept and used again, on both sides."""

import threading

import pytest

from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import answer, scripted
from lib.waiting import until


def together(count):
    """A handler that answers when so many requests are there."""
    barrier = threading.Barrier(count, timeout=10)

    def handler(exchange):
        exchange.read_body()
        barrier.wait()
        exchange.send(answer("ok"))

    return handler


def test_one_connection_serves_many_requests_on_both_sides(gateway, upstream):
    with gateway.client() as client:
        for number in range(200):
            assert client.request(f"/open/{number}", method="POST", body=b"x" * number).status == 200
    assert len(upstream.connections) == 1
    assert [len(exchange.body) for exchange in upstream.exchanges] == list(range(200))


def test_connections_upstream_are_shared_by_clients(gateway, upstream):
    for _ in range(20):
        assert gateway.request("/open").status == 200
    assert len(upstream.connections) == 1


def test_requests_at_the_same_time_get_connections_of_their_own(start, make_upstream):
    upstream = make_upstream(together(10))
    gateway = start(configuration(upstream))
    for _ in range(2):
        clients = [gateway.client() for _ in range(10)]
        for client in clients:
            client.send(client.head("/open"))
        for client in clients:
            assert client.response().status == 200
            client.close()
    assert len(upstream.connections) == 10


def test_only_so_many_idle_connections_are_kept(start, make_upstream):
    upstream = make_upstream(together(6))
    gateway = start(configuration({"servers": [upstream.address], "keepalive": 2}))
    clients = [gateway.client() for _ in range(6)]
    for client in clients:
        client.send(client.head("/open"))
    for client in clients:
        assert client.response().status == 200
        client.close()
    until(lambda: sum(connection.ended.is_set() for connection in upstream.connections) == 4, "four to be closed")


def test_an_upstream_that_says_close_is_taken_at_its_word(start, make_upstream):
    upstream = make_upstream(scripted(answer("x", "200 OK", "Connection: close"), close=True))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for _ in range(3):
            response = client.request("/open")
            assert (response.status, response["connection"]) == (200, None)
    assert len(upstream.connections) == 3


def test_a_client_that_closes_does_not_close_the_connection_upstream(gateway, upstream):
    gateway.request("/open", fields={"Connection": "close"})
    gateway.request("/open", version="HTTP/1.0")
    gateway.request("/open")
    assert len(upstream.connections) == 1
    assert all((exchange["Connection"] or "").lower() != "close" for exchange in upstream.exchanges)


def test_refused_and_allowed_requests_alternate_on_one_connection(gateway, upstream):
    with gateway.client() as client:
        for _ in range(20):
            assert client.request("/").status == 401
            assert client.request("/", fields=bearer()).status == 200
            assert client.request("/", method="POST", body=b"x" * 5000).status == 401
    assert len(upstream.connections) == 1


@pytest.mark.parametrize("unreadable", ["FOO\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "\rX", "GET /"])
def test_an_error_behind_a_head_request_has_its_body(unreadable, start, upstream):
    gateway = start(configuration(upstream, limits={"head_timeout": "300ms"}))
    with gateway.client() as client:
        assert client.request("/open", "HEAD").status == 200
        client.send(unreadable)
        answer = client.response()
        assert answer.status in (400, 408, 505) and answer.error["reason"]


def test_several_workers_share_a_port(start, upstream):
    gateway = start(configuration(upstream, workers=2))
    clients = [gateway.client() for _ in range(40)]
    for client in clients:
        assert client.request("/open").status == 200
        assert client.request("/", fields=bearer()).status == 200
        client.close()
