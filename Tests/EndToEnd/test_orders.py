"""`-s reload` and `-s reopen` wait for the outcome, print it, and are 1 where the order was refused."""

import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from lib.gateway import Gateway, binary, configuration, run, write_config, write_files
from lib.nobody import NOBODY, as_nobody, needs_root
from lib.orders import findable, tell
from lib.upstreams import Held
from lib.waiting import until


@pytest.mark.parametrize(
    "broken, words",
    [
        ({"limits": {"heads": "1KiB"}}, r"gateway\.json:\d+:\d+: error: unknown key 'heads'"),
        ({"log": {"access": "none/access.log"}}, r"gateway\.json:\d+:\d+: error: the log '\S*none/access\.log' can't be opened"),
        ({"listen": ["127.0.0.1:0", "203.0.113.7:80"]}, r"gateway\.json:\d+:\d+: error: can't listen on 203\.0\.113\.7:80"),
        ({"auth": {"issuers": [{"issuer": "i", "audience": "a", "secret_file": "none.key"}]}}, r"gateway\.json:\d+:\d+: error: .*none\.key"),
    ],
    ids=["a key", "a log", "a listener", "a secret"],
)  # fmt: skip
def test_a_reload_that_is_refused_is_exit_1_with_every_reason(broken, words, start):
    gateway = start(findable("one"))
    write_config(gateway.directory, findable("two", **broken))
    code, output, errors = tell(gateway, "reload")
    assert (code, output) == (1, "")
    assert re.search(words, errors), errors
    assert "the configuration that was loaded before stays in force" in errors.splitlines()[-1]
    assert all(line.count("error:") <= 1 for line in errors.splitlines())
    assert gateway.request("/").text == "one"
    write_config(gateway.directory, findable("three"))
    assert tell(gateway, "reload")[0] == 0
    assert gateway.request("/").text == "three"


def test_every_worker_is_over_when_the_command_ends(start):
    gateway = start(findable("one", workers=4))
    clients = [gateway.client() for _ in range(20)]
    for text in ("two", "three", "four"):
        write_config(gateway.directory, findable(text, workers=4))
        assert tell(gateway, "reload")[0] == 0
        assert {client.request("/").text for client in clients} == {text}
    for client in clients:
        client.close()


def test_warnings_are_shown_and_refuse_nothing(start, upstream):
    gateway = start(findable("one"))
    write_config(gateway.directory, findable("two", upstreams={"spare": {"servers": [upstream.address]}}, workers=2))
    code, output, errors = tell(gateway, "reload")
    assert (code, "is in force" in output) == (0, True)
    assert "warning: no route leads to the upstream 'spare'" in errors
    assert "'workers' has changed" in errors


def test_a_file_that_is_gone_is_refused_and_said(start):
    gateway = start(findable("one"))
    path = os.path.join(gateway.directory, "other.json")
    os.rename(gateway.config, path)
    code, _, errors = run("-s", "reload", "-c", "other.json", directory=gateway.directory)
    assert code == 1
    assert "gateway.json' can't be read" in errors


def test_several_commands_at_once_all_hear_the_outcome(start):
    gateway = start(findable("one"))
    write_config(gateway.directory, findable("two"))
    outcomes = []
    threads = [threading.Thread(target=lambda word=word: outcomes.append(tell(gateway, word))) for word in ["reload", "reopen"] * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [code for code, _, _ in outcomes] == [0] * 12, outcomes
    assert gateway.request("/").text == "two"


def test_orders_by_signal_and_by_command_mix(start):
    gateway = start(findable("one"))
    for number in range(20):
        write_config(gateway.directory, findable(f"text {number}"))
        gateway.signal(signal.SIGHUP)
        assert tell(gateway, "reload")[0] == 0
        assert gateway.request("/").text == f"text {number}"


def test_an_order_follows_the_pid_file(start):
    gateway = start(findable("one"))
    write_config(gateway.directory, findable("two", pid_file="moved.pid"))
    gateway.reload()
    assert tell(gateway, "reload")[0] == 0
    left = [name for name in os.listdir(gateway.directory) if "pid" in name]
    assert sorted(left) == ["moved.pid", "moved.pid.sock"]
    gateway.reload(findable("three", pid_file="moved.pid"))
    gateway.stop()
    assert not [name for name in os.listdir(gateway.directory) if "pid" in name]


def test_a_gateway_that_is_killed_meanwhile_is_exit_1(start, directory):
    gateway = Gateway(directory, findable("one"))
    gateway.signal(signal.SIGSTOP)
    order = subprocess.Popen(
        [binary(), "-s", "reload", "-c", "gateway.json"], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: waits(order), "the command to wait")
    gateway.kill()
    output, errors = order.communicate(timeout=20)
    assert (order.returncode, output) == (1, "")
    assert "ended before it reported the outcome" in errors
    # What it has left behind is replaced by the next one, and misleads nobody until then.
    code, _, errors = run("-s", "reload", "-c", "gateway.json", directory=directory)
    assert (code, "is gone: the gateway is not running" in errors) == (1, True)
    again = start(findable("two"), directory=directory)
    assert tell(again, "reload")[0] == 0


def waits(process):
    """True if it sleeps in `poll`: it has given its order."""
    with open(f"/proc/{process.pid}/syscall") as file:
        return file.read().split()[0] in ("7", "271")


def test_an_order_during_a_drain_is_refused(start, make_upstream):
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream, pid_file="gateway.pid", drain_timeout="20s"))
    with gateway.client() as client:
        client.send(client.head("/open"))
        upstream.wait_for(1)
        assert tell(gateway, "quit") == (0, "", "")
        until(lambda: "draining" in gateway.errors(), "the drain")
        code, _, errors = tell(gateway, "reload")
        assert (code, "the gateway is stopping" in errors) == (1, True), errors
        held.release()
        assert client.response().status == 200
    assert gateway.wait() == 0


def test_without_its_socket_the_order_is_given_and_the_outcome_unknown(start):
    gateway = start(findable("one"))
    os.unlink(f"{gateway.directory}/gateway.pid.sock")
    write_config(gateway.directory, findable("two"))
    code, output, errors = tell(gateway, "reload")
    assert (code, output) == (1, "")
    assert "the outcome is unknown" in errors and "see its log" in errors
    until(lambda: gateway.request("/").text == "two", "the new configuration")


def test_a_socket_of_another_program_gets_no_order(start):
    gateway = start(findable("one"))
    path = f"{gateway.directory}/gateway.pid.sock"
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as impostor:
        impostor.bind(path)
        impostor.listen()
        code, _, errors = tell(gateway, "reload")
    assert code == 1
    assert f"belongs to process {os.getpid()}" in errors and "nothing was sent" in errors


def test_strangers_get_nothing_from_the_socket(start):
    gateway = start(findable("one"))
    path = f"{gateway.directory}/gateway.pid.sock"
    assert os.stat(path).st_mode & 0o777 == 0o600
    for word in (b"rubbish\n", b"reload", b"\n", b"x" * 1000 + b"\n", b""):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(path)
            client.sendall(word)
            client.shutdown(socket.SHUT_WR)
            try:
                answer = client.recv(1000)
            except ConnectionResetError:
                answer = b""
            assert answer == (b"refused\nthis gateway can't be told to rubbish\n" if word == b"rubbish\n" else b"")
    assert tell(gateway, "reload")[0] == 0


@needs_root
def test_root_orders_the_gateway_of_another_user_and_that_user_not_roots(start, directory):
    os.chmod(directory, 0o755)
    gateway = start(findable("one"), directory=directory)
    code, _, errors = as_nobody("-s", "reload", "-c", "gateway.json", directory=directory)
    assert code == 1
    assert "Operation not permitted; be the user that it runs as, or root" in errors
    gateway.stop()
    os.chmod(directory, 0o777)
    for name in os.listdir(directory):
        os.chown(os.path.join(directory, name), NOBODY, NOBODY)
    write_config(directory, findable("one", log={"access": "off", "error": "stderr"}))
    process = subprocess.Popen(
        [binary(), "-c", "gateway.json"], cwd=directory, stderr=subprocess.PIPE, user=NOBODY, group=NOBODY, extra_groups=[]
    )
    try:
        until(lambda: os.path.exists(f"{directory}/gateway.pid.sock"), "its socket")
        assert run("-s", "reload", "-c", "gateway.json", directory=directory)[0] == 0
        assert as_nobody("-s", "reopen", "-c", "gateway.json", directory=directory)[0] == 0
    finally:
        process.terminate()
        process.communicate()


def test_what_else_is_wrong_with_the_file_keeps_no_order_from_the_gateway(start):
    """A variable that the operator's shell does not have, a key that is none: the gateway judges the file, not the command."""
    gateway = start(findable("one", limits={"fields": 50}), env={"TEXT": "x"})
    write_config(gateway.directory, findable("${TEXT}"))
    assert tell(gateway, "reload")[0] == 0
    write_config(gateway.directory, findable("two", wokers=1))
    code, _, errors = tell(gateway, "reload")
    assert (code, "did you mean 'workers'?" in errors) == (1, True)
    assert tell(gateway, "stop") == (0, "", "")
    assert gateway.wait() == 0


def test_an_upgrade_is_not_supported_yet(directory):
    write_files(directory, {"gateway.json": "{}"})
    code, _, errors = run("-s", "upgrade", directory=directory)
    assert (code, "'-s upgrade' is not supported yet" in errors) == (2, True)
