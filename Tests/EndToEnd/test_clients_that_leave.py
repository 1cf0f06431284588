"""Clients that close or reset, while something flows or nothing does: the upstream hears of it, and nobody else has to wait."""

import itertools
import threading
import time

import pytest

from lib import pace
from lib.gateway import configuration
from lib.upstreams import OK
from lib.waiting import until

EVENTS = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def quiet_stream(exchange):
    """Begins a response, then falls silent until the gateway leaves."""
    if exchange.target == "/open/quick":
        exchange.read_body()
        return exchange.send(OK)
    if exchange.method == "GET":
        exchange.read_body()
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
    exchange.connection.wait_for_end()


def test_a_client_that_resets_during_a_quiet_response_does_not_hold_up_others(start, make_upstream):
    gateway = start(configuration(make_upstream(quiet_stream)))
    with gateway.client() as client:
        client.send(client.head("/open"))
        client.receive_until("first")
        client.reset()
    assert gateway.request("/open/quick").text == "ok"


def test_a_client_that_resets_during_a_quiet_response_ends_it_upstream(start, make_upstream):
    upstream = make_upstream(quiet_stream)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open"))
        client.receive_until("first")
        client.reset()
    assert upstream.last.connection.ended.wait(5), "the upstream still sends to nobody"
    assert pace.watch(gateway.processor_time, seconds=0.5) < 0.15, "it works for nobody"


def test_a_client_that_closed_during_server_sent_events_costs_nothing(start, make_upstream):
    """A browser tab that goes away: an orderly close, then the next event meets a reset."""
    go = threading.Event()

    def events(exchange):
        if exchange.target == "/open/quick":
            return exchange.send(OK)
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        go.wait(5)
        exchange.send(b"6\r\nsecond\r\n")
        exchange.connection.wait_for_end()

    upstream = make_upstream(events)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open"))
        client.receive_until("first")
    go.set()
    assert upstream.last.connection.ended.wait(5), "the upstream still sends to nobody"
    assert gateway.request("/open/quick").text == "ok"


@pytest.mark.parametrize("upstream_reads", [True, False])
def test_a_client_that_resets_midway_in_both_directions_does_not_hold_up_others(upstream_reads, start, make_upstream):
    def handler(exchange):
        if exchange.target == "/open/quick":
            return exchange.send(OK)
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        if upstream_reads:
            exchange.connection.wait_for_end()
        else:
            over.wait(20)

    over = threading.Event()
    gateway = start(configuration(make_upstream(handler), limits={"max_body": "unlimited"}))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Content-Length": "100000000"}))
        client.receive_until("first")
        client.socket.settimeout(0.3)
        try:
            for _ in range(200):
                client.send(b"x" * 65536)
        except TimeoutError:
            pass
        client.reset()
    assert gateway.request("/open/quick").text == "ok"
    over.set()


def test_a_request_upstream_has_ended_when_its_client_left_midway_in_it(start, make_upstream):
    """The client closes in the middle of its body while a response is on its way: nobody will send the rest."""
    upstream = make_upstream(quiet_stream)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Content-Length": "100"}), b"half")
        client.receive_until("first")
    assert upstream.last.connection.ended.wait(5), "the upstream still waits for the rest of the body"


def test_a_client_that_goes_away_ends_the_request_upstream(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration(upstream))
    client = gateway.client()
    client.send(client.head("/open"))
    exchange = upstream.wait_for(1)
    client.reset()
    assert exchange.connection.ended.wait(5)


def test_a_client_that_goes_away_midway_ends_the_response(start, make_upstream):
    def handler(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            exchange.send(b"x" * 65536)

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    client = gateway.client()
    client.send(client.head("/open"))
    client.receive_until(b"xxxx")
    client.reset()
    until(lambda: not upstream._open, "the upstream's connection to end")
    assert gateway.alive()


def test_clients_that_go_away_do_not_end_the_gateway(gateway):
    for _ in range(50):
        client = gateway.client()
        client.send(client.head("/open") * 3)
        client.reset()
    assert gateway.request("/open").status == 200


def test_clients_that_leave_at_every_moment_leak_nothing(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(50):
            exchange.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
        exchange.send(b"0\r\n\r\n")

    upstream = make_upstream(handler)
    gateway = start(configuration({"servers": [upstream.address], "keepalive": 4}))
    with gateway.client() as client:
        assert len(client.request("/open").body) == 50 * 1024
    before = gateway.descriptors()
    raw = b"POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n"
    for number in range(200):
        client = gateway.client()
        client.send(raw[: 1 + number * len(raw) // 200])
        if number % 5 == 0:
            client.socket.settimeout(0.02)
            try:
                client.socket.recv(100)
            except TimeoutError:
                pass
        client.close() if number % 2 else client.reset()
    until(lambda: gateway.descriptors() <= before + 8, lambda: f"{gateway.descriptors()} descriptors, {before} before")
    assert gateway.request("/open").status == 200


@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
@pytest.mark.parametrize("what", ["a poll", "a stream"])
def test_who_goes_away_while_nothing_flows_is_noticed(what, leave, start, make_upstream):
    """The upstream's connection is closed at once, long before any timeout."""

    def handler(exchange):
        exchange.read_body()
        if what == "a stream":
            exchange.send(EVENTS + "Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n")
        exchange.connection.wait_for_end()
        exchange.close()

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    client = gateway.client()
    client.send(client.head("/open/wait"))
    if what == "a stream":
        client.receive_until("3\r\n:\n\n\r\n")
    upstream.wait_for(1)
    if leave != "reset":
        # Within a second behind the request it may mean to wait for its answer; after that it doesn't.
        pace.keep_silent(1.1)
    assert not upstream.connections[0].ended.is_set()
    left = time.monotonic()
    getattr(client, leave)()
    assert upstream.connections[0].ended.wait(10)
    assert time.monotonic() - left < 1
    (line,) = gateway.access_log()
    assert line["status"] == (200 if what == "a stream" else 499)
    if leave == "half_close":
        client.close()


def test_who_closes_its_sending_side_with_its_request_waits_for_the_answer(start, make_upstream):
    """However long that takes."""

    def handler(exchange):
        exchange.read_body()
        pace.take(1.1)
        pace.play(exchange.send, [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe", 0.1, b"re"])

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open/1") + client.head("/open/2"))
        client.half_close()
        for _ in range(2):
            assert client.response().body == b"here"
        client.assert_closed()


def test_a_busy_stream_that_nobody_reads_any_more_ends(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        exchange.send(EVENTS + "\r\n")
        pace.drip(exchange.send, itertools.repeat(b"data: tick\n\n"), every=0.01)

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open/events"))
        client.half_close()
        client.receive_until("tick")
    until(lambda: gateway.access_log(), "the line of the exchange")
    until(lambda: not upstream._open, "the upstream's connection to end")
