"""What the breaker found about upstreams: other servers, responses that nobody asked for, what a stalled reader costs."""

import os
import signal
import socket
import threading
from collections import Counter

from lib.gateway import configuration
from lib.upstreams import OK, answer, free_port
from lib.waiting import until


def at_once(count, action):
    results = []

    def run():
        try:
            results.append(action())
        except AssertionError as problem:
            results.append(str(problem)[:60])

    threads = [threading.Thread(target=run) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Counter(results)


def test_a_dead_server_of_great_weight_does_not_hide_the_live_one(start, upstream):
    dead = {"address": f"127.0.0.1:{free_port()}", "weight": 5}
    gateway = start(configuration({"servers": [dead, upstream.address]}))
    assert Counter(gateway.request("/open").status for _ in range(24)) == {200: 24}


def test_a_server_that_does_not_accept_does_not_hide_the_live_one_from_requests_at_once(start, upstream):
    """The second try of one request must not go where its first one went because another request came in between."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(3):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        servers = [f"127.0.0.1:{full.getsockname()[1]}", upstream.address]
        gateway = start(configuration({"servers": servers, "connect_timeout": "300ms"}))
        assert at_once(20, lambda: gateway.request("/open").status) == {200: 20}
        for each in waiting:
            each.close()


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
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(client.head("/open"))
    upstream.wait_for(count + 1)
    last = [0]

    def settled():
        now = gateway.memory()["VmRSS"]
        calm, last[0] = now == last[0], now
        return calm

    for _ in range(3):
        until(settled, "the memory to settle", timeout=20)
        threading.Event().wait(0.5)
    each = (gateway.memory()["VmRSS"] - before) / count
    for client in clients:
        client.reset()
    assert each < 128 * 1024, f"{each / 1024:.0f} KiB for each reader that reads nothing"


def test_a_drain_serves_connections_that_have_arrived(start, upstream):
    """Requests that wait in the backlog when the order to stop comes."""
    gateway = start(configuration(upstream))
    gateway.request("/open")
    os.kill(gateway.pid, signal.SIGSTOP)
    until(lambda: open(f"/proc/{gateway.pid}/stat").read().rpartition(")")[2].split()[0] == "T", "the gateway to stop")
    clients = [gateway.client() for _ in range(200)]
    for client in clients:
        client.send(client.head("/open"))
    gateway.signal(signal.SIGTERM)
    os.kill(gateway.pid, signal.SIGCONT)
    statuses = Counter()
    for client in clients:
        try:
            statuses[client.response().status] += 1
        except OSError as problem:
            statuses[type(problem).__name__] += 1
        client.close()
    assert gateway.wait() == 0
    assert statuses == {200: 200}
