"""What the breaker found about streams: clients that leave while nothing flows, uploads that take their time, both directions."""

import os
import socket
import threading
import time

import pytest
from lib.gateway import configuration
from lib.upstreams import OK
from lib.waiting import until


def cpu_seconds(gateway):
    fields = open(f"/proc/{gateway.pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


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
    before = cpu_seconds(gateway)
    time.sleep(1)
    assert cpu_seconds(gateway) - before < 0.3


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
            time.sleep(4)

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


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_upload_at_a_fair_pace_may_take_longer_than_the_head_timeout(framing, start, make_upstream):
    """10 KB/s is forty times the least rate."""
    upstream = make_upstream()
    gateway = start(configuration(upstream, limits={"head_timeout": "1s"}))
    with gateway.client() as client:
        size, count = 1000, 30
        fields = {"Content-Length": str(size * count)} if framing == "length" else {"Transfer-Encoding": "chunked"}
        client.send(client.head("/open", "POST", fields))
        for _ in range(count):
            time.sleep(0.1)
            client.send(b"x" * size if framing == "length" else b"3e8\r\n" + b"x" * size + b"\r\n")
        client.send(b"" if framing == "length" else b"0\r\n\r\n")
        assert client.response().status == 200


def test_an_upload_goes_on_while_the_client_does_not_read_yet(start, make_upstream):
    """A client that reads only when it has sent all, an upstream that answers while it reads: no direction may wait for the other."""

    def echo(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

        def pour():
            for _ in range(400):
                exchange.send(b"10000\r\n" + b"y" * 65536 + b"\r\n")
            exchange.send(b"0\r\n\r\n")

        pouring = threading.Thread(target=pour, daemon=True)
        pouring.start()
        exchange.read_body(keep=False)
        pouring.join()

    upstream = make_upstream(echo)
    gateway = start(configuration(upstream, limits={"max_body": "unlimited"}))
    with gateway.client() as client:
        client.socket.settimeout(5)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.send(client.head("/open", "POST", {"Content-Length": str(128 << 20)}))
        for _ in range(128):
            client.send(b"x" * (1 << 20))
        count = 0

        def take(data):
            nonlocal count
            count += len(data)

        client.response(on_data=take)
        assert count == 400 * 65536


def test_a_client_that_reads_at_a_fair_pace_is_not_cut_off(start, make_upstream):
    """100 KB/s: the kernel says that there is room again only after a third of its buffer, megabytes perhaps, is gone."""

    def pour(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            exchange.send(b"x" * 65536)

    gateway = start(configuration(make_upstream(pour), limits={"head_timeout": "500ms"}))
    with gateway.client() as client:
        client.send(client.head("/open"))
        for _ in range(80):
            time.sleep(0.1)
            assert client.socket.recv(10_000)
        assert '"/open"' not in gateway.output(), f"the response was broken off: {gateway.output()}"


def test_a_request_upstream_has_ended_when_its_client_left_midway_in_it(start, make_upstream):
    """The client closes in the middle of its body while a response is on its way: nobody will send the rest."""
    upstream = make_upstream(quiet_stream)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Content-Length": "100"}), b"half")
        client.receive_until("first")
    assert upstream.last.connection.ended.wait(5), "the upstream still waits for the rest of the body"
