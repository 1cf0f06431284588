"""Server-sent events and long polls: every byte at once, and nobody works for a client that has gone."""

import threading
import time

import pytest

from lib import pace
from lib.gateway import configuration
from lib.upstreams import OK

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
EVENTS = "retry: 1000\n\ndata: {\"n\": 1}\n\n: comment\n\ndata: Zürich\n\n".encode()


def stepwise(head, frame=lambda byte: byte, end=b""):
    """A handler that sends a byte only when the client has said that it has the one before."""
    step = threading.Semaphore(0)

    def handler(exchange):
        exchange.read_body()
        exchange.send(head)
        for byte in EVENTS:
            assert step.acquire(timeout=10)
            exchange.send(frame(bytes([byte])))
        exchange.send(end)
        if not end:
            exchange.close()

    return handler, step


def chunk(byte):
    return b"1\r\n" + byte + b"\r\n"


@pytest.mark.parametrize(
    "head, frame, end",
    [
        (HEAD + "Transfer-Encoding: chunked\r\n\r\n", chunk, b"0\r\n\r\n"),
        (HEAD + "\r\n", bytes, b""),
        (f"{HEAD}Content-Length: {len(EVENTS)}\r\n\r\n", bytes, b""),
    ],
    ids=["chunked", "until the close", "of known length"],
)
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
def test_events_pass_byte_by_byte(head, frame, end, version, start, make_upstream):
    """None of them waits for the next one, whatever frames them on either side."""
    handler, step = stepwise(head, frame, end)
    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open/events", fields={"Accept": "text/event-stream"}, version=version))
        received = client.receive_until("\r\n\r\n").lower()
        is_chunked = b"transfer-encoding: chunked" in received
        assert is_chunked == (version == "HTTP/1.1" and b"content-length" not in received)
        if version == "HTTP/1.0":
            assert b"connection: close" in received
        pauses = []
        for byte in EVENTS:
            assert client.left == b""
            began = time.monotonic()
            step.release()
            wanted = chunk(bytes([byte])) if is_chunked else bytes([byte])
            while len(client.left) < len(wanted):
                client.left += client.socket.recv(100)
            assert client.left.startswith(wanted)
            client.left = client.left[len(wanted) :]
            pauses.append(time.monotonic() - began)
        # Anything that waits for more, a timer or an acknowledgement, would take tens of milliseconds nearly each time.
        assert sorted(pauses)[len(pauses) // 4] < 0.03
        if is_chunked:
            client.receive_until("0\r\n\r\n")
        if version == "HTTP/1.0":
            client.assert_closed()


def test_the_head_of_a_stream_does_not_wait_for_its_first_event(start, make_upstream):
    go = threading.Event()

    def handler(exchange):
        exchange.read_body()
        exchange.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n")
        go.wait(10)

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open/events"))
        assert client.receive_until("\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    go.set()


def test_a_stream_lives_as_long_as_something_comes_in_time(start, make_upstream):
    """`idle_timeout` is for the time between two pieces, `response_timeout` for the head."""

    def handler(exchange):
        exchange.read_body()
        exchange.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n")
        pace.drip(exchange.send, [b"3\r\n:\n\n\r\n"] * 8, every=0.1)
        exchange.connection.wait_for_end()

    upstream = make_upstream(handler)
    gateway = start(configuration({"servers": [upstream.address], "idle_timeout": "500ms", "response_timeout": "300ms"}))
    with gateway.client() as client:
        client.send(client.head("/open/events"))
        client.receive_until("\r\n\r\n")
        began = time.monotonic()
        for _ in range(8):
            client.receive_until("3\r\n:\n\n\r\n")
        assert time.monotonic() - began > 0.6
        client.assert_closed()
    (line,) = gateway.access_log()
    assert (line["status"], line["broken_off"]) == (200, True)


def test_a_long_poll_may_take_the_time_that_it_is_given(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        if exchange.target == "/open/slow":
            return exchange.connection.wait_for_end()
        pace.take(0.3)
        return exchange.send(OK)

    upstream = make_upstream(handler)
    gateway = start(configuration({"servers": [upstream.address], "response_timeout": "1s", "idle_timeout": "100ms"}))
    with gateway.client() as client:
        assert client.request("/open/poll").body == b"ok", "silence before the head is no silence within the response"
        assert client.request("/open/slow").refusal == (504, "upstream_timeout")


def test_many_streams_are_served_side_by_side(start, make_upstream):
    """Each gets each event as it is sent."""
    barrier = threading.Barrier(21)

    def handler(exchange):
        exchange.read_body()
        exchange.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n")
        for number in range(3):
            barrier.wait(10)
            exchange.send(f"9\r\ndata: {number}\n\n\r\n")
        exchange.send("0\r\n\r\n")

    gateway = start(configuration(make_upstream(handler), workers=2))
    clients = [gateway.client() for _ in range(20)]
    for client in clients:
        client.send(client.head("/open/events"))
        client.receive_until("\r\n\r\n")
    for number in range(3):
        barrier.wait(10)
        for client in clients:
            client.receive_until(f"data: {number}\n\n")
    for client in clients:
        client.receive_until("0\r\n\r\n")
        client.close()
