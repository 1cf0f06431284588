"""Reload: HUP and `-s reload` swap the whole configuration, and nobody notices."""

import os
import re
import signal
import threading

import pytest

from lib import pace
from lib.client import Client, refuses
from lib.gateway import configuration, issuer, write_config, write_files
from lib.load import Load, version
from lib.orders import fixed
from lib.tokens import bearer
from lib.upstreams import Held, answer
from lib.waiting import until


def test_what_the_file_says_now_is_in_force(start):
    gateway = start(fixed("one"))
    with gateway.client() as client:
        assert client.request("/").text == "one"
        gateway.reload(fixed("two"))
        assert client.request("/").text == "two", "a connection that is kept goes over, too"
    assert gateway.request("/").text == "two"


def test_every_worker_goes_over(start):
    gateway = start(fixed("one", workers=4))
    clients = [gateway.client() for _ in range(40)]
    assert {client.request("/").text for client in clients} == {"one"}
    gateway.reload(fixed("two", workers=4))
    assert {client.request("/").text for client in clients} == {"two"}
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    "broken, words",
    [
        ("{", "gateway.json:1:2: error"),
        (fixed("two", limits={"heads": "1KiB"}), "did you mean 'head'?"),
        (configuration(auth={"issuers": [issuer(secret_file="none.key")]}, upstreams={"app": {"servers": ["127.0.0.1:1"]}}),
         "none.key"),
        (fixed("two", listen=["127.0.0.1:0", "203.0.113.7:80"]), "can't listen on 203.0.113.7:80"),
        (fixed("two", log={"access": "none/access.log"}), "access.log' can't be opened"),
        (fixed("two", pid_file="none/gateway.pid"), "gateway.pid' can't be written"),
    ],
    ids=["syntax", "a key", "a secret", "a listener", "a log", "the pid file"],
)  # fmt: skip
def test_what_does_not_pass_changes_nothing_and_says_so(broken, words, start):
    gateway = start(fixed("one"))
    gateway.request("/")
    before = gateway.descriptors()
    gateway.reload(broken, in_force=False)
    assert gateway.request("/").text == "one"
    said = gateway.errors()
    assert words in said
    assert "gateway.json can't be used" in said
    assert gateway.access_log(2), "the old log is written on"
    until(lambda: gateway.descriptors() <= before, "everything that was opened to be closed again")
    gateway.reload(fixed("three"))
    assert gateway.request("/").text == "three"


def test_a_missing_file_changes_nothing(start):
    gateway = start(fixed("one"))
    os.unlink(gateway.config)
    gateway.reload(in_force=False)
    assert "gateway.json' can't be read" in gateway.errors()
    assert gateway.request("/").text == "one"


def test_warnings_are_logged(start, upstream):
    gateway = start(fixed("one"))
    gateway.reload(fixed("two", upstreams={"spare": {"servers": [upstream.address]}}))
    (line,) = [line for line in gateway.errors().splitlines() if "'spare'" in line]
    assert re.fullmatch(r"\S+Z \S*gateway\.json:\d+:\d+: warning: .*", line), "the severity stands there once"


def test_an_exchange_ends_with_the_configuration_that_it_began_with(start, make_upstream):
    held = Held()
    old, new = make_upstream(held), make_upstream(lambda exchange: (exchange.read_body(), exchange.send(answer("new"))))
    routes = [{"path": "/", "upstream": "app", "auth": "none", "response_headers": {"set": {"X-Version": "1"}}}]
    gateway = start(configuration(old, routes=routes))
    with gateway.client() as client:
        client.send(client.head("/"))
        old.wait_for(1)
        routes[0]["response_headers"]["set"]["X-Version"] = "2"
        gateway.reload(configuration(new, routes=routes))
        assert gateway.request("/").text == "new"
        held.release()
        response = client.response()
        assert (response.text, response["x-version"]) == ("ok", "1")
        response = client.request("/")
        assert (response.text, response["x-version"]) == ("new", "2")
    until(lambda: not old._open, "the connection to the old upstream to be closed, not pooled")


def test_idle_connections_of_upstreams_that_are_gone_are_closed(start, make_upstream):
    old, new = make_upstream(), make_upstream()
    gateway = start(configuration(old))
    assert gateway.request("/open").status == 200
    assert old._open
    gateway.reload(configuration(new))
    until(lambda: not old._open, "the idle connection to be closed")
    assert gateway.request("/open").status == 200
    assert len(new.exchanges) == 1


def test_an_upstream_that_stays_the_same_keeps_its_connections(start, upstream):
    gateway = start(configuration(upstream))
    for number in range(5):
        assert gateway.request("/open").status == 200
        gateway.reload(configuration(upstream, limits={"fields": 50 + number}))
    assert gateway.request("/open").status == 200
    assert len(upstream.connections) == 1


def test_an_upstream_whose_settings_change_gets_new_connections(start, upstream):
    gateway = start(configuration(upstream))
    assert gateway.request("/open").status == 200
    gateway.reload(configuration({"servers": [upstream.address], "response_timeout": "7s"}))
    assert gateway.request("/open").status == 200
    assert len(upstream.connections) == 2


def test_listeners_come_and_go_and_stay(start, directory):
    """Three addresses: one that stays, one that goes, one that comes, TCP and Unix."""
    path = f"{directory}/a.sock"
    gateway = start(fixed("one", workers=2, listen=["127.0.0.1:0", "127.0.0.2:0", f"unix:{path}"]))
    stays, goes, unix = gateway.addresses
    kept = Client(stays)
    assert kept.request("/").text == "one"
    assert Client(unix).request("/").text == "one"

    gateway.reload(fixed("two", workers=2, listen=["127.0.0.1:0", "127.0.0.3:0"]))
    comes = gateway.listening()[-1]
    assert comes[0] == "127.0.0.3"
    until(lambda: refuses(goes), "the listener that is not wanted any more to close")
    until(lambda: not os.path.exists(path), "the file of the Unix socket to go")
    assert kept.request("/").text == "two"
    assert Client(stays).request("/").text == "two"
    assert Client(comes).request("/").text == "two"
    assert len(gateway.listening()) == 4, "what stays is not bound again"

    gateway.reload(fixed("three", workers=2, listen=[f"unix:{path}", "127.0.0.1:0"]))
    assert Client(path).request("/").text == "three"
    assert Client(stays).request("/").text == "three"
    until(lambda: refuses(comes), "the listener that had come to go")


def test_a_listener_may_become_part_of_another(start):
    """Every address of a port, then one alone, then every one again: the new socket is bound beside the old one."""
    gateway = start(fixed("one", listen=["127.0.0.1:0"]))
    port = gateway.address[1]
    for text, address in (("two", "0.0.0.0"), ("three", "127.0.0.1"), ("four", "0.0.0.0")):
        gateway.reload(fixed(text, listen=[f"{address}:{port}"]))
        assert gateway.request("/").text == text


def test_a_connection_of_a_listener_that_is_gone_serves_on(start):
    gateway = start(fixed("one", listen=["127.0.0.1:0", "127.0.0.2:0"]))
    client = Client(gateway.addresses[1])
    assert client.request("/").text == "one"
    gateway.reload(fixed("two"))
    assert client.request("/").text == "two"


def test_tokens_are_verified_with_the_keys_of_now(start, upstream):
    """The memory of a token ends with the key that proved it."""
    gateway = start(configuration(upstream))
    other = "another-secret-that-is-long-enough-for-every-hash-there-is-in-this-gateway"
    with gateway.client() as client:
        assert client.request("/", fields=bearer()).status == 200
        write_files(gateway.directory, {"secret.key": other})
        gateway.reload()
        assert client.request("/", fields=bearer()).refusal == (401, "signature_invalid")
        assert client.request("/", fields=bearer(secret=other)).status == 200


def test_changed_limits_count_for_what_comes_next(start):
    gateway = start(fixed("one"))
    with gateway.client() as client:
        long = {"X-Long": "a" * 4000}
        assert client.request("/", fields=long).status == 200
        gateway.reload(fixed("two", limits={"head": "2KiB"}))
        assert gateway.request("/", fields=long).status == 431
        pace.keep_silent(0.2)  # so long that the connection is put aside
        assert client.request("/", fields=long).status == 431


def test_who_is_trusted_counts_at_once_on_a_busy_connection(start, upstream):
    routes = [{"path": "/", "upstream": "app", "auth": "none"}]
    fields = {"X-Forwarded-For": "192.0.2.9"}
    gateway = start(configuration(upstream, routes=routes))
    with gateway.client() as client:
        for _ in range(2):
            client.request("/", fields=fields)
        assert upstream.last["x-forwarded-for"] == "127.0.0.1"
        stop = threading.Event()

        def keep_busy():
            while not stop.is_set():
                client.request("/", fields=fields)

        thread = threading.Thread(target=keep_busy)
        thread.start()
        gateway.reload(configuration(upstream, routes=routes, trusted_proxies=["127.0.0.0/8"]))
        until(lambda: upstream.last["x-forwarded-for"].startswith("192.0.2.9"), "the forwarded address to be believed")
        gateway.reload(configuration(upstream, routes=routes))
        until(lambda: upstream.last["x-forwarded-for"] == "127.0.0.1", "it to be believed no more")
        stop.set()
        thread.join()


def test_a_changed_number_of_workers_takes_a_restart_and_says_so(start):
    gateway = start(fixed("one", workers=1))
    gateway.reload(fixed("two", workers=3))
    assert "'workers' has changed, which takes a restart" in gateway.errors()
    assert gateway.request("/").text == "two"


def test_logs_move_and_no_line_is_lost(start, directory):
    gateway = start(fixed("one", log={"access": "a.log", "error": "stderr"}), directory=directory)
    with gateway.client() as client:
        for _ in range(10):
            client.request("/")
        gateway.reload(fixed("two", log={"access": "b.log", "error": "stderr", "level": "info"}))
        for _ in range(10):
            client.request("/")
    assert len(gateway.access_log(10, f"{directory}/a.log")) == 10
    assert len(gateway.access_log(10, f"{directory}/b.log")) == 10
    before = gateway.descriptors()
    for name in "cdefgh":
        gateway.reload(fixed("two", log={"access": f"{name}.log", "error": "stderr"}))
    until(lambda: gateway.descriptors() <= before, "the old logs to be closed")


def test_the_gateways_own_log_moves(start, directory):
    gateway = start(fixed("one"), directory=directory)
    write_config(directory, fixed("two", log={"access": "off", "error": "own.log"}))
    gateway.signal(signal.SIGHUP)
    until(lambda: os.path.exists(f"{directory}/own.log") and "is in force" in open(f"{directory}/own.log").read(),
          "the new log to say so")  # fmt: skip


# Under load.


def test_a_hundred_reloads_under_load_lose_no_request(start, make_upstream):
    """Keys, upstreams, routes, listeners and limits change each time; clients on the listener that stays see nothing of it."""
    body = b"x" * 5000
    first, second = (make_upstream(lambda e: (e.read_body(), e.send(answer(body)))) for _ in range(2))

    gateway = start(version(0, first, second))
    load = Load(gateway)
    until(lambda: load.count() > 50, "the load to begin")
    for number in range(1, 101):
        before = load.count()
        gateway.reload(version(number, first, second))
        until(lambda: load.count() >= before + 20, "some requests between two reloads")
    outcomes = load.stop()
    print("outcomes of a hundred reloads under load:", outcomes)
    assert set(outcomes) == {200}, outcomes
    assert outcomes[200] > 2000
    until(lambda: gateway.descriptors() < 80, "what reloads have opened to be closed")
