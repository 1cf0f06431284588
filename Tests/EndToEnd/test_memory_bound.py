"""The memory of a connection, whatever its peers do: hundreds of them in each evil mode, against the bounds of Operating.md."""

import selectors
import socket
import threading

import pytest

from lib.client import Client
from lib.gateway import configuration
from lib.waiting import settled, until

pytestmark = pytest.mark.heavy

COUNT = 2000
KIB = 1024
QUIET = 2 * KIB  # Operating.md: a connection that is quiet
WORKING = 192 * KIB  # Operating.md: one that is not, at most, with the default limits


class Pouring:
    """An upstream for thousands of connections at once: to each it says the same thing as soon as something comes, as far as it goes.

    A whole response is the answer to every request of a connection, anything else is said once.
    """

    def __init__(self, said, endless=b""):
        self.said, self.endless = said, endless
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.stopped = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopped:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.listener:
                    sock, _ = self.listener.accept()
                    sock.setblocking(False)
                    self.selector.register(sock, selectors.EVENT_READ, [self.said])
                else:
                    self._serve(key.fileobj, key.data)

    def _serve(self, sock, left):
        try:
            if not sock.recv(1 << 16):
                raise ConnectionError
            if left or self.said == GOOD:
                sock.send(self.said)
                left.clear()
                while self.endless:
                    sock.send(self.endless)
        except BlockingIOError:
            pass
        except OSError:
            self.selector.unregister(sock)
            sock.close()

    def close(self):
        self.stopped = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


HOST = "Host: a\r\n"
FULL_HEAD = f"GET /open HTTP/1.1\r\n{HOST}" + "X-A: " + "a" * (31 * KIB)
CHUNKED = f"POST /open HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BIG_HEAD = b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * (63 * KIB)

# name: (what each client sends, what the upstream says to it, and then without end, bound)
MODES = {
    "nothing": ("", GOOD, b"", QUIET),
    "one request and then nothing": (f"GET /open HTTP/1.1\r\n{HOST}\r\n", GOOD, b"", QUIET),
    "the first byte of a head": ("G", GOOD, b"", WORKING),
    "nearly all of the largest head": (FULL_HEAD, GOOD, b"", WORKING),
    "a hundred fields without end": (f"GET /open HTTP/1.1\r\n{HOST}" + "X-A: 1\r\n" * 98, GOOD, b"", WORKING),
    "a body that stalls": (f"POST /open HTTP/1.1\r\n{HOST}Content-Length: 100000\r\n\r\n" + "x" * 50_000, b"", b"", WORKING),
    "a chunk that stalls": (CHUNKED + "186A0\r\n" + "x" * 50_000, b"", b"", WORKING),
    "trailers that stall": (CHUNKED + "1\r\nx\r\n0\r\nX-A: " + "a" * (7 * KIB), b"", b"", WORKING),
    "a hundred requests ahead, and no reading": (f"GET / HTTP/1.1\r\n{HOST}\r\n" * 100, GOOD, b"", WORKING),
    "the largest head, to an upstream that says nothing": (FULL_HEAD + "\r\n\r\n", b"", b"", WORKING),
    "the largest heads on both sides, then no reading": (
        FULL_HEAD + "\r\n\r\n", BIG_HEAD[: 60 * KIB] + b"\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", WORKING,
    ),
    "a response of known length, and no reading": (
        f"GET /open HTTP/1.1\r\n{HOST}\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b"x" * 65536, WORKING,
    ),
    "all of it at once, in both directions": (
        FULL_HEAD.replace("GET", "POST") + "\r\nTransfer-Encoding: chunked\r\n\r\n" + "8000\r\n" + "x" * 0x8000 + "\r\n0\r\nX-A: " + "a" * (7 * KIB),
        BIG_HEAD[: 60 * KIB] + b"\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n", WORKING,
    ),
    "nearly all of the largest head of a response": (f"GET /open HTTP/1.1\r\n{HOST}\r\n", BIG_HEAD, b"", WORKING),
    "trailers of a response that stall": (
        f"GET /open HTTP/1.1\r\n{HOST}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-A: " + b"a" * (7 * KIB), b"", WORKING,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_a_connection_costs_no_more_than_is_said(mode, start):
    sent, said, endless, bound = MODES[mode]
    upstream = Pouring(said, endless)
    limits = {"head_timeout": "60s", "connections": COUNT + 100}
    gateway = start(configuration({"servers": [upstream.address]}, limits=limits, log={"access": "off"}))
    with gateway.client() as client:
        assert client.request("/").status == 401
    before = gateway.memory()["VmRSS"]
    clients = []
    try:
        for _ in range(COUNT):
            client = Client(gateway.address)
            client.narrow()
            client.socket.setblocking(False)
            clients.append(client)
            try:
                client.socket.send(sent.encode())
            except BlockingIOError:
                pass
        if bound == QUIET:
            # What it had while it was at work is given back: once all of them have been answered.
            for client in clients if sent else ():
                client.socket.settimeout(20)
                assert client.socket.recv(1, socket.MSG_PEEK), "no answer"
            until(lambda: gateway.memory()["VmRSS"] - before <= bound * COUNT, lambda: f"{gateway.memory()}", timeout=20)
        peak = [0]

        def highest():
            peak[0] = max(peak[0], gateway.memory()["VmRSS"])
            return peak[0]

        each = (settled(highest, "the memory", every=0.3, timeout=60) - before) / COUNT
        print(f"{mode}: {each / KIB:.1f} KiB for each")
        assert each <= bound, f"{each / KIB:.1f} KiB for each connection"
        with gateway.client() as client:
            assert client.request("/").status == 401, "others are served meanwhile"
    finally:
        for client in clients:
            client.close()
        upstream.close()
