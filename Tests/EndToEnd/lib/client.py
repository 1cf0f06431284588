"""A client that sends exactly the bytes it is told to and reads responses strictly, with h11."""

import re
import socket
import time

import h11

TOO_SLOW = 10.0


class Response:
    """One response as it came off the wire."""

    def __init__(self, status, reason, version, fields, informational):
        self.status = status
        self.reason = reason
        self.version = version
        self.fields = fields  # [(name in lower case, value)] in order
        self.informational = informational
        self.body = b""
        self.trailers = []

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:300]!r}>"

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def __getitem__(self, name):
        """The only field of that name; None where there is none."""
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        import json

        return json.loads(self.body)

    @property
    def error(self):
        """The body of one of the gateway's own errors, checked for what every one of them holds."""
        assert self["content-type"].startswith("application/json"), self
        body = self.json()
        assert {"message", "reason", "request_id"} <= set(body), body
        return body

    @property
    def refusal(self):
        """(status, reason) of one of the gateway's own errors."""
        return self.status, self.error["reason"]


class Closed(AssertionError):
    """The peer closed before a whole response had come."""


def _texts(pairs):
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]


class Client:
    """A connection. `address` is (host, port) or the path of a Unix socket."""

    def __init__(self, address, timeout=TOO_SLOW, source=None, tls=None, name="localhost", session=None):
        """With `tls`, a client's context, it speaks TLS and asks for the server of that name, which may be None."""
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
            self.host = "gateway.test"
        else:
            self.socket = socket.create_connection(address, timeout, source_address=source)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.host = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name, session=session)
        self.timeout = timeout
        self.left = b""  # bytes that came after the last response

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with a reset instead of an orderly end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.socket.close()

    def narrow(self):
        """Lets the kernel take little for it from now on."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece.encode("latin-1") if isinstance(piece, str) else piece)

    def send_as_far_as_it_goes(self, data):
        """Sends although the peer may have answered and closed already."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def request(self, target="/", method="GET", fields=None, body=None, version="HTTP/1.1"):
        """Sends one well-formed request and reads its response. `fields` is a dict or a list of pairs."""
        self.send(self.head(target, method, fields, body, version), body or b"")
        return self.response(method)

    def head(self, target="/", method="GET", fields=None, body=None, version="HTTP/1.1"):
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields or [])
        names = {name.lower() for name, _ in pairs}
        if "host" not in names:
            pairs.insert(0, ("Host", self.host))
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            pairs.append(("Content-Length", str(len(body))))
        lines = [f"{method} {target} {version}"] + [f"{name}: {value}" for name, value in pairs]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def response(self, method="GET", on_data=None):
        """Reads one response. With `on_data` the body is handed to it piece by piece and not kept."""
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "a"), ("Connection", "keep-alive")]))
        parser.send(h11.EndOfMessage())
        raw = self.left
        self.left = b""
        if raw:
            parser.receive_data(raw)
        head_seen, response, informational, body = raw, None, [], []
        while True:
            try:
                event = parser.next_event()
            except h11.RemoteProtocolError as problem:
                kind = Closed if "closed" in str(problem) else AssertionError
                raise kind(f"not a whole, valid response: {problem}: {head_seen[:400]!r}") from None
            if event is h11.NEED_DATA:
                data = self._receive()
                if response is None:
                    head_seen += data
                    if not data and not head_seen:
                        raise Closed("closed without a response")
                parser.receive_data(data)
            elif isinstance(event, h11.InformationalResponse):
                informational.append((event.status_code, _texts(event.headers)))
            elif isinstance(event, h11.Response):
                _strict_head(head_seen)
                response = Response(
                    event.status_code, event.reason.decode("latin-1"), event.http_version.decode(),
                    _texts(event.headers), informational,
                )  # fmt: skip
            elif isinstance(event, h11.Data):
                (on_data or body.append)(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                response.trailers = _texts(event.headers)
                response.body = b"".join(body)
                self.left = bytes(parser.trailing_data[0])
                return response
            else:
                raise Closed(f"unexpected {event!r} after {head_seen[:400]!r}")

    def informational(self):
        """Reads one 1xx head; returns its status."""
        while b"\r\n\r\n" not in self.left:
            data = self._receive()
            if not data:
                raise Closed(f"closed after {self.left!r}")
            self.left += data
        head, _, self.left = self.left.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (1\d\d) ", head + b" ")
        assert match, f"not an informational response: {head!r}"
        return int(match.group(1))

    def receive_until(self, needle):
        """Reads raw bytes until `needle` has come; returns all up to its end."""
        needle = needle.encode() if isinstance(needle, str) else needle
        while needle not in self.left:
            data = self._receive()
            if not data:
                raise Closed(f"closed after {self.left!r} before {needle!r}")
            self.left += data
        found, _, self.left = self.left.partition(needle)
        return found + needle

    def assert_closed(self, orderly=True):
        """The peer sends nothing more and closes."""
        assert self.left == b"", f"more after the response: {self.left[:300]!r}"
        try:
            data = self._receive()
        except ConnectionResetError:
            assert not orderly, "the connection was reset"
            return
        assert data == b"", f"more instead of the end: {data[:300]!r}"

    def assert_open(self):
        """The connection still serves: nothing came and nothing ended."""
        self.socket.settimeout(0)
        try:
            data = self.socket.recv(1)
            raise AssertionError(f"expected an open, quiet connection, got {data!r}")
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(self.timeout)

    def _receive(self):
        try:
            return self.socket.recv(1 << 18)
        except TimeoutError:
            raise AssertionError(f"no answer within {self.timeout} s") from None


def _strict_head(seen):
    """Checks a head more strictly than h11 does: only CR LF ends a line, one blank follows the colon, no control characters."""
    head = seen[: seen.index(b"\r\n\r\n")] if b"\r\n\r\n" in seen else seen
    for line in head.split(b"\r\n"):
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), f"control character in response head: {line!r}"


def accepts(address):
    """True if a program listens there."""
    try:
        socket.create_connection(address, 1).close()
        return True
    except OSError:
        return False


def refuses(address):
    """True if no program listens there any more."""
    try:
        socket.create_connection(address, 1).close()
        return False
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        return False  # it was just closing


def elapsed(action):
    """(result, seconds)"""
    began = time.monotonic()
    return action(), time.monotonic() - began
