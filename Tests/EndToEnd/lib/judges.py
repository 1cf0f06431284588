"""Other people's parsers as judges of bytes: Python's h11, and Node's (upstreams/node_judge.js)."""

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field

import h11

from .upstreams import HERE

LARGE = 1 << 20


@dataclass
class Message:
    """A request or response as a judge read it. Names and values are latin-1, values without the white space around them."""

    method: str = None
    target: str = None
    version: str = None
    status: int = None
    fields: list = field(default_factory=list)
    body: bytes = b""
    trailers: list = field(default_factory=list)

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name]

    @property
    def sense(self):
        """The part of a reading on which two judges must agree."""
        fields = [(name.lower(), value) for name, value in self.fields]
        return self.method, self.target, self.status, fields, self.body


@dataclass
class Verdict:
    """The whole messages that the bytes begin with, and what is wrong with what follows them (nothing: None)."""

    messages: list
    error: str = None

    @property
    def is_one(self):
        return len(self.messages) == 1 and self.error is None


def _pairs(headers):
    items = headers.raw_items() if hasattr(headers, "raw_items") else headers
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in items]


def h11_requests(data):
    """h11's reading of a connection on which these bytes come and then the end."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGE)
    connection.receive_data(data)
    connection.receive_data(b"")
    messages, current = [], None
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                current = Message(
                    method=event.method.decode(), target=event.target.decode("latin-1"), version=event.http_version.decode(),
                    fields=_pairs(event.headers),
                )  # fmt: skip
            elif isinstance(event, h11.Data):
                current.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                current.trailers = _pairs(event.headers)
                messages.append(current)
                current = None
                connection.send(h11.Response(status_code=404, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    rest = connection.trailing_data[0]
                    return Verdict(messages, "bytes after the last request" if rest else None)
                connection.start_next_cycle()
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed) or event is h11.NEED_DATA:
                return Verdict(messages, "incomplete" if current else None)
    except h11.RemoteProtocolError as problem:
        return Verdict(messages, str(problem))


def h11_response(data, method="GET"):
    """h11's reading of these bytes, and of the end behind them, as the answer to a request of that method."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGE)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    message = None
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                message = Message(status=event.status_code, version=event.http_version.decode(), fields=_pairs(event.headers))
            elif isinstance(event, h11.Data):
                message.body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                message.trailers = _pairs(event.headers)
                rest = connection.trailing_data[0]
                return Verdict([message], "bytes after the response" if rest else None)
            elif event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return Verdict([], "incomplete")
    except h11.RemoteProtocolError as problem:
        return Verdict([], str(problem))


class Node:
    """Node as a judge: a process that is asked line by line."""

    def __init__(self):
        program = shutil.which("node") or shutil.which("nodejs")
        assert program, "Node is needed: apt-get install nodejs"
        script = os.path.join(HERE, "upstreams", "node_judge.js")
        self.major = int(subprocess.run([program, "--version"], capture_output=True, text=True).stdout[1:].split(".")[0])
        self.process = subprocess.Popen([program, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def requests(self, data):
        return self._ask(kind="requests", bytes=data)

    def response(self, data, method="GET"):
        return self._ask(kind="response", bytes=data, method=method)

    def _ask(self, **order):
        order["bytes"] = base64.b64encode(order["bytes"]).decode()
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        found = json.loads(self.process.stdout.readline())
        whole = [self._message(one) for one in found["messages"] if one["complete"]]
        error = found["error"]
        if error is None and len(whole) < len(found["messages"]):
            error = "incomplete"
        return Verdict(whole, error)

    @staticmethod
    def _message(one):
        fields, trailers = ([tuple(pair) for pair in one[key]] for key in ("fields", "trailers"))
        return Message(
            method=one["method"], target=one["target"] or None, version=one["version"], status=one["status"], fields=fields,
            body=base64.b64decode(one["body"]), trailers=trailers,
        )  # fmt: skip

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
