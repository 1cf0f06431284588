"""slowhttptest, the tool for slow attacks, in its four modes against the gateway, with a well-behaved client served throughout."""

import shutil
import subprocess
import time

import pytest

from lib import pace
from lib.gateway import configuration
from lib.upstreams import answer
from lib.waiting import until

pytestmark = pytest.mark.heavy

SECONDS = 15
CONNECTIONS = 800
PAGE = b"x" * 200_000

MODES = {
    "slow heads": ["-H", "-i", "1", "-x", "24"],
    "slow bodies": ["-B", "-i", "1", "-s", "100000", "-x", "10"],
    "ranges": ["-R", "-a", "1", "-b", "3000"],
    "slow reading": ["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "5", "-k", "3"],
}


@pytest.fixture(scope="module")
def slowhttptest():
    program = shutil.which("slowhttptest")
    assert program, "slowhttptest is needed: apt-get install slowhttptest"
    return program


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_behaves_is_served_throughout(mode, slowhttptest, start, make_upstream, tmp_path):
    def page(exchange):
        exchange.read_body()
        exchange.send(answer(PAGE if exchange.target == "/open/page" else "ok"))

    limits = {"head_timeout": "3s", "idle_timeout": "5s", "connections": 2000}
    gateway = start(configuration({"servers": [make_upstream(page).address], "keepalive": 4}, limits=limits))
    before = gateway.memory()["VmRSS"]
    url = f"{gateway.url}/open/page"
    command = [slowhttptest, *MODES[mode], "-c", str(CONNECTIONS), "-r", "400", "-l", str(SECONDS), "-p", "2", "-u", url]
    with open(tmp_path / "slowhttptest", "wb") as log:
        attack = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=tmp_path)
        statuses, slowest, peak = [], 0.0, 0
        kept = gateway.client()
        try:
            for _ in pace.ticks(0.02):
                if attack.poll() is not None:
                    break
                for ask in (gateway.request, kept.request):
                    began = time.monotonic()
                    statuses.append(ask("/open/one").status)
                    slowest = max(slowest, time.monotonic() - began)
                peak = max(peak, gateway.memory()["VmRSS"])
        finally:
            kept.close()
            if attack.poll() is None:
                attack.kill()
            attack.wait()
    text = (tmp_path / "slowhttptest").read_text(errors="replace")
    assert "service available:   YES" in _plain(text), text[-2000:]
    assert len(statuses) > 100 and set(statuses) == {200}
    assert slowest < 5, f"a request took {slowest:.2f} s"
    assert peak - before < 100 << 20
    # What the attack leaves behind is gone once its time is up.
    until(lambda: _connections(gateway) <= 10, lambda: f"{_connections(gateway)} connections are left", timeout=20)


def _plain(text):
    """Without the colours of a terminal."""
    import re

    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _connections(gateway):
    import os

    count = 0
    for name in os.listdir(f"/proc/{gateway.pid}/fd"):
        try:
            count += os.readlink(f"/proc/{gateway.pid}/fd/{name}").startswith("socket:")
        except FileNotFoundError:
            pass
    return count
