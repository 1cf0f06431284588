"""Limits: each has its status, and what is over it never reaches the upstream."""

from lib.client import elapsed
from lib.gateway import configuration
from lib.waiting import until

HOST = "Host: gateway.test\r\n"


def test_a_head_that_is_too_large_is_431(gateway, upstream):
    for raw in (
        f"GET /open HTTP/1.1\r\n{HOST}X-A: {'a' * 33000}\r\n\r\n",
        f"GET /open HTTP/1.1\r\n{HOST}" + "".join(f"X-{n}: {'a' * 1000}\r\n" for n in range(40)) + "\r\n",
        f"GET /open HTTP/1.1\r\n{HOST}X-A: {'a' * 60000}",
    ):
        with gateway.client() as client:
            client.send_as_far_as_it_goes(raw)
            response = client.response()
            assert response.status == 431
            response.error
            client.assert_closed()
    assert upstream.exchanges == []


def test_a_head_just_under_the_limit_passes(gateway, upstream):
    value = "a" * (32 * 1024 - 200)
    assert gateway.request("/open", fields={"X-A": value}).status == 200
    assert upstream.last["X-A"] == value


def test_too_many_fields_are_431(gateway, upstream):
    assert gateway.request("/open", fields=[(f"X-{n}", "1") for n in range(98)]).status == 200
    assert gateway.request("/open", fields=[(f"X-{n}", "1") for n in range(100)]).status == 431
    assert len(upstream.exchanges) == 1


def test_a_target_that_is_too_long_is_414(gateway, upstream):
    assert gateway.request("/open/" + "a" * 8000).status == 200
    with gateway.client() as client:
        client.send(client.head("/open/" + "a" * 8200))
        response = client.response()
        assert response.status == 414
        response.error
        client.assert_closed()
    assert gateway.request("/open?" + "a" * 9000).status == 414
    assert len(upstream.exchanges) == 1


def test_limits_are_keys_of_the_config(start, upstream):
    gateway = start(configuration(upstream, limits={"head": "2KiB", "target": "300B", "fields": 10, "max_body": "100B"}))
    assert gateway.request("/open", fields={"X-A": "a" * 3000}).status == 431
    assert gateway.request("/open/" + "a" * 300).status == 414
    assert gateway.request("/open", fields=[(f"X-{n}", "1") for n in range(12)]).status == 431
    assert gateway.request("/open", method="POST", body=b"x" * 101).status == 413
    assert upstream.exchanges == []
    assert gateway.request("/open", method="POST", body=b"x" * 100).status == 200


class TestBodies:
    def test_announced_too_large_is_413_at_once(self, gateway, upstream):
        with gateway.client() as client:
            client.send(client.head("/open", "POST", {"Content-Length": str(10 * 1024 * 1024 + 1)}))
            response = client.response("POST")
            assert response.status == 413
            response.error
        assert upstream.exchanges == []

    def test_growing_too_large_in_chunks_is_413(self, start, upstream):
        gateway = start(configuration(upstream, limits={"max_body": "100KiB"}))
        with gateway.client() as client:
            client.send(client.head("/open", "POST", {"Transfer-Encoding": "chunked"}))
            for _ in range(40):
                client.send_as_far_as_it_goes(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            client.send_as_far_as_it_goes(b"0\r\n\r\n")
            response = client.response("POST")
            assert response.status == 413
            if response["connection"] == "close":  # not where the whole body had come when it was refused
                client.assert_closed()
        assert not any(exchange.complete for exchange in upstream.exchanges)

    def test_routes_may_have_limits_of_their_own(self, start, upstream):
        routes = [
            {"path": "/small", "upstream": "app", "auth": "none", "max_body": "10B"},
            {"path": "/large", "upstream": "app", "auth": "none", "max_body": "unlimited"},
        ]
        gateway = start(configuration(upstream, routes=routes, limits={"max_body": "100B"}))
        assert gateway.request("/small", method="POST", body=b"x" * 11).status == 413
        assert gateway.request("/small", method="POST", body=b"x" * 10).status == 200
        assert gateway.request("/large", method="POST", body=b"x" * 1_000_000).status == 200
        assert len(upstream.last.body) == 1_000_000


class TestSlowClients:
    def test_a_head_that_does_not_come_to_an_end_is_408(self, start, upstream):
        gateway = start(configuration(upstream, limits={"head_timeout": "400ms"}))
        with gateway.client() as client:
            client.send("GET /open HTTP/1.1\r\nHost: a")
            response, seconds = elapsed(client.response)
            assert response.status == 408
            response.error
            client.assert_closed()
            assert 0.3 < seconds < 3
        assert upstream.exchanges == []

    def test_the_deadline_is_for_the_whole_head(self, start, upstream):
        gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            client.socket.settimeout(0.05)
            client.send("GET /open HTTP/1.1\r\nHost: a\r\n")

            def dripped():
                client.send_as_far_as_it_goes("X-A: 1\r\n")
                try:
                    client.left += client.socket.recv(4096)
                except TimeoutError:
                    pass
                return client.left

            until(dripped, "an end of the gateway's patience", timeout=5)
            assert client.left.startswith(b"HTTP/1.1 408 ")

    def test_a_quiet_connection_is_closed_without_a_word(self, start, upstream):
        gateway = start(configuration(upstream, limits={"idle_timeout": "400ms", "head_timeout": "400ms"}))
        with gateway.client() as fresh, gateway.client() as used:
            assert used.request("/open").status == 200
            used.assert_closed()
            fresh.assert_closed()

    def test_a_body_that_drips_is_408(self, start, upstream):
        gateway = start(configuration(upstream, limits={"body_rate": "10KiB"}))
        with gateway.client(timeout=20) as client:
            client.send(client.head("/open", "POST", {"Content-Length": "1000"}), "x")
            response = client.response("POST")
            assert response.status == 408
            client.assert_closed()
        assert not any(exchange.complete for exchange in upstream.exchanges)


def status_or_none(client):
    """The status of a request; None where there is no answer in time, or an end instead."""
    client.send_as_far_as_it_goes(client.head("/open"))
    try:
        return client.response().status
    except (AssertionError, OSError):
        return None


def test_a_connection_beyond_the_limit_is_not_served_until_another_leaves(start, upstream):
    gateway = start(configuration(upstream, limits={"connections": 3}))
    clients = [gateway.client() for _ in range(3)]
    for client in clients:
        client.send("GET /open HTTP/1.1\r\n")  # at work: who is quiet would make room
    with gateway.client(timeout=0.5) as extra:
        assert status_or_none(extra) is None
    clients[0].close()

    def served():
        with gateway.client(timeout=1) as client:
            return status_or_none(client) == 200

    until(served, "room for another connection")
    for client in clients[1:]:
        client.send("Host: a\r\n\r\n")
        assert client.response().status == 200
        client.close()


def test_one_address_cannot_take_all_connections(start, upstream):
    gateway = start(configuration(upstream, limits={"connections_per_address": 2}))
    clients = [gateway.client() for _ in range(2)]
    for client in clients:
        assert client.request("/open").status == 200
    with gateway.client(timeout=0.5) as extra:
        assert status_or_none(extra) is None
    with gateway.client(source=("127.0.0.2", 0)) as other:
        assert other.request("/open").status == 200
    for client in clients:
        client.close()
