"""Large bodies and many connections: nothing is buffered whole, and an idle connection costs next to nothing."""

import resource
import threading

import pytest

from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import OK
from lib.waiting import settled

GIB = 1 << 30
MIB = 1 << 20
PIECE = bytes(range(256)) * 4096  # 1 MiB

pytestmark = pytest.mark.heavy


def unlimited(upstream):
    return configuration(
        upstream, routes=[{"path": "/", "upstream": "app", "auth": "none", "max_body": "unlimited"}], log={"access": "off"}
    )


def assert_small(gateway):
    peak = gateway.memory()["VmHWM"]
    assert peak < 64 * MIB, f"peak memory {peak / MIB:.1f} MiB"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_gibibyte_up_passes_in_little_memory(framing, start, make_upstream):
    def handler(exchange):
        exchange.read_body(keep=False)
        exchange.send(OK)

    upstream = make_upstream(handler)
    gateway = start(unlimited(upstream))
    with gateway.client(timeout=60) as client:
        if framing == "length":
            client.send(client.head("/", "PUT", {"Content-Length": str(GIB)}))
            for _ in range(GIB // MIB):
                client.send(PIECE)
        else:
            client.send(client.head("/", "PUT", {"Transfer-Encoding": "chunked"}))
            chunk = b"100000\r\n" + PIECE + b"\r\n"
            for _ in range(GIB // MIB):
                client.send(chunk)
            client.send("0\r\n\r\n")
        assert client.response("PUT").status == 200
    assert upstream.last.count == GIB
    assert_small(gateway)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_gibibyte_down_passes_in_little_memory(framing, start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        if framing == "length":
            exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n")
            for _ in range(GIB // MIB):
                exchange.send(PIECE)
        else:
            exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"100000\r\n" + PIECE + b"\r\n"
            for _ in range(GIB // MIB):
                exchange.send(chunk)
            exchange.send("0\r\n\r\n")

    gateway = start(unlimited(make_upstream(handler)))
    count, first = 0, []

    def take(data):
        nonlocal count
        if not count:
            first.append(data[:256])
        count += len(data)

    with gateway.client(timeout=60) as client:
        client.send(client.head("/"))
        response = client.response(on_data=take)
    assert (response.status, count) == (200, GIB)
    assert PIECE.startswith(first[0])
    assert_small(gateway)


def test_a_slow_reader_holds_the_upstream_back(start, make_upstream):
    sent = [0]

    def handler(exchange):
        exchange.read_body()
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n")
        while sent[0] < GIB:
            exchange.send(PIECE)
            sent[0] += MIB

    gateway = start(unlimited(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/"))
        client.receive_until(b"\r\n\r\n")
        assert settled(lambda: sent[0], "the upstream", timeout=30) < 64 * MIB
    assert_small(gateway)


def test_a_slow_upstream_holds_the_client_back(start, make_upstream):
    release = threading.Event()

    def handler(exchange):
        release.wait(60)
        exchange.read_body(keep=False)
        exchange.send(OK)

    gateway = start(unlimited(make_upstream(handler)))
    with gateway.client(timeout=1) as client:
        client.send(client.head("/", "PUT", {"Content-Length": str(GIB)}))
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < GIB:
                sent += client.socket.send(PIECE)
        assert sent < 64 * MIB
    release.set()
    assert_small(gateway)


def test_five_thousand_idle_connections_cost_little(start, make_upstream):
    count = 5000
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft > count + 500, f"needs more than {count + 500} open files, ulimit -n says {soft}"
    gateway = start(configuration(make_upstream(), limits={"connections": 20000}, log={"access": "off"}))
    fields = bearer()
    for _ in range(200):  # what is made once is not a connection's
        assert gateway.request("/", fields=fields).status == 200

    def memory():
        """The memory, once it no longer falls."""
        return settled(lambda: gateway.memory()["VmRSS"], "the memory", calm=lambda now, last: now >= last, looks=2, every=0.3)

    before = memory()
    clients = []
    for _ in range(count):
        client = gateway.client()
        assert client.request("/", fields=fields).status == 200
        clients.append(client)
    each = (memory() - before) / count
    for client in clients[::500]:
        assert client.request("/", fields=fields).status == 200
    for client in clients:
        client.close()
    assert gateway.request("/", fields=fields).status == 200
    assert each <= 1.2 * 1024, f"{each:.0f} bytes for each connection"


def test_a_thousand_connections_at_work_at_once(start, make_upstream):
    gateway = start(configuration(make_upstream(), limits={"connections": 20000}, log={"access": "off"}))
    fields = bearer()
    clients = [gateway.client(timeout=60) for _ in range(1000)]
    for _ in range(3):
        for client in clients:
            client.send(client.head("/", "POST", fields, body=b"hello"), b"hello")
        for client in clients:
            assert client.response("POST").status == 200
    for client in clients:
        client.close()
