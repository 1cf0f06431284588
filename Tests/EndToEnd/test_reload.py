"""Reload: HUP and `-s reload` swap the whole configuration, and nobody notices."""

import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from lib import pace
from lib.client import Client, refuses
from lib.gateway import configuration, issuer, run, write_config, write_files
from lib.load import Load
from lib.tokens import bearer
from lib.upstreams import OK, answer
from lib.waiting import until


def fixed(text, **top):
    """A configuration that answers everyone with a text."""
    return configuration(routes=[{"path": "/", "auth": "none", "respond": {"status": 200, "body": text}}], **top)


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
    release = threading.Event()

    def slow(exchange):
        exchange.read_body()
        release.wait(20)
        exchange.send(OK)

    old, new = make_upstream(slow), make_upstream(lambda exchange: (exchange.read_body(), exchange.send(answer("new"))))
    routes = [{"path": "/", "upstream": "app", "auth": "none", "response_headers": {"set": {"X-Version": "1"}}}]
    gateway = start(configuration(old, routes=routes))
    with gateway.client() as client:
        client.send(client.head("/"))
        old.wait_for(1)
        routes[0]["response_headers"]["set"]["X-Version"] = "2"
        gateway.reload(configuration(new, routes=routes))
        assert gateway.request("/").text == "new"
        release.set()
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
    """What was remembered of a token is forgotten with the key that proved it."""
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


# What -s does.


def tell(gateway, word):
    return run("-s", word, "-c", "gateway.json", directory=gateway.directory)


def test_s_reload_does_what_hup_does(start):
    gateway = start(fixed("one", pid_file="gateway.pid"))
    write_config(gateway.directory, fixed("two", pid_file="gateway.pid"))
    code, output, errors = tell(gateway, "reload")
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"portcullis: \S*gateway\.json is in force\n", output), output
    assert gateway.request("/").text == "two", "it is in force when the command ends"


def test_s_reopen_reopens_logs(start, directory):
    log = {"access": "access.log"}
    gateway = start(fixed("one", pid_file="gateway.pid", log=log), directory=directory)
    gateway.request("/")
    gateway.access_log(1, f"{directory}/access.log")
    os.rename(f"{directory}/access.log", f"{directory}/old.log")
    assert tell(gateway, "reopen") == (0, "portcullis: the logs were reopened\n", "")
    assert os.path.exists(f"{directory}/access.log")


@pytest.mark.parametrize("word, said", [("quit", "draining"), ("stop", "stopping at once")])
def test_s_quit_and_stop_end_it(word, said, start):
    gateway = start(fixed("one", pid_file="gateway.pid"))
    assert tell(gateway, word) == (0, "", "")
    assert gateway.wait() == 0
    assert said in gateway.errors()
    assert not os.path.exists(f"{gateway.directory}/gateway.pid")
    code, _, errors = tell(gateway, "reload")
    assert (code, "is not there" in errors) == (1, True), errors


def test_s_without_a_pid_file_says_what_to_add(start):
    gateway = start(fixed("one"))
    code, _, errors = tell(gateway, "reload")
    assert code == 1
    assert '"pid_file": "' in errors


@pytest.mark.parametrize(
    "contents, words",
    [("", "holds no process id"), ("x\n", "holds no process id"), ("-1\n", "holds no process id"),
     ("0\n", "holds no process id"), ("12 34\n", "holds no process id"), ("1" * 100, "holds no process id")],
)  # fmt: skip
def test_s_with_a_pid_file_out_of_form(contents, words, directory):
    write_config(directory, fixed("one", pid_file="gateway.pid"))
    write_files(directory, {"gateway.pid": contents})
    code, _, errors = run("-s", "reload", "-c", "gateway.json", directory=directory)
    assert code == 1
    assert words in errors


def test_s_with_a_stale_pid_file(directory):
    write_config(directory, fixed("one", pid_file="gateway.pid"))
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    write_files(directory, {"gateway.pid": f"{ended.pid}\n"})
    code, _, errors = run("-s", "stop", "-c", "gateway.json", directory=directory)
    assert code == 1
    assert f"process {ended.pid}, which is gone" in errors


def test_s_never_signals_another_program(directory):
    write_config(directory, fixed("one", pid_file="gateway.pid"))
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        write_files(directory, {"gateway.pid": f"{other.pid}\n"})
        code, _, errors = run("-s", "stop", "-c", "gateway.json", directory=directory)
        assert code == 1
        assert "no gateway: nothing was sent" in errors
        assert other.poll() is None
    finally:
        other.communicate()


def test_s_with_a_broken_configuration_shows_the_errors(start):
    gateway = start(fixed("one", pid_file="gateway.pid"))
    write_config(gateway.directory, "{")
    code, _, errors = tell(gateway, "reload")
    assert code == 1
    assert "gateway.json:1:2: error" in errors


# The pid file.


def test_a_second_gateway_with_the_pid_file_of_a_running_one_refuses(start):
    gateway = start(fixed("one", pid_file="gateway.pid"))
    code, _, errors = run("-c", "gateway.json", directory=gateway.directory)
    assert code == 1
    assert re.search(rf"gateway\.json:\d+:\d+: error: '\S*gateway\.pid' belongs to .* process {gateway.pid}", errors), errors
    assert "listening" not in errors, "it took no connection from the first"
    assert open(f"{gateway.directory}/gateway.pid").read() == f"{gateway.pid}\n"


def test_a_pid_file_left_behind_is_replaced(start, directory):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    for contents in (f"{ended.pid}\n", "nonsense", f"{os.getpid()}\n"):
        write_files(directory, {"gateway.pid": contents})
        gateway = start(fixed("one", pid_file="gateway.pid"), directory=directory)
        assert open(f"{directory}/gateway.pid").read() == f"{gateway.pid}\n"
        gateway.signal(signal.SIGTERM)
        gateway.wait()
        assert os.listdir(directory).count("gateway.pid") == 0
        assert not [name for name in os.listdir(directory) if name.startswith("gateway.pid")]


def test_a_pid_file_that_another_has_taken_is_left_alone(start, directory):
    gateway = start(fixed("one", pid_file="gateway.pid"), directory=directory)
    write_files(directory, {"gateway.pid": "1\n"})
    gateway.signal(signal.SIGTERM)
    gateway.wait()
    assert open(f"{directory}/gateway.pid").read() == "1\n"


def test_the_pid_file_moves_with_a_reload(start, directory):
    gateway = start(fixed("one", pid_file="a.pid"), directory=directory)
    gateway.reload(fixed("two", pid_file="b.pid"))
    assert open(f"{directory}/b.pid").read() == f"{gateway.pid}\n"
    assert not os.path.exists(f"{directory}/a.pid")
    gateway.reload(fixed("two"))
    assert not os.path.exists(f"{directory}/b.pid")


# Under load.


def test_a_hundred_reloads_under_load_lose_no_request(start, make_upstream):
    """Keys, upstreams, routes, listeners and limits change each time; clients on the listener that stays see nothing of it."""
    body = b"x" * 5000
    first, second = (make_upstream(lambda e: (e.read_body(), e.send(answer(body)))) for _ in range(2))

    def version(number):
        servers = [[first.address], [second.address], [first.address, second.address]][number % 3]
        listen = ["127.0.0.1:0"] + (["127.0.0.2:0"] if number % 2 else [])
        return configuration(
            {"servers": servers, "keepalive": 8 + number % 2}, workers=2, listen=listen, limits={"fields": 50 + number},
            log={"access": f"access-{number % 2}.log", "error": "stderr"},
        )  # fmt: skip

    gateway = start(version(0))
    load = Load(gateway)
    until(lambda: load.count() > 50, "the load to begin")
    for number in range(1, 101):
        before = load.count()
        gateway.reload(version(number))
        until(lambda: load.count() >= before + 20, "some requests between two reloads")
    outcomes = load.stop()
    print("outcomes of a hundred reloads under load:", outcomes)
    assert set(outcomes) == {200}, outcomes
    assert outcomes[200] > 2000
    until(lambda: gateway.descriptors() < 80, "what reloads have opened to be closed")
