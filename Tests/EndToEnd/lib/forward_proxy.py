"""A forward proxy of the tests' own: CONNECT and absolute form, with what it was asked for."""

import base64
import socket
import threading

from .listening import Listener, read_head


class ForwardProxy:
    """Leads everywhere, or to where `route` says: a function from (host, port) to an address."""

    def __init__(self, user=None, password=None, route=None):
        self.expected = None if user is None else "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.route = route or (lambda host, port: (host, port))
        self.requests = []  # first lines and fields
        self.answer = None  # in place of what is asked for
        self._listener = Listener(self._serve)
        self.authority = self._listener.authority

    def close(self):
        self._listener.close()

    def _serve(self, connection):
        with connection:
            try:
                connection.settimeout(30)
                self._answer(connection)
            except OSError:
                pass

    def _answer(self, connection):
        head = read_head(connection)
        if head is None:
            return None
        first, *lines = head.decode().split("\r\n\r\n")[0].split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.requests.append((first, fields))
        if self.answer is not None:
            return connection.sendall(self.answer)
        if self.expected is not None and fields.get("proxy-authorization") != self.expected:
            return connection.sendall(
                b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\nContent-Length: 0\r\n\r\n'
            )
        method, target, _ = first.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with socket.create_connection(self.route(host.strip("[]"), int(port)), 10) as server:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _join(connection, server)
            return None
        assert target.startswith("http://"), first
        authority, _, path = target.removeprefix("http://").partition("/")
        host, _, port = authority.partition(":")
        own = [line for line in lines if not line.lower().startswith("proxy-")]
        with socket.create_connection(self.route(host, int(port or 80)), 10) as server:
            server.sendall("\r\n".join([f"{method} /{path} HTTP/1.1", *own, "", ""]).encode())
            _join(connection, server)
        return None


def _join(one, other):
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
