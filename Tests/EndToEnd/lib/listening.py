"""Listeners of the tests' own: each connection gets a thread, or none is accepted at all."""

import contextlib
import socket
import threading


class Listener:
    """Hands every connection to `serve`, in a thread of its own, until it is closed.

    `address` is (host, port), a port of 0 meaning any, or the path of a Unix socket. With `note`, which is called with each connection
    in the order in which they came, what that returns is handed over.
    """

    def __init__(self, serve, address=("127.0.0.1", 0), backlog=1024, note=None):
        if isinstance(address, str):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.bind(address)
            self._socket.listen(backlog)
            self.port, self.authority = None, "unix:" + address
        else:
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            self._socket = socket.create_server(address, family=family, backlog=backlog)
            host, self.port = self._socket.getsockname()[:2]
            self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        threading.Thread(target=self._accept, args=(serve, note), daemon=True).start()

    def _accept(self, serve, note):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=serve, args=(note(connection) if note else connection,), daemon=True).start()

    def close(self):
        """No longer listens; what was accepted goes on."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def read_head(connection):
    """The head of a request, and whatever came with it; None where the end came first."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return None
        head += piece
    return head


@contextlib.contextmanager
def full_backlog(count=4):
    """The address of somebody who listens and does not accept: who connects there waits."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(count):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        yield "127.0.0.1:%d" % full.getsockname()[1]
