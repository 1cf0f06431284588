"""WebSockets byte by byte: handshakes and frames as they stand on the wire, for what the libraries would refuse to send."""

import base64
import hashlib
import os
import socket
import struct

from .upstreams import Ended

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def accept_value(key=KEY):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def handshake_fields(**changes):
    """The fields of a good handshake; a change to None takes one away."""
    fields = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY,
    }  # fmt: skip
    for name, value in changes.items():
        fields[name.replace("_", "-")] = value
    return {name: value for name, value in fields.items() if value is not None}


def switching(*lines, accept=None, connection="Upgrade", upgrade="websocket"):
    """A 101; with the defaults, the good answer to a handshake with `KEY`."""
    head = ["HTTP/1.1 101 Switching Protocols"]
    head += [f"{name}: {value}" for name, value in (("Connection", connection), ("Upgrade", upgrade)) if value]
    if accept != "":
        head.append(f"Sec-WebSocket-Accept: {accept or accept_value()}")
    return ("\r\n".join([*head, *lines]) + "\r\n\r\n").encode()


def frame(opcode, payload=b"", mask=None, fin=True):
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([opcode | (0x80 if fin else 0)])
    masked = 0 if mask is None else 0x80
    if len(payload) < 126:
        head += bytes([len(payload) | masked])
    elif len(payload) < 65536:
        head += bytes([126 | masked]) + struct.pack("!H", len(payload))
    else:
        head += bytes([127 | masked]) + struct.pack("!Q", len(payload))
    if mask is not None:
        head += mask
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return head + payload


def close_frame(code, reason="", mask=None):
    return frame(CLOSE, struct.pack("!H", code) + reason.encode(), mask)


HELLO = frame(TEXT, "hello", mask=b"abcd")


def routes(**websocket):
    """One route for WebSockets, with these settings."""
    return [{"path": "/", "upstream": "app", "websocket": websocket or True}]


def ends_of(gateway, count=1):
    """By whom or what the WebSockets of the access log were ended, once it has that many lines."""
    return [line["ended_by"] for line in gateway.access_log(count) if "ended_by" in line]


def open_socket(client, target="/ws", fields=None, **changes):
    """Sends a handshake over a `Client` and reads the 101; returns its head."""
    client.send(client.head(target, fields={**handshake_fields(**changes), **(fields or {})}))
    head = client.receive_until("\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    return head.decode("latin-1")


def read_exactly(client, count):
    while len(client.left) < count:
        data = client._receive()
        assert data, f"closed after {client.left[:100]!r}, {len(client.left)} of {count} bytes"
        client.left += data
    found, client.left = client.left[:count], client.left[count:]
    return found


def read_frame(client):
    """(opcode, payload) of the next frame, which must not be masked."""
    first, second = read_exactly(client, 2)
    assert not second & 0x80, "a frame for a client is not masked"
    count = second
    if second == 126:
        (count,) = struct.unpack("!H", read_exactly(client, 2))
    elif second == 127:
        (count,) = struct.unpack("!Q", read_exactly(client, 8))
    return first & 0x0F, read_exactly(client, count)


def read_close(client):
    """(code, reason) of a Close frame that must come next."""
    opcode, payload = read_frame(client)
    assert opcode == CLOSE, (opcode, payload)
    return struct.unpack("!H", payload[:2])[0], payload[2:].decode()


def unmasked_frame(exchange):
    """(opcode, payload) of the next frame at the instrumented upstream, which must be masked."""

    def take(count):
        data = b""
        while len(data) < count:
            data += exchange.connection.take(count - len(data))
        return data

    first, second = take(2)
    assert second & 0x80, "a frame for a server is masked"
    count = second & 0x7F
    if count == 126:
        (count,) = struct.unpack("!H", take(2))
    elif count == 127:
        (count,) = struct.unpack("!Q", take(8))
    mask = take(4)
    return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(take(count)))


def answering(response=None, then=None):
    """A handler of the instrumented upstream: answers a handshake, then hands the exchange to `then`."""

    def handler(exchange):
        exchange.complete = True
        exchange.send(response or switching(accept=accept_value(exchange["sec-websocket-key"] or "")))
        (then or swallow)(exchange)

    return handler


def swallow(exchange):
    """Reads until the gateway ends."""
    exchange.connection.wait_for_end()
    exchange.close()


def echo_bytes(exchange):
    """Sends back whatever comes, as it comes."""
    try:
        while True:
            exchange.send(exchange.connection.take(1 << 20))
    except Ended:
        exchange.close()


def shrink_buffers(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def random_bytes(count):
    return os.urandom(count)
