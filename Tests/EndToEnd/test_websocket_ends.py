"""How a WebSocket ends: by either side, by its token, by silence, with the gateway."""

import os
import signal
import socket
import threading
import time

import pytest

from lib import pace
from lib.gateway import configuration, issuer, write_files
from lib.identity_provider import Key, key_set
from lib.tokens import SECRET, bearer
from lib.upstreams import Ended
from lib.waiting import until
from lib.websocket import CLOSE, PING, TEXT, answering, close_frame, echo_bytes, frame, open_socket, read_close, read_exactly, read_frame, unmasked_frame

HELLO = frame(TEXT, "hello", mask=b"abcd")


def routes(**websocket):
    return [{"path": "/", "upstream": "app", "websocket": websocket or True}]


def ends_of(gateway, count=1):
    return [line["ended_by"] for line in gateway.access_log(count) if "ended_by" in line]


def seconds(exp):
    """A moment some seconds from now as `exp`, which counts fractions too."""
    return time.time() + exp


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


def test_it_ends_when_its_token_expires(start, make_upstream):
    upstream_saw = []

    def handler(exchange):
        try:
            while True:
                upstream_saw.append(unmasked_frame(exchange))
        except Ended:
            exchange.close()

    gateway = start(configuration(make_upstream(answering(then=handler)), routes()))
    exp = seconds(1.2)
    with gateway.client() as client:
        open_socket(client, fields=bearer(exp=exp))
        client.send(HELLO)
        assert read_close(client) == (1008, "token_expired")
        assert -0.01 < time.time() - exp < 0.5
        client.send_as_far_as_it_goes(HELLO)
        client.send_as_far_as_it_goes(close_frame(1008, mask=b"abcd"))
        client.half_close()
        client.assert_closed()
    (line,) = gateway.access_log()
    assert (line["status"], line["ended_by"], line["reason"]) == (101, "token", "token_expired")
    assert upstream_saw == [(TEXT, b"hello"), (CLOSE, b"\x03\xf0token_expired")], "and nothing after it"


def test_who_is_talking_hears_why_all_the_same(start, make_upstream):
    """What still comes in is read for a moment, or a reset would meet the Close frame on its way."""
    gateway = start(configuration(make_upstream(answering()), routes()))
    with gateway.client() as client:
        open_socket(client, fields=bearer(exp=seconds(0.7)))
        told = threading.Event()

        def talk():
            while not told.is_set():
                client.send_as_far_as_it_goes(frame(TEXT, "x" * 10_000, mask=b"\0\0\0\0"))
            client.half_close()

        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        assert read_close(client) == (1008, "token_expired")
        told.set()
        talker.join(10)
        client.assert_closed()


def test_leeway_counts_for_it_too(start, make_upstream):
    gateway = start(configuration(make_upstream(answering()), routes(), auth={"issuers": [issuer(leeway="1s")]}))
    exp = seconds(0.3)
    with gateway.client() as client:
        open_socket(client, fields=bearer(exp=exp))
        assert read_close(client) == (1008, "token_expired")
        assert 0.99 < time.time() - exp < 1.5


def test_a_frame_that_is_under_way_is_not_broken_into(start, make_upstream):
    """A Close frame in the middle of another one would be taken for its payload: then the connection ends without."""
    half = frame(TEXT, "x" * 1000)[:500]

    def handler(exchange):
        exchange.send(half)
        exchange.connection.wait_for_end()
        exchange.close()

    gateway = start(configuration(make_upstream(answering(then=handler)), routes()))
    with gateway.client() as client:
        open_socket(client, fields=bearer(exp=seconds(0.5)))
        assert read_exactly(client, len(half)) == half
        client.assert_closed()


def test_it_may_outlive_its_token(start, make_upstream):
    gateway = start(configuration(make_upstream(answering(then=echo_bytes)), routes(outlive_token=True)))
    exp = seconds(0.5)
    with gateway.client() as client:
        open_socket(client, fields=bearer(exp=exp))
        until(lambda: time.time() > exp + 0.3, "the token to expire")
        client.send(HELLO)
        assert read_exactly(client, len(HELLO)) == HELLO
        write_files(gateway.directory, {"secret.key": "another-" + SECRET})
        gateway.reload()
        client.send(HELLO)
        assert read_exactly(client, len(HELLO)) == HELLO


def test_it_ends_when_the_key_of_its_token_is_gone(start, make_upstream):
    """And others go on: those whose token is still good, and those that never had one."""
    upstream = make_upstream(answering(then=echo_bytes))
    other = issuer(issuer="https://other.test", secret_file="other.key")
    both = {"issuers": [issuer(), other]}
    all_routes = [*routes(), {"path": "/open", "upstream": "app", "auth": "none"}]
    gateway = start(configuration(upstream, all_routes, auth=both, workers=2), files={"other.key": "other-" + SECRET})
    elsewhere = bearer(secret="other-" + SECRET, iss="https://other.test")
    clients = {}
    for name, target, fields in (("mine", "/ws", bearer()), ("other", "/ws", elsewhere), ("none", "/open", {})):
        clients[name] = gateway.client()
        open_socket(clients[name], target, fields)
    quiet = gateway.client()
    open_socket(quiet, fields=bearer())

    gateway.reload()
    for client in clients.values():
        client.send(HELLO)
        assert read_exactly(client, len(HELLO)) == HELLO, "a reload alone ends nothing"

    write_files(gateway.directory, {"secret.key": "another-" + SECRET})
    gateway.reload()
    assert read_close(quiet) == (1008, "signature_invalid"), "without having said a word"
    assert read_close(clients["mine"]) == (1008, "signature_invalid")
    gateway.reload(configuration(upstream, all_routes, auth={"issuers": [issuer()]}, workers=2))
    assert read_close(clients["other"]) == (1008, "issuer_unknown")
    clients["none"].send(HELLO)
    assert read_exactly(clients["none"], len(HELLO)) == HELLO
    for client in (quiet, *clients.values()):
        client.close()
    log = gateway.access_log(4)
    assert sorted(line.get("reason", "") for line in log) == ["", "issuer_unknown", "signature_invalid", "signature_invalid"]


def test_it_ends_when_a_file_of_keys_says_so(start, make_upstream):
    """Without a reload: files of keys are watched."""
    kept, removed = Key("kept", "ES256"), Key("removed", "ES256")
    keys = {**issuer(), "jwks": "keys.json", "algorithms": ["ES256"]}
    del keys["secret_file"]
    gateway = start(
        configuration(make_upstream(answering(then=echo_bytes)), routes(), auth={"issuers": [keys]}, workers=2),
        files={"keys.json": key_set(kept, removed)},
    )
    with gateway.client() as staying, gateway.client() as leaving:
        open_socket(staying, fields=kept.bearer())
        open_socket(leaving, fields=removed.bearer())
        write_files(gateway.directory, {"keys.new": key_set(kept)})
        os.rename(os.path.join(gateway.directory, "keys.new"), os.path.join(gateway.directory, "keys.json"))
        assert read_close(leaving) == (1008, "key_unknown")
        staying.send(HELLO)
        assert read_exactly(staying, len(HELLO)) == HELLO


def test_no_byte_passes_after_the_key_is_gone(start, make_upstream):
    """However busy it is: it is judged again before anything else is passed on."""
    upstream = make_upstream(answering())
    gateway = start(configuration(upstream, routes()))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        client.send(HELLO)
        until(lambda: upstream.connections[0].received.endswith(HELLO), "the first frame")
        write_files(gateway.directory, {"secret.key": "another-" + SECRET})
        gateway.reload()
        client.send_as_far_as_it_goes(frame(TEXT, "too late", mask=b"\0\0\0\0"))
        assert read_close(client) == (1008, "signature_invalid")
        assert upstream.connections[0].ended.wait(10)
    assert b"too late" not in upstream.connections[0].received


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
    """Whatever it says meanwhile."""
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
