"""A request refused before its body was read: short bodies are read away and the connection serves on, of long ones the answer still
arrives."""

import socket
import threading
import time

import pytest

from lib import pace
from lib.client import elapsed
from lib.gateway import configuration
from lib.tokens import bearer
from lib.waiting import until

NEXT = b"GET /open/next HTTP/1.1\r\nHost: a\r\n\r\n"
MIB = 1 << 20


def chunked(body, size=4096):
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


def refused(client, body, framing, target="/"):
    """A request without a token, which the route asks for."""
    fields = {"Content-Length": str(len(body))} if framing == "length" else {"Transfer-Encoding": "chunked"}
    return client.head(target, "POST", fields) + (body if framing == "length" else chunked(body))


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [0, 1, 1000, 16_384, 60_000])
def test_a_short_body_is_read_away_and_is_no_request(size, framing, gateway, upstream):
    body = (NEXT * (size // len(NEXT) + 1))[:size]
    with gateway.client() as client:
        for _ in range(3):
            client.send(refused(client, body, framing) + NEXT)
            response = client.response("POST")
            assert response.refusal == (401, "token_missing")
            assert response["connection"] is None
            assert client.response().status == 200
        client.assert_open()
    assert [exchange.target for exchange in upstream.exchanges] == ["/open/next"] * 3


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_exactly_as_much_as_may_be_is_read_away(framing, gateway, upstream):
    for size, is_kept in ((65536, framing == "length"), (65537, False)):
        with gateway.client() as client:
            client.send_as_far_as_it_goes(refused(client, b"x" * size, framing))
            response = client.response("POST")
            assert response.status == 401
            assert (response["connection"] is None) == is_kept, size
    assert upstream.exchanges == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_short_body_that_does_not_come_is_waited_for_a_second(framing, gateway):
    with gateway.client() as client:
        fields = {"Content-Length": "1000"} if framing == "length" else {"Transfer-Encoding": "chunked"}
        client.send(client.head("/", "POST", fields), b"x" if framing == "length" else b"3e8\r\nx")
        response, seconds = elapsed(lambda: client.response("POST"))
        assert response.status == 401 and response["connection"] == "close"
        assert 0.8 < seconds < 3
        client.assert_closed()


def test_a_malformed_body_of_a_refused_request_ends_the_connection(gateway, upstream):
    with gateway.client() as client:
        client.send(client.head("/", "POST", {"Transfer-Encoding": "chunked"}), "zz\r\n" + NEXT.decode())
        response = client.response("POST")
        assert response.status == 401 and response["connection"] == "close"
        client.assert_closed()
    assert upstream.exchanges == []


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [100_000, MIB])
def test_the_answer_reaches_a_client_that_sends_all_before_it_reads(size, framing, gateway, upstream):
    """Many rounds: a reset would destroy the answer only now and then."""
    body = b"x" * size
    for _ in range(60):
        with gateway.client() as client:
            client.send_as_far_as_it_goes(refused(client, body, framing))
            response = client.response("POST")
            assert response.refusal == (401, "token_missing")
            assert response["connection"] == "close"
            client.assert_closed()
    assert upstream.exchanges == []


@pytest.mark.parametrize("reason", ["413", "404", "400", "405", "own"])
def test_it_is_so_for_every_refusal(reason, start, upstream):
    routes = [
        {"path": "/small", "upstream": "app", "auth": "none", "max_body": "100B"},
        {"exact": "/get", "upstream": "app", "auth": "none", "methods": ["GET"]},
        {"exact": "/own", "auth": "none", "respond": {"status": 200, "body": "own"}},
    ]
    gateway = start(configuration(upstream, routes=routes))
    target = {"413": "/small", "404": "/none", "400": "/%00", "405": "/get", "own": "/own"}[reason]
    for _ in range(20):
        with gateway.client() as client:
            client.send_as_far_as_it_goes(refused(client, b"x" * MIB, "length", target))
            assert client.response("POST").status == int(reason if reason != "own" else 200)
            client.assert_closed()


def test_many_at_once_each_get_their_answer(gateway):
    """Everybody sends 1 MiB first and then reads."""
    statuses = []

    def run():
        for _ in range(5):
            with gateway.client(timeout=30) as client:
                client.send_as_far_as_it_goes(refused(client, b"x" * MIB, "length"))
                statuses.append(client.response("POST").status)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert statuses == [401] * 80


def test_the_end_is_half_closed_first_and_then_closed(gateway):
    """The answer, the end of it, two seconds in which the client may go on sending, and then no more."""
    with gateway.client() as client:
        client.send(client.head("/", "POST", {"Content-Length": str(100 * MIB)}))
        assert client.response("POST").status == 401
        client.assert_closed()
        began = time.monotonic()
        with pytest.raises(OSError):
            pace.drip(client.socket.send, [b"x" * 1000] * 500, every=0.02)
        assert 1.5 < time.monotonic() - began < 5


def test_who_waits_for_100_is_refused_at_once(gateway, upstream):
    with gateway.client() as client:
        client.send(client.head("/", "POST", {"Content-Length": "10", "Expect": "100-continue"}))
        response, seconds = elapsed(lambda: client.response("POST"))
        assert response.status == 401 and response.informational == []
        assert response["connection"] == "close", "nobody can say whether the body will come"
        assert seconds < 0.9, "nothing was waited for"
        client.send_as_far_as_it_goes(NEXT)
        client.assert_closed()
    assert upstream.exchanges == []


def test_no_descriptor_is_left_behind(gateway):
    assert gateway.request("/", fields=bearer()).status == 200
    before = gateway.descriptors()
    for number in range(50):
        client = gateway.client()
        client.send_as_far_as_it_goes(refused(client, b"x" * 200_000, "length"))
        if number % 2:
            client.reset()
        else:
            client.socket.shutdown(socket.SHUT_WR)
            client.close()
    until(lambda: gateway.descriptors() <= before, lambda: f"{gateway.descriptors()} descriptors, {before} before")
