"""The tools of the differential tests: a seeded budget of cases, mutations, a recorder at the upstream, a plain model."""

import contextlib
import os
import random
import re
import socket
import threading
import time

import h11
import pytest

from lib.gateway import configuration
from lib.judges import Node
from lib.listening import Listener

TOKENS = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"%", b"%2e", b"%2F", b"%25", b"/", b"//", b"..", b"/../",
    b"\\", b"#", b"?", b"0", b"1", b"chunked", b"Chunked", b"identity", b"Content-Length: 1\r\n", b"Content-Length: +1\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x, chunked\r\n", b"Transfer-Encoding : chunked\r\n", b"Host: b\r\n",
    b"Connection: X-A\r\n", b"Connection: close\r\n", b"\x7f", b"\xe9", b"\xff", b"X_Auth_User: x\r\n", b"HTTP/1.0", b"HTTP/1.2",
    b"HTTP/2.0", b"http://a", b"*", b"[::1]", b":80", b"a\r\n 1", b" folded\r\n", b"0\r\n\r\n", b"1\r\na\r\n", b"0x1", b"-1",
    b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"GET / HTTP/1.1\r\nHost: c\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]  # fmt: skip


# Fixtures: whoever imports their names has them.


@pytest.fixture(scope="module")
def node():
    judge = Node()
    yield judge
    judge.close()


@pytest.fixture
def recorder():
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def gateway(start, recorder):
    """Forwards everything to the recorder."""
    routes = [{"path": "/", "upstream": "app", "auth": "none"}]
    return start(configuration({"servers": [recorder.address], "passive_health": False}, routes, log={"access": "off"}))


def shown(data):
    if data is None:
        return "(a reset)"
    return repr(bytes(data))[2:-1].replace("\\r\\n", "\\r\\n\n    ")


def cases(name, count):
    """Yields (number, generator of randomness) so many times, or for as many seconds as PORTCULLIS_DIFFERENTIAL_SECONDS says.

    The seed is 1 unless PORTCULLIS_DIFFERENTIAL_SEED names another; PORTCULLIS_DIFFERENTIAL_CASE is the only case to try.
    """
    seed = os.environ.get("PORTCULLIS_DIFFERENTIAL_SEED", "1")
    seconds = os.environ.get("PORTCULLIS_DIFFERENTIAL_SECONDS")
    only = os.environ.get("PORTCULLIS_DIFFERENTIAL_CASE")
    end = time.monotonic() + float(seconds or 0)
    number = int(only or 0)
    while number == int(only) if only else time.monotonic() < end if seconds else number < count:
        yield number, random.Random(f"{name} {seed} {number}")
        number += 1


def mutated(data, rng):
    """The bytes with one to three changes of the kinds that have led parsers astray."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        place = rng.randint(0, len(data))
        end = min(len(data), place + rng.randint(1, 24))
        kind = rng.randrange(7)
        if kind == 0 and place < len(data):
            data[place] = rng.randrange(256)
        elif kind == 1:
            del data[place : min(len(data), place + rng.randint(1, 8))]
        elif kind == 2:
            data[place:place] = data[place:end]
        elif kind == 3 and b"\r\n" in data:
            # A line, or what is left of one, in front of another.
            lines = bytes(data).split(b"\r\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines + TOKENS).removesuffix(b"\r\n"))
            data = bytearray(b"\r\n".join(lines))
        elif kind == 4:
            data[place:end] = rng.choice(TOKENS)
        else:
            data[place:place] = rng.choice(TOKENS)
    return bytes(data)


def cut(data, rng):
    """The bytes in one to four pieces."""
    places = sorted(rng.randint(0, len(data)) for _ in range(rng.choice([0, 0, 1, 3])))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True) if end > start]


def receive_all(sock):
    """All bytes until the end, and whether that was an orderly one."""
    pieces = []
    try:
        while piece := sock.recv(1 << 16):
            pieces.append(piece)
    except ConnectionResetError:
        return b"".join(pieces), False
    return b"".join(pieces), True


class Recorder:
    """An upstream that answers each connection once, closes it, and keeps everything that came on it.

    `answer` is what it sends: bytes, as soon as the request is whole as h11 sees it.
    """

    def __init__(self, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"):
        self.answer = answer
        self.recorded = []
        self.busy = 0
        self.idle = threading.Condition()
        self._listener = Listener(self._serve, note=self._accepted)
        self.address = self._listener.authority

    def _accepted(self, sock):
        seen = bytearray()
        with self.idle:
            self.busy += 1
            self.recorded.append(seen)
        return sock, seen

    def _serve(self, accepted):
        sock, seen = accepted
        sock.settimeout(10)
        try:
            with sock, contextlib.suppress(OSError):
                if self._read_request(sock, seen):
                    for piece in [self.answer] if isinstance(self.answer, bytes) else self.answer:
                        sock.sendall(piece)
                    sock.shutdown(socket.SHUT_WR)
                # What comes behind the request would be the beginning of one that nobody has asked for.
                seen += receive_all(sock)[0]
        finally:
            with self.idle:
                self.busy -= 1
                self.idle.notify_all()

    @staticmethod
    def _read_request(sock, seen):
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        while True:
            try:
                event = parser.next_event()
            except h11.RemoteProtocolError:
                return True  # The judges will say so.
            if event is h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue:
                    sock.sendall(parser.send(h11.InformationalResponse(status_code=100, headers=[])))
                piece = sock.recv(1 << 16)
                if not piece:
                    return False
                seen += piece
                parser.receive_data(piece)
            elif isinstance(event, h11.EndOfMessage):
                return True

    def take(self):
        """The records since the last call, a connection each, once all of them have ended."""
        with self.idle:
            assert self.idle.wait_for(lambda: self.busy == 0, 10), "a connection to the upstream does not end"
            recorded, self.recorded = self.recorded, []
        return [bytes(seen) for seen in recorded]

    def close(self):
        self._listener.close()


UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


def canonical(target):
    """A target as the gateway forwards it, for one that it takes: the plain model of "One spelling of a path" in Routes.md."""
    absolute = re.match(r"(?i)https?://[^/?]*", target)
    if absolute:
        target = target[absolute.end() :]
        if not target.startswith("/"):
            target = "/" + target
    if target == "*":
        return target
    path, question, query = target.partition("?")

    def unescaped(match):
        character = chr(int(match[1], 16))
        return character if UNRESERVED.fullmatch(character) else "%" + match[1].upper()

    path = re.sub("%([0-9A-Fa-f]{2})", unescaped, path)
    path = re.sub(r'["<>\[\]^`{|}]', lambda match: "%%%02X" % ord(match[0]), path)
    segments = []
    *names, last = path.split("/")[1:]
    for name in names:
        if name == "..":
            segments.pop()
        elif name not in ("", "."):
            segments.append(name)
    if last == "..":
        segments.pop()
    if last in ("", ".", ".."):
        last = ""
    return "/" + "".join(name + "/" for name in segments) + last + question + query
