"""`portcullis -s`: what it tells a running gateway, and whom it tells nothing."""

import os
import re
import subprocess
import sys

import pytest

from lib.gateway import run, write_config, write_files
from lib.orders import fixed, tell


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
    assert errors.splitlines()[-1].startswith("portcullis: nothing was sent")
