"""Requests that wait for a fetch of keys, and providers that hold it back."""

import socket
import threading

from .identity_provider import KEY_SET
from .issuers import configured, until_said, url_issuer


class Gate:
    """An answer of a provider that is held back until it is let go, within the 10 s that a fetch may take."""

    def __init__(self, provider, path=KEY_SET):
        self.provider, self.path = provider, path
        self.opened = threading.Event()
        self.held = 0
        provider.answers[path] = self.hold

    def hold(self, connection):
        self.held += 1
        self.opened.wait(60)
        connection.sendall(self.provider.usual(self.path))

    def open(self):
        del self.provider.answers[self.path]
        self.opened.set()


def waiting(start, upstream, provide, *keys, cooldown="1h", wait="30s", **top):
    """A gateway that has the keys, and its provider."""
    provider = provide(*keys)
    config = configured(upstream, url_issuer(provider), cooldown=cooldown, **top)
    config["auth"]["jwks_wait"] = wait
    gateway = start(config)
    until_said(gateway, f" from {provider.url()}")
    return gateway, provider


class Asking:
    """A request on its way: its answer comes when it comes."""

    def __init__(self, gateway, fields, target="/", method="GET", body=None, sends=True):
        self.client = gateway.client(timeout=60)
        self.method = method
        self.request = self.client.head(target, method, fields, body) + (body or b"")
        if sends:
            self.send()

    def send(self):
        self.client.send(self.request)

    def answer(self):
        with self.client:
            return self.client.response(self.method)

    def has_answer(self):
        self.client.socket.settimeout(0)
        try:
            return bool(self.client.socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self.client.socket.settimeout(60)


def crowd(gateway, fields, count):
    """As many at once as can be: they connect before the first of them asks."""
    askings = [Asking(gateway, fields, sends=False) for _ in range(count)]
    for asking in askings:
        asking.send()
    return askings
