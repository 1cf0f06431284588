"""Real programs as upstreams: gunicorn with Flask, Node, and whatever else listens on a port."""

import os
import shutil
import subprocess
import sys

from .client import accepts
from .upstreams import HERE, free_port
from .waiting import until


class Program:
    """A real server as a process; `address` is where it listens once the constructor returns."""

    def __init__(self, command, port, directory, env=None):
        self.address = f"127.0.0.1:{port}"
        self.log = open(os.path.join(directory, "upstream.log"), "ab")
        self.process = subprocess.Popen(
            command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        until(lambda: self._listens(port), f"{command[0]} to listen", timeout=30)

    def _listens(self, port):
        assert self.process.poll() is None, f"{self.process.args[0]} ended: see {self.log.name}"
        return accepts(("127.0.0.1", port))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def flask(directory):
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--no-control-socket",
               "--bind", f"127.0.0.1:{port}", "--keep-alive", "5", "upstreams.flask_app:app"]  # fmt: skip
    return Program(command, port, directory)


def asserted(directory, gateway, name, issuer):
    """An upstream called `name` that checks assertions with the keys of the gateway at that URL."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--no-control-socket",
               "--bind", f"127.0.0.1:{port}", "upstreams.asserted_app:app"]  # fmt: skip
    return Program(command, port, directory, env={"GATEWAY": gateway, "NAME": name, "ISSUER": issuer})


def node(directory):
    port = free_port()
    program = shutil.which("node") or shutil.which("nodejs")
    assert program, "Node is needed: apt-get install nodejs"
    return Program([program, os.path.join(HERE, "upstreams", "node_app.js"), str(port)], port, directory)
