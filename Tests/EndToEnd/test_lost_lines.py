"""Logs that can't be written: said on standard error with the number of lines lost, never in the way of a request."""

import json
import os
import re
import resource
import signal
import socket

from lib.gateway import configuration, run, write_config
from lib.waiting import until

PUBLIC = [{"path": "/", "auth": "none", "respond": {"status": 200, "body": "x"}}]
LOST = re.compile(r"the log '?([^']*?)'? can't be written: ([^;]*); (\d+) lines? (?:was|were) lost")


def lost(gateway):
    """The number of lost lines, as standard error says it."""
    return sum(int(count) for _, _, count in LOST.findall(gateway.errors()))


def requests(gateway, count):
    with gateway.client() as client:
        for _ in range(count):
            assert client.request("/").status == 200


def test_a_full_disk_is_said_and_the_lines_are_counted(start):
    gateway = start(configuration(routes=PUBLIC, log={"access": "/dev/full", "error": "stderr"}))
    requests(gateway, 200)
    until(lambda: LOST.search(gateway.errors()), lambda: f"a line about the loss: {gateway.errors()!r}")
    name, reason, _ = LOST.search(gateway.errors()).groups()
    assert (name, reason) == ("/dev/full", "No space left on device")
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    # One message a second after the first loss, and one with the rest at the end: not one a request.
    assert len(LOST.findall(gateway.errors())) <= 2, gateway.errors()
    assert lost(gateway) == 200


def test_a_full_disk_of_the_gateways_own_log_is_said_too(start):
    gateway = start(configuration(routes=PUBLIC, log={"access": "off", "error": "stderr"}))
    gateway.reload(configuration(routes=PUBLIC, log={"access": "off", "error": "/dev/full"}), in_force=None)
    until(lambda: LOST.search(gateway.errors()), lambda: f"a line about the loss: {gateway.errors()!r}")
    assert gateway.request("/").status == 200


def test_a_reader_that_is_gone_is_said(start):
    """Standard output is a pipe whose reader ends."""
    gateway = start(configuration(routes=PUBLIC), pipe=True)
    requests(gateway, 1)
    gateway.close_pipe()
    requests(gateway, 20)
    until(lambda: LOST.search(gateway.errors()), lambda: f"a line about the loss: {gateway.errors()!r}")
    assert LOST.search(gateway.errors())[2] == "Broken pipe"


def test_a_named_pipe_without_a_reader_holds_up_neither_start_nor_requests(start, directory):
    path = f"{directory}/a.pipe"
    os.mkfifo(path)
    config = configuration(routes=PUBLIC, log={"access": "a.pipe", "error": "stderr"}, pid_file="p")
    gateway = start(config, directory=directory)
    requests(gateway, 3)
    until(lambda: lost(gateway) == 3, lambda: f"three lines lost: {gateway.errors()!r}")
    assert run("-s", "reopen", "-c", "gateway.json", directory=directory)[0] == 0
    # Readers may come and go.
    for _ in range(2):
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK)) as reader:
            requests(gateway, 1)
            line = until(reader.readline, "a line")
            assert json.loads(line)["status"] == 200


def test_what_is_no_place_for_a_log_is_an_error(directory):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/a.sock")
        write_config(directory, configuration(routes=PUBLIC, auth={"issuers": []}, log={"access": "a.sock"}))
        for arguments in (["-t"], []):
            code, _, errors = run(*arguments, directory=directory)
            assert code == 1
            assert "the log 'a.sock' can't be opened: No such device or address; it is a socket" in errors


def test_a_line_that_was_cut_stands_alone_and_what_follows_is_whole(start, directory):
    """The file reaches the size that the process may write, in the middle of a line, and may grow again later."""
    gateway = start(configuration(routes=PUBLIC, log={"access": "a.log", "error": "stderr"}), directory=directory)
    path = f"{directory}/a.log"
    requests(gateway, 5)
    gateway.access_log(5, path)
    size = os.path.getsize(path)
    _, hard = resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (size + 40, hard))
    requests(gateway, 7)
    until(lambda: os.path.getsize(path) == size + 40, "a line to be cut")
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (hard, hard))
    requests(gateway, 3)
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    whole, cut = 0, 0
    with open(path) as file:
        for line in file:
            try:
                whole += json.loads(line)["status"] == 200
            except json.JSONDecodeError:
                cut += 1
    assert cut == 1
    assert whole + lost(gateway) == 15, (whole, gateway.errors())
    assert whole >= 8
    assert "File too large" in gateway.errors()


def test_a_log_whose_folder_has_moved_can_not_be_reopened_and_is_written_on(start, directory):
    os.mkdir(f"{directory}/logs")
    gateway = start(configuration(routes=PUBLIC, log={"access": "logs/a.log"}, pid_file="p"), directory=directory)
    requests(gateway, 1)
    os.rename(f"{directory}/logs", f"{directory}/old")
    code, output, errors = run("-s", "reopen", "-c", "gateway.json", directory=directory)
    assert (code, output) == (1, "")
    assert re.search(r"gateway\.json:\d+:\d+: error: the log '\S*logs/a\.log' can't be reopened: No such file", errors), errors
    until(
        lambda: re.search(r"gateway\.json:\d+:\d+: error: the log '\S*logs/a\.log' can't be reopened", gateway.errors()),
        lambda: f"the log's own line: {gateway.errors()!r}",
    )
    requests(gateway, 2)
    assert len(gateway.access_log(3, f"{directory}/old/a.log")) == 3
    os.mkdir(f"{directory}/logs")
    assert run("-s", "reopen", "-c", "gateway.json", directory=directory)[0] == 0
    requests(gateway, 4)
    assert len(gateway.access_log(4, f"{directory}/logs/a.log")) == 4


def test_a_failed_reopen_of_the_gateways_own_log_is_said_on_standard_error(start, directory):
    """A line in a file that has lost its name is lost."""
    os.mkdir(f"{directory}/logs")
    write = configuration(routes=PUBLIC, pid_file="p", log={"access": "off", "error": "stderr"})
    gateway = start(write, directory=directory)
    gateway.reload({**write, "log": {"access": "off", "error": "logs/e.log"}}, in_force=None)
    until(lambda: os.path.exists(f"{directory}/logs/e.log") and "is in force" in open(f"{directory}/logs/e.log").read(), "the new log")
    os.rename(f"{directory}/logs", f"{directory}/old")
    gateway.signal(signal.SIGUSR1)
    until(lambda: "e.log' can't be reopened" in gateway.errors(), lambda: gateway.errors())
