"""The instrumented upstream, which records the exact bytes."""

import contextlib
import os
import re
import socket
import threading

from .listening import Listener
from .waiting import until

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(body=b"ok", status="200 OK", *lines):
    """A whole response with `Content-Length`."""
    body = body.encode() if isinstance(body, str) else body
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines])
    return head.encode("latin-1") + b"\r\n\r\n" + body


def head(*lines, start="HTTP/1.1 200 OK"):
    """The head of a response, with nothing added."""
    return "\r\n".join([start, *lines]).encode("latin-1") + b"\r\n\r\n"


class Ended(Exception):
    """The gateway closed or broke off."""


class Exchange:
    """A request that the instrumented upstream received, and its side of the connection."""

    def __init__(self, connection, head):
        self.connection = connection
        self.raw_head = head
        lines = head[:-4].decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields.append((name, value.strip(" \t")))
        self.raw_body = b""  # as on the wire, chunk framing and all
        self.body = b""
        self.trailers = []
        self.complete = False

    def __repr__(self):
        return f"<{self.line} {self.fields} {self.body[:100]!r}>"

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def __getitem__(self, name):
        values = self.all(name)
        assert len(values) < 2, f"{name} reached the upstream {len(values)} times: {values}"
        return values[0] if values else None

    def names(self):
        return [name.lower() for name, _ in self.fields]

    def send(self, *pieces):
        for piece in pieces:
            self.connection.send(piece)

    def close(self):
        self.connection.close()

    def reset(self):
        self.connection.reset()

    def read_body(self, keep=True):
        """Reads the body as its framing says; returns it. Without `keep` it is only counted."""
        if self.complete:
            return self.body
        count = 0
        if (self["transfer-encoding"] or "").lower() == "chunked":
            pieces = []
            while True:
                line = self.connection.line(self)
                assert re.fullmatch(rb"[0-9a-fA-F]+\r\n", line), f"not a plain chunk-size line: {line!r}"
                size = int(line, 16)
                if size == 0:
                    break
                count += self._take(size, pieces if keep else None)
                end = self.connection.line(self)
                assert end == b"\r\n", f"no line end after a chunk: {end!r}"
            while (line := self.connection.line(self)) != b"\r\n":
                name, _, value = line[:-2].decode("latin-1").partition(":")
                self.trailers.append((name, value.strip()))
            self.body = b"".join(pieces)
        else:
            pieces = []
            count = self._take(int(self["content-length"] or "0"), pieces if keep else None)
            self.body = b"".join(pieces)
        self.count = count
        self.complete = True
        return self.body

    def _take(self, size, pieces):
        left = size
        while left:
            data = self.connection.take(left)
            if pieces is not None:
                pieces.append(data)
                self.raw_body += data
            left -= len(data)
        return size


class Connection:
    """One connection that the gateway opened to the instrumented upstream."""

    def __init__(self, upstream, sock, number):
        self.upstream, self.socket, self.number = upstream, sock, number
        self.buffer = b""
        self.received = b""  # the first 64 KiB of everything that came
        self.closed = False
        self.ended = threading.Event()  # the gateway closed its side
        self.resumed = False  # the TLS session is an earlier one

    def secure(self, context):
        """Speaks TLS from now on."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.socket.do_handshake()
        self.resumed = self.socket.session_reused

    def send(self, data):
        try:
            self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        except OSError:
            raise Ended from None

    def close(self):
        self.closed = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def farewell(self):
        """Closes after a close_notify, and not without."""
        self.closed = True
        try:
            self.socket = self.socket.unwrap()
        except OSError:
            pass
        self.socket.close()

    def reset(self):
        self.closed = True
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.socket.close()

    def drain(self):
        """Closes once the gateway has: a reset could overtake an alert."""
        self.closed = True
        with contextlib.suppress(OSError):
            raw = socket.socket(fileno=self.socket.detach())
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(5)
            while raw.recv(65536):
                pass
        raw.close()

    def fill(self):
        try:
            data = self.socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.ended.set()
            raise Ended
        if len(self.received) < 65536:
            self.received += data[:65536]
        self.buffer += data

    def take(self, most):
        if not self.buffer:
            self.fill()
        if len(self.buffer) <= most:
            data, self.buffer = self.buffer, b""
        else:
            data, self.buffer = self.buffer[:most], self.buffer[most:]
        return data

    def line(self, exchange):
        while b"\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\n")
        if len(exchange.raw_body) < 65536:
            exchange.raw_body += line + b"\n"
        return line + b"\n"

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def wait_for_end(self):
        """Reads on, throwing away, until the gateway closes."""
        try:
            while True:
                self.fill()
                self.buffer = b""
        except Ended:
            pass


class Upstream:
    """The instrumented upstream. `handler(exchange)` answers; it is called when the head is there, before the body.

    With `context` it speaks TLS; handshakes that fail are kept as `failures`.
    """

    def __init__(self, handler=None, unix=None, host="127.0.0.1", port=0, context=None):
        self.context = context
        self.failures = []
        self.handler = handler or (lambda exchange: (exchange.read_body(), exchange.send(OK)))
        self.exchanges = []
        self.connections = []
        self.problems = []
        self._open = set()
        self._listener = Listener(self._serve, unix or (host, port), note=self._accepted)
        self.port, self.address = self._listener.port, self._listener.authority

    def _accepted(self, sock):
        connection = Connection(self, sock, len(self.connections) + 1)
        self.connections.append(connection)
        self._open.add(connection)
        return connection

    def _serve(self, connection):
        try:
            if self.context:
                connection.secure(self.context)
        except OSError as problem:
            self.failures.append(problem)
            return connection.drain()
        try:
            while not connection.closed:
                exchange = Exchange(connection, connection.head())
                self.exchanges.append(exchange)
                self.handler(exchange)
                if not connection.closed:
                    exchange.read_body()
        except Ended:
            pass
        except Exception as problem:  # shown by the fixture when the test ends
            self.problems.append(problem)
        finally:
            if not connection.closed:
                connection.close()
            self._open.discard(connection)

    @property
    def last(self):
        assert self.exchanges, "nothing reached the upstream"
        return self.exchanges[-1]

    def wait_for(self, count=1):
        """The exchange number `count`, once it is there."""
        until(lambda: len(self.exchanges) >= count, f"request {count} at the upstream")
        return self.exchanges[count - 1]

    def drop_connections(self):
        for connection in list(self._open):
            connection.close()

    def close(self):
        """No longer listens, and ends every connection."""
        self._listener.close()
        self.drop_connections()


class Held:
    """A handler that answers once it is released."""

    def __init__(self, response=OK):
        self.response = response
        self._released = threading.Event()

    def __call__(self, exchange):
        exchange.read_body()
        if self._released.wait(20):
            exchange.send(self.response)

    def release(self):
        self._released.set()


def pour(exchange):
    """Sends without end, but for the path that ends in `quick`."""
    exchange.read_body()
    if exchange.target == "/open/quick":
        return exchange.send(OK)
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def scripted(*responses, close=False):
    """A handler that reads the whole request and sends the next of `responses`, the last one for ever."""
    left = list(responses)

    def handler(exchange):
        exchange.read_body()
        exchange.send(left.pop(0) if len(left) > 1 else left[0])
        if close:
            exchange.close()

    return handler


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
