"""The ends of a WebSocket: by either side, by its token, by silence, with the gateway."""

import signal
import socket
import threading
import time

import pytest

from lib import pace
from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import Ended
from lib.waiting import until
from lib.websocket import HELLO, PING, TEXT, answering, echo_bytes, ends_of, frame, open_socket, read_close, read_exactly, read_frame, routes


def test_the_log_has_a_line_when_it_ends(start, make_upstream):
    gateway = start(configuration(make_upstream(answering(then=echo_bytes))))
    with gateway.client() as client:
        open_socket(client, "/ws?access_token=secret", bearer())
        client.send(HELLO * 3)
        read_exactly(client, 3 * len(HELLO))
        assert gateway.output() == ""
    (line,) = gateway.access_log()
    assert (line["status"], line["method"], line["user"], line["ended_by"]) == (101, "GET", "alice", "client")
    assert (line["bytes"], line["received_bytes"]) == (3 * len(HELLO), 3 * len(HELLO))
    assert line["duration_ms"] > 0 and "reason" not in line and "secret" not in gateway.output()


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("who", ["client", "upstream"])
def test_when_one_side_goes_the_other_is_told(who, how, start, make_upstream):
    ready, go = threading.Event(), threading.Event()

    def handler(exchange):
        ready.set()
        if who == "upstream":
            assert go.wait(10)
            getattr(exchange, how)()
        else:
            exchange.connection.wait_for_end()
            exchange.close()

    upstream = make_upstream(answering(then=handler))
    gateway = start(configuration(upstream))
    client = gateway.client()
    open_socket(client, fields=bearer())
    assert ready.wait(10)
    if who == "client":
        getattr(client, how)()
        assert upstream.connections[0].ended.wait(10)
    else:
        go.set()
        client.assert_closed()
        client.close()
    assert ends_of(gateway) == [who]


def test_what_was_said_before_the_end_still_arrives(start, make_upstream):
    """Half a connection: the client has ended its sending side and hears the rest."""
    said = frame(TEXT, "x" * 300_000)

    def handler(exchange):
        exchange.connection.wait_for_end()
        exchange.send(said)
        exchange.close()

    upstream = make_upstream(answering(then=handler))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        client.send(HELLO)
        client.half_close()
        assert read_exactly(client, len(said)) == said
        client.assert_closed()
    assert upstream.connections[0].received.endswith(HELLO)


def test_silence_ends_it_and_pings_keep_it(start, make_upstream):
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), routes(idle_timeout="500ms")))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        ping = frame(PING, mask=b"abcd")
        for _ in pace.ticks(0.1, count=9):
            client.send(ping)
            assert read_exactly(client, len(ping)) == ping
        quiet = time.monotonic()
        assert read_close(client) == (1001, "idle_timeout")
        assert 0.4 < time.monotonic() - quiet < 1.5
    assert ends_of(gateway) == ["idle"]


def endless(exchange):
    """Sends until nobody takes it any more, whatever it hears."""
    threading.Thread(target=exchange.connection.wait_for_end, daemon=True).start()
    try:
        while True:
            exchange.send(frame(TEXT, "x" * 65536))
    except Ended:
        pass


@pytest.mark.parametrize("reads", [False, True])
def test_who_takes_nothing_is_cut_off_and_who_is_slow_is_not(reads, start, make_upstream):
    """This holds whatever it says meanwhile."""
    limits = {"head_timeout": "200ms"}
    gateway = start(configuration(make_upstream(answering(then=endless)), routes(), limits=limits))
    with gateway.client() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        open_socket(client, fields=bearer())
        began = time.monotonic()
        ping = frame(PING, mask=b"abcd")
        # Six times the timeout are 1.2 s.
        for _ in pace.ticks(0.05, count=50):
            client.send_as_far_as_it_goes(ping)
            if reads:
                client.socket.recv(16384)
            if gateway.output():
                break
        if reads:
            assert gateway.output() == ""
        else:
            assert ends_of(gateway) == ["stalled"]
            assert time.monotonic() - began > 1.1


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_gateway(order, start, make_upstream):
    """A graceful stop lets it go on for as long as everything else may."""
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), routes(), drain_timeout="700ms"))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        began = time.monotonic()
        gateway.signal(order)
        if order == signal.SIGTERM:
            until(lambda: "draining" in gateway.errors(), "the order to have arrived")
            client.send(HELLO)
            assert read_exactly(client, len(HELLO)) == HELLO
        assert read_close(client) == (1001, "going_away")
        if order == signal.SIGTERM:
            assert time.monotonic() - began > 0.6
        client.assert_closed()
    assert gateway.wait() == 0
    assert ends_of(gateway) == ["stopping"]


def test_a_drain_ends_with_the_last_tunnel(start, make_upstream):
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), routes(), drain_timeout="1m"))
    client = gateway.client()
    open_socket(client, fields=bearer())
    gateway.signal(signal.SIGTERM)
    until(lambda: "draining" in gateway.errors(), "the order to have arrived")
    client.close()
    assert gateway.wait() == 0


def test_tunnels_count_as_connections(start, make_upstream):
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), routes(), limits={"connections": 2}))
    first, second = gateway.client(), gateway.client()
    open_socket(first, fields=bearer())
    open_socket(second, fields=bearer())
    with gateway.client() as third:
        third.send(third.head("/nowhere"))
        third.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            third.socket.recv(1)
        third.socket.settimeout(10)
        first.close()
        assert third.response().status == 401
    second.close()


def test_the_timeout_of_a_route_is_for_the_handshake(start, make_upstream):
    slow = [{"path": "/", "upstream": "app", "timeout": "200ms"}]
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), slow))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        pace.keep_silent(0.3)
        client.send(HELLO)
        assert read_exactly(client, len(HELLO)) == HELLO


def test_the_body_limit_is_not_for_it(start, make_upstream):
    small = [{"path": "/", "upstream": "app", "max_body": "10B"}]
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), small))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        client.send(HELLO * 100)
        assert read_exactly(client, 100 * len(HELLO)) == HELLO * 100


def test_quiet_tunnels_cost_little(start, make_upstream):
    """They hold no buffers, of which one alone has 16 KiB: what remains is their task and the handshake."""
    gateway = start(configuration(make_upstream(answering()), routes()))
    clients = []

    def open_more(count):
        for _ in range(count):
            clients.append(gateway.client())
            open_socket(clients[-1], fields=bearer())
        return gateway.memory()["VmRSS"]

    before = open_more(50)
    after = open_more(300)
    assert (after - before) / 300 < 24 * 1024
    for client in clients:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.close()
    assert read_nothing(gateway)


def read_nothing(gateway):
    """All of them end, and the gateway serves on."""
    return len(until(lambda: len(ends_of(gateway, 350)) >= 350 and ends_of(gateway, 350), "every tunnel's line")) == 350


def test_control_frames_are_seen_between_others(start, make_upstream):
    """The gateway follows frames of every length form to know where its Close may stand."""
    sizes = [0, 125, 126, 127, 65535, 65536, 70_000]

    def handler(exchange):
        for size in sizes:
            exchange.send(frame(TEXT, "x" * size, fin=size % 2 == 0))
        exchange.connection.wait_for_end()
        exchange.close()

    gateway = start(configuration(make_upstream(answering(then=handler)), routes(idle_timeout="300ms")))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        assert [len(read_frame(client)[1]) for _ in sizes] == sizes
        assert read_close(client) == (1001, "idle_timeout")
