"""Server-sent events and long polls: every byte at once, and nobody works for a client that has gone."""

import threading
import time

import pytest

from lib.gateway import configuration
from lib.upstreams import OK
from lib.waiting import until

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
        for _ in range(12):
            exchange.send(b"3\r\n:\n\n\r\n")
            time.sleep(0.1)
        exchange.connection.wait_for_end()

    settings = {"servers": [], "idle_timeout": "600ms", "response_timeout": "300ms"}
    upstream = make_upstream(handler)
    settings["servers"] = [upstream.address]
    gateway = start(configuration(settings))
    with gateway.client() as client:
        client.send(client.head("/open/events"))
        client.receive_until("\r\n\r\n")
        began = time.monotonic()
        for _ in range(12):
            client.receive_until("3\r\n:\n\n\r\n")
        assert time.monotonic() - began > 1.0
        client.assert_closed()
    (line,) = gateway.access_log()
    assert (line["status"], line["broken_off"]) == (200, True)


def test_a_long_poll_may_take_the_time_that_it_is_given(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        time.sleep(0.7 if exchange.target == "/open/poll" else 3)
        exchange.send(OK)

    upstream = make_upstream(handler)
    gateway = start(configuration({"servers": [upstream.address], "response_timeout": "1500ms", "idle_timeout": "100ms"}))
    with gateway.client() as client:
        assert client.request("/open/poll").body == b"ok", "silence before the head is no silence within the response"
        assert client.request("/open/slow").refusal == (504, "upstream_timeout")


@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
@pytest.mark.parametrize("what", ["a poll", "a stream"])
def test_who_goes_away_while_nothing_flows_is_noticed(what, leave, start, make_upstream):
    """The upstream's connection is closed at once, long before any timeout."""

    def handler(exchange):
        exchange.read_body()
        if what == "a stream":
            exchange.send(HEAD + "Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n")
        exchange.connection.wait_for_end()
        exchange.close()

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    client = gateway.client()
    client.send(client.head("/open/wait"))
    if what == "a stream":
        client.receive_until("3\r\n:\n\n\r\n")
    upstream.wait_for(1)
    # A moment behind the request it may mean to wait for its answer; after that it doesn't.
    time.sleep(1.1)
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
        time.sleep(1.3)
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe")
        time.sleep(0.2)
        exchange.send("re")

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
        exchange.send(HEAD + "\r\n")
        while True:
            exchange.send(b"data: tick\n\n")
            time.sleep(0.01)

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open/events"))
        client.half_close()
        client.receive_until("tick")
    until(lambda: gateway.access_log(), "the line of the exchange")
    until(lambda: not upstream._open, "the upstream's connection to end")


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
