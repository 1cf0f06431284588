"""Three servers under load, killed or hung one after the other."""

import os
import signal
import subprocess

import pytest

from lib.client import accepts
from lib.gateway import binary, configuration
from lib.load import Load
from lib.servers import CHECK
from lib.upstreams import free_port
from lib.waiting import until


def program(directory, number):
    port = free_port()
    command = [binary(), "whoami", "--listen", f"127.0.0.1:{port}"]
    log = open(os.path.join(directory, f"whoami-{number}.log"), "ab")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    process.port = port
    until(lambda: accepts(("127.0.0.1", port)), "whoami to listen")
    return process


@pytest.mark.parametrize("checked", [False, True], ids=["passive", "checked"])
@pytest.mark.parametrize("trouble", ["killed", "hung"])
def test_servers_in_trouble_one_after_the_other_under_load(trouble, checked, start, directory):
    processes = [program(directory, number) for number in range(3)]
    try:
        settings = {
            "servers": [f"127.0.0.1:{process.port}" for process in processes],
            "response_timeout": "500ms", "connect_timeout": "500ms",
            "passive_health": {"failures": 3, "eject": "60s"},
        }  # fmt: skip
        if checked:
            settings["health_check"] = {**CHECK, "path": "/", "interval": "100ms"}
        gateway = start(configuration(settings, workers=2), directory=directory)
        load = Load(gateway, keep=6, fresh=2)
        until(lambda: load.count() > 200, "the load to begin")
        steps = []
        for process in processes:
            before = dict(load.outcomes)
            count = load.count()
            process.send_signal(signal.SIGKILL if trouble == "killed" else signal.SIGSTOP)
            address = f"127.0.0.1:{process.port}"
            until(lambda: any(f"{address} is {what}" in gateway.errors() for what in ("left out", "unhealthy")),
                  f"{address} to be found out")  # fmt: skip
            until(lambda: load.count() > count + 100, "some more requests", timeout=30)
            if checked and process is processes[-1]:
                until(lambda: load.outcomes.get(503), "503 once the checks of all fail")
            after = dict(load.outcomes)
            steps.append({key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)})
        load.stop()
        print(f"\n{trouble}, {'checked' if checked else 'passive'}: {steps}")
        for step in steps[:2]:
            # Answers only, and few that are not good: what was under way, and what it took to find out.
            assert all(isinstance(outcome, int) for outcome in step), step
            bad = sum(count for outcome, count in step.items() if outcome != 200)
            assert set(step) <= {200, 502, 504}, step
            # What each of the eight clients had under way, and as much again for those whom a hung server got twice.
            assert bad <= (8 if trouble == "killed" else 16), step
            assert step[200] > 20
        assert set(steps[2]) <= {200, 502, 503, 504}, steps[2]
    finally:
        for process in processes:
            process.kill()
            process.wait()
