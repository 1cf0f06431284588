"""WebSockets and the token of their handshake: they end with it and with its key, unless they may outlive it."""

import os
import threading
import time

from lib.gateway import configuration, issuer, write_files
from lib.identity_provider import Key, key_set
from lib.tokens import SECRET, bearer
from lib.upstreams import Ended
from lib.waiting import until
from lib.websocket import CLOSE, HELLO, TEXT, answering, close_frame, echo_bytes, frame, open_socket, read_close, read_exactly, routes, unmasked_frame


def seconds(exp):
    """A moment some seconds from now as `exp`, which counts fractions too."""
    return time.time() + exp


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
    """Bytes that still come in are read for a moment: otherwise a reset would meet the Close frame on its way."""
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
