"""Headers of the PROXY protocol, as load balancers send them, and one that is real."""

import os
import shutil
import socket
import struct
import subprocess

from .client import Client, accepts
from .upstreams import free_port
from .waiting import until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
STREAM = {socket.AF_INET: 0x11, socket.AF_INET6: 0x21}


def text(source, port=40000):
    """A header of version 1."""
    family, other = ("TCP6", "2001:db8::ff") if ":" in source else ("TCP4", "198.51.100.7")
    return f"PROXY {family} {source} {other} {port} 443\r\n".encode()


def binary(source, port=40000, records=b""):
    """A header of version 2; `records` follow the addresses."""
    family, other = (socket.AF_INET6, "2001:db8::ff") if ":" in source else (socket.AF_INET, "198.51.100.7")
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, other) + struct.pack("!HH", port, 443)
    return raw(0x21, STREAM[family], addresses + records)


def raw(command, family, rest=b"", length=None):
    return SIGNATURE + struct.pack("!BBH", command, family, len(rest) if length is None else length) + rest


def record(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


class IntroducedClient(Client):
    """A client behind a load balancer."""

    def __init__(self, address, header, **named):
        super().__init__(address, **named)
        self.send(header)


class HAProxy:
    """HAProxy in front of a gateway: passes bytes on, behind a header."""

    def __init__(self, target, directory, option, extra=""):
        self.port = free_port()
        place = f"unix@{target}" if isinstance(target, str) else "{}:{}".format(*target)
        path = os.path.join(directory, "haproxy.cfg")
        with open(path, "w") as file:
            file.write(
                "defaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n"
                f"frontend f\n bind 127.0.0.1:{self.port}\n default_backend b\n"
                f"backend b\n server s {place} {option} {extra}\n"
            )
        self.process = subprocess.Popen([shutil.which("haproxy"), "-db", "-f", path], stderr=subprocess.DEVNULL)
        until(lambda: accepts(("127.0.0.1", self.port)), "HAProxy to listen")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
