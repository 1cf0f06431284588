"""Bytes are passed on when they come, not when there are enough of them."""

import socket
import threading

from lib.gateway import configuration
from lib.upstreams import OK, answer
from lib.waiting import settled


def test_server_sent_events_arrive_one_by_one(start, make_upstream):
    step = threading.Semaphore(0)

    def handler(exchange):
        exchange.read_body()
        exchange.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(5):
            step.acquire(timeout=10)
            event = f"data: {number}\n\n"
            exchange.send(f"{len(event):x}\r\n{event}\r\n")
        exchange.send("0\r\n\r\n")

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open", fields={"Accept": "text/event-stream"}))
        client.receive_until("\r\n\r\n")
        for number in range(5):
            step.release()
            client.receive_until(f"data: {number}\n\n")
        client.receive_until("0\r\n\r\n")


def test_a_response_of_known_length_streams_too(start, make_upstream):
    step = threading.Semaphore(0)

    def handler(exchange):
        exchange.read_body()
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        for letter in "hello":
            step.acquire(timeout=10)
            exchange.send(letter)

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open"))
        client.receive_until("\r\n\r\n")
        for letter in "hello":
            step.release()
            client.receive_until(letter)


def test_a_request_body_streams_before_it_is_whole(start, make_upstream):
    seen = [threading.Event(), threading.Event()]

    def handler(exchange):
        assert exchange.connection.take(5) == b"hello"
        seen[0].set()
        assert exchange.connection.take(5) == b"world"
        seen[1].set()
        exchange.complete = True
        exchange.send(answer("done"))

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Content-Length": "10"}), "hello")
        assert seen[0].wait(10)
        client.send("world")
        assert seen[1].wait(10)
        assert client.response("POST").text == "done"


def test_an_answer_may_flow_while_the_request_still_does(start, make_upstream):
    """Echo, chunk by chunk, in both directions at once."""

    def handler(exchange):
        exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            size = int(exchange.connection.line(exchange), 16)
            data = b""
            while len(data) < size:
                data += exchange.connection.take(size - len(data))
            assert exchange.connection.line(exchange) == b"\r\n"
            exchange.send(f"{size:x}\r\n".encode() + data + b"\r\n")
            if size == 0:
                exchange.complete = True
                return

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Transfer-Encoding": "chunked"}))
        client.receive_until("\r\n\r\n")
        for word in ("one", "two", "three"):
            client.send(f"{len(word):x}\r\n{word}\r\n")
            client.receive_until(word)
        client.send("0\r\n\r\n")
        client.receive_until("0\r\n\r\n")


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


def test_stalled_readers_cost_little_memory(start, make_upstream):
    def pour(exchange):
        if exchange.target == "/open/quick":
            return exchange.send(OK)
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            exchange.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    upstream = make_upstream(pour)
    gateway = start(configuration(upstream))
    gateway.request("/open/quick")
    before, count = gateway.memory()["VmRSS"], 100
    clients = [gateway.client() for _ in range(count)]
    for client in clients:
        client.narrow()
        client.send(client.head("/open"))
    upstream.wait_for(count + 1)
    each = (settled(lambda: gateway.memory()["VmRSS"], "the memory", every=0.4) - before) / count
    for client in clients:
        client.reset()
    assert each < 128 * 1024, f"{each / 1024:.0f} KiB for each reader that reads nothing"
