"""Servers of an upstream that tests can make sick: what they say to checks and to requests."""

import threading
import time

from .upstreams import answer

CHECK = {"path": "/healthz?deep=1", "interval": "50ms", "timeout": "300ms", "healthy_after": 2, "unhealthy_after": 2}


class Server:
    """A test's server: its answers to checks and to requests."""

    def __init__(self, name):
        self.name = name
        self.status = "200 OK"
        self.delay = threading.Event()
        self.delay.set()
        self.checks = []
        self.requests = 0

    def __call__(self, exchange):
        exchange.read_body()
        if exchange.target == CHECK["path"]:
            self.checks.append((time.monotonic(), exchange))
            exchange.send(answer("", self.status, "Connection: close"))
            exchange.close()
            return
        self.requests += 1
        self.delay.wait(20)
        exchange.send(answer(self.name))


def group(servers, **settings):
    return {"servers": [server.address for server in servers], **settings}


def names(gateway, count=12):
    with gateway.client() as client:
        return {client.request("/open").text for _ in range(count)}
