"""Clients that ask without a pause, while something is done to the gateway or to its upstreams."""

import threading

from .client import Client
from .gateway import configuration


class Load:
    """Clients that send one request after the other; what they got is counted by outcome."""

    def __init__(self, gateway, target="/open", keep=4, fresh=2, address=None):
        self.address = address or gateway.address
        self.target = target
        self.outcomes = {}
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run_kept) for _ in range(keep)]
        self.threads += [threading.Thread(target=self.run_fresh) for _ in range(fresh)]
        for thread in self.threads:
            thread.start()

    def note(self, outcome):
        with self.lock:
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def ask(self, client):
        try:
            self.note(client.request(self.target).status)
            return True
        except (AssertionError, OSError) as problem:
            self.note(f"{type(problem).__name__}: {str(problem)[:60]}")
            return False

    def run_kept(self):
        client = None
        while not self.stopped.is_set():
            try:
                client = client or Client(self.address)
            except OSError as problem:
                self.note(f"{type(problem).__name__} on connecting")
                continue
            if not self.ask(client):
                client.close()
                client = None
        if client:
            client.close()

    def run_fresh(self):
        while not self.stopped.is_set():
            try:
                with Client(self.address) as client:
                    self.ask(client)
            except OSError as problem:
                self.note(f"{type(problem).__name__} on connecting")

    def count(self):
        with self.lock:
            return sum(self.outcomes.values())

    def stop(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        return self.outcomes


def version(number, first, second):
    """A configuration that differs from the one before it in its servers, listeners, limits and logs; `127.0.0.1` stays."""
    servers = [[first.address], [second.address], [first.address, second.address]][number % 3]
    listen = ["127.0.0.1:0"] + (["127.0.0.2:0"] if number % 2 else [])
    return configuration(
        {"servers": servers, "keepalive": 8 + number % 2}, workers=2, listen=listen, limits={"fields": 50 + number % 100},
        log={"access": f"access-{number % 2}.log", "error": "stderr"},
    )  # fmt: skip
