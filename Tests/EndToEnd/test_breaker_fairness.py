"""What the breaker found about turns: one connection that sends without end must not keep the worker for itself."""

import json
import os
import signal
import threading

import pytest
from lib.gateway import configuration
from lib.waiting import until

ROUTES = [
    {"exact": "/many", "auth": "none", "respond": {"status": 200, "body": "x"}},
    {"exact": "/one", "auth": "none", "respond": {"status": 200, "body": "y"}},
    {"exact": "/closed", "respond": {"status": 200, "body": "z"}},
]


@pytest.mark.parametrize("target", ["/many", "/closed"])
def test_pipelined_requests_take_turns_with_those_of_others(target, start):
    gateway = start(configuration(routes=ROUTES))
    count = 2000
    with gateway.client() as greedy, gateway.client() as modest:
        assert greedy.request("/many").status == 200 and modest.request("/one").status == 200
        os.kill(gateway.pid, signal.SIGSTOP)
        until(lambda: open(f"/proc/{gateway.pid}/stat").read().rpartition(")")[2].split()[0] == "T", "the gateway to stop")
        greedy.send(greedy.head(target) * count)
        modest.send(modest.head("/one"))
        os.kill(gateway.pid, signal.SIGCONT)
        reader = threading.Thread(target=lambda: [greedy.response() for _ in range(count)])
        reader.start()
        assert modest.response().text == "y"
        reader.join()
    lines = until(lambda: gateway.output().count("\n") >= count + 3 and gateway.output().splitlines(), "all lines")
    paths = [json.loads(line)["path"] for line in lines][2:]
    assert paths.index("/one") < 500, "the others had to wait for all of it"
