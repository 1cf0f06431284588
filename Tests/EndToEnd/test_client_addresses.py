"""The address of a client: that of its connection, whatever it says and however it leaves."""

import json
import socket
import struct

import pytest

from lib.gateway import configuration
from lib.waiting import until

ROUTES = [
    {"exact": "/ready", "auth": "none", "respond": {"status": 200, "body": "ready"}},
    {"path": "/open", "upstream": "app", "auth": "none"},
    {"path": "/inner", "upstream": "app", "auth": "none", "deny_addresses": ["127.0.0.0/8"]},
]


@pytest.mark.parametrize("trusted", [[], ["unix"]])
def test_a_client_that_resets_at_once_keeps_its_address(trusted, start, upstream, directory):
    """`getpeername` fails once a connection was reset, though the request can still be read."""
    gateway = start(
        configuration(upstream, ROUTES, listen=["127.0.0.1:0", f"unix:{directory}/a.sock"], trusted_proxies=trusted),
        directory=directory,
    )
    address = next(each for each in gateway.addresses if not isinstance(each, str))
    for _ in range(64):
        gateway.request("/open")
    request = b"GET /inner HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.66\r\n\r\n"
    for _ in range(5000):
        with socket.create_connection(address) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.send(request)
    assert gateway.request("/ready").text == "ready"
    lines = until(lambda: [line for line in gateway.output().splitlines() if '"/ready"' in line] and gateway.output().splitlines(), "the log")
    clients = {json.loads(line)["client"] for line in lines if "/inner" in line}
    assert not [each for each in upstream.exchanges if each.target == "/inner"], "a denied address got through"
    assert clients == {"127.0.0.1"}
