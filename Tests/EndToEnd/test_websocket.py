"""WebSockets with the libraries that applications use at both ends: what one says is what the other hears."""

import os
import socket
import threading

import pytest
import websockets
from websockets.sync.client import connect
from websockets.sync.server import serve
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from lib.gateway import configuration
from lib.tokens import bearer, token
from lib.upstreams import Ended
from lib.waiting import settled, until
from lib.websocket import answering, open_socket

SIZES = [0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20, 16 << 20]


class Server:
    """A server of the `websockets` library. `handler(connection)` is called for each WebSocket."""

    def __init__(self, handler, **options):
        self.connections = []

        def noted(connection):
            self.connections.append(connection)
            handler(connection)

        options = {"max_size": None, "ping_interval": None, **options}
        self.server = serve(noted, "127.0.0.1", 0, **options)
        self.address = "127.0.0.1:{}".format(self.server.socket.getsockname()[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


def echo(connection):
    for message in connection:
        connection.send(message)


@pytest.fixture
def make_server():
    made = []

    def make(handler=echo, **options):
        made.append(Server(handler, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


def dial(gateway, target="/ws", **options):
    options = {"additional_headers": bearer(), "max_size": None, "ping_interval": None, "proxy": None, **options}
    return connect(f"ws://{gateway.authority}{target}", **options)


@pytest.fixture
def gateway_to(start):
    return lambda server, **top: start(configuration({"servers": [server.address]}, **top))


def test_messages_of_all_sizes_come_back_as_they_went(gateway_to, make_server):
    gateway = gateway_to(make_server())
    with dial(gateway, compression=None) as client:
        for size in SIZES:
            text, data = "x" * size, os.urandom(size)
            client.send(text)
            assert client.recv(10) == text
            client.send(data)
            assert client.recv(10) == data


def test_with_compression(gateway_to, make_server):
    server = make_server()
    gateway = gateway_to(server)
    with dial(gateway) as client:
        assert client.response.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
        for text in ("", "a", "words " * 100_000, "Ünïcödé " * 1000):
            client.send(text)
            assert client.recv(10) == text


def test_subprotocols_are_agreed_upon_end_to_end(gateway_to, make_server):
    gateway = gateway_to(make_server(subprotocols=["chat.v2"]))
    with dial(gateway, subprotocols=["chat.v3", "chat.v2"]) as client:
        assert client.subprotocol == "chat.v2"
        client.send("hello")
        assert client.recv(10) == "hello"


@pytest.mark.parametrize("offered, spoken", [([], "bearer"), (["chat.v2"], "chat.v2"), (["chat.v9"], "bearer")])
def test_a_token_among_the_subprotocols(offered, spoken, gateway_to, make_server):
    """A browser's script sends its token so: the upstream never sees it, and the script gets one of the protocols that it has asked for."""
    seen = []

    def handler(connection):
        seen.append((connection.request.headers.get("Sec-WebSocket-Protocol"), connection.request.headers["X-Auth-User"]))
        echo(connection)

    def select(connection, protocols):
        return "chat.v2" if "chat.v2" in protocols else None

    server = make_server(handler, subprotocols=["chat.v2"], select_subprotocol=select)
    gateway = gateway_to(server, auth={"token_from": [{"websocket_protocol": "bearer"}]})
    with dial(gateway, additional_headers={}, subprotocols=["bearer", token(), *offered]) as client:
        assert client.subprotocol == spoken
        client.send("hello")
        assert client.recv(10) == "hello"
    assert seen == [(", ".join(offered) or None, "alice")]


def test_a_thousand_small_messages_keep_their_order(gateway_to, make_server):
    gateway = gateway_to(make_server())
    with dial(gateway) as client:
        threading.Thread(target=lambda: [client.send(str(number)) for number in range(1000)], daemon=True).start()
        assert [client.recv(10) for _ in range(1000)] == [str(number) for number in range(1000)]


def test_fragments_pings_and_pongs_are_left_as_they_are(gateway_to, make_server):
    """UTF-8 split inside a character, with a ping in the middle of the message."""
    heard = []

    def handler(connection):
        for message in connection.recv_streaming():
            heard.append(message)
        connection.send(iter(["Zü", "ri", "ch"]))

    gateway = gateway_to(make_server(handler))
    raw = Connection(ConnectionType.CLIENT)
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        whole = "Grüße aus Köln".encode()
        for index in range(len(whole)):
            # Text in pieces of a byte each is what a careful sender may do; wsproto wants text, so the frames are made below it.
            final = index == len(whole) - 1
            opcode = 1 if index == 0 else 0
            client.send(bytes([opcode | (0x80 if final else 0), 0x81, 0, 0, 0, 0, whole[index]]))
            if index == 3:
                client.send(raw.send(Ping(b"still there?")))
        events, data = [], b""
        while not any(isinstance(event, TextMessage) and event.message_finished for event in events):
            piece = client.left or client.socket.recv(65536)
            client.left = b""
            assert piece, events
            raw.receive_data(piece)
            events += raw.events()
        assert [event.payload for event in events if isinstance(event, Pong)] == [b"still there?"]
        assert "".join(event.data for event in events if isinstance(event, TextMessage)) == "Zürich"
    assert "".join(heard) == whole.decode()


def test_pings_from_the_server_reach_the_client(gateway_to, make_server):
    answered = threading.Event()

    def handler(connection):
        if connection.ping(b"a" * 125).wait(10):
            answered.set()
        connection.recv()

    with dial(gateway_to(make_server(handler))) as client:
        assert answered.wait(10)
        client.send("done")


@pytest.mark.parametrize("code, reason", [(1000, ""), (1001, "away"), (1011, "é" * 61), (3000, "x" * 123), (4999, "")])
def test_close_codes_pass_both_ways(code, reason, gateway_to, make_server):
    seen = []

    def handler(connection):
        try:
            if connection.recv() == "you first":
                connection.close(code, reason)
        except websockets.ConnectionClosed as closed:
            seen.append((closed.rcvd.code, closed.rcvd.reason))

    gateway = gateway_to(make_server(handler))
    with dial(gateway) as client:
        client.close(code, reason)
    until(lambda: seen == [(code, reason)], lambda: f"the client's Close at the server: {seen}")
    with dial(gateway) as client:
        client.send("you first")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            client.recv(10)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, reason)
    log = gateway.access_log(2)
    assert [line["ended_by"] for line in log] == ["client", "upstream"]


def test_wsproto_at_both_ends(start, make_upstream):
    """Another implementation: text, binary, ping and close in either direction."""

    def handler(exchange):
        server = Connection(ConnectionType.SERVER)
        try:
            while True:
                server.receive_data(exchange.connection.take(65536))
                for event in server.events():
                    if isinstance(event, TextMessage | BytesMessage):
                        exchange.send(server.send(type(event)(data=event.data)))
                    elif isinstance(event, Ping | CloseConnection):
                        exchange.send(server.send(event.response()))
                        if isinstance(event, CloseConnection):
                            exchange.close()
                            return
        except Ended:
            pass

    gateway = start(configuration(make_upstream(answering(then=handler))))
    client_side = Connection(ConnectionType.CLIENT)
    with gateway.client() as client:
        open_socket(client, fields=bearer())

        def say(event, kind):
            client.send(client_side.send(event))
            while True:
                found = [each for each in client_side.events() if isinstance(each, kind)]
                if found:
                    return found[0]
                data = client.left or client.socket.recv(65536)
                client.left = b""
                client_side.receive_data(data or None)

        assert say(TextMessage("héllo"), TextMessage).data == "héllo"
        assert say(BytesMessage(b"\x00\xff"), BytesMessage).data == b"\x00\xff"
        assert say(Ping(b"p"), Pong).payload == b"p"
        assert say(CloseConnection(1000, "bye"), CloseConnection).reason == "bye"
        client.assert_closed()


def test_a_slow_reader_slows_its_sender_and_costs_no_memory(gateway_to, make_server):
    """64 MiB for a client that takes none of them: neither side may fill the gateway's memory."""
    sent, total = [0], 64
    block = os.urandom(1 << 20)

    def handler(connection):
        connection.recv()
        for _ in range(total):
            connection.send(block)
            sent[0] += 1

    gateway = gateway_to(make_server(handler, compression=None))
    with dial(gateway, compression=None, max_queue=1) as warm:
        warm.ping().wait(10)
    before = gateway.memory()["VmRSS"]
    with gateway.client() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        open_socket(client, fields=bearer())
        client.send(b"\x81\x80\x00\x00\x00\x00")
        until(lambda: sent[0] > 0, "the sender to begin")
        settled(lambda: sent[0], "the sender")
        assert sent[0] < total, "nobody told the sender to wait"
        assert gateway.memory()["VmRSS"] - before < 2 << 20
        expected = total * (len(block) + 10)
        while expected > 0:
            data = client.left or client.socket.recv(1 << 20)
            client.left = b""
            assert data
            expected -= len(data)
    assert sent[0] == total


def test_a_slow_server_slows_its_client_and_costs_no_memory(gateway_to, make_server):
    """The other way round."""
    go, heard, total = threading.Event(), [], 64

    def handler(connection):
        go.wait(20)
        for _ in range(total):
            heard.append(len(connection.recv()))

    gateway = gateway_to(make_server(handler, compression=None, max_queue=1))
    with dial(gateway, compression=None) as client:
        before, sent = gateway.memory()["VmRSS"], [0]

        def send():
            for _ in range(total):
                client.send(os.urandom(1 << 20))
                sent[0] += 1

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        until(lambda: sent[0] > 0, "the sender to begin")
        settled(lambda: sent[0], "the sender")
        assert sent[0] < total, "nobody told the sender to wait"
        assert gateway.memory()["VmRSS"] - before < 2 << 20
        go.set()
        sender.join(20)
        until(lambda: heard == [1 << 20] * total, "all of it at the server")
