"""The pid file: whose it is while the gateway runs, and what becomes of one that another has left."""

import os
import re
import signal
import subprocess
import sys

from lib.gateway import run, write_files
from lib.orders import fixed


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
