"""WebSocket handshakes: what goes upstream, which 101 opens a tunnel, and what is never taken for a request or a frame."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer, token
from lib.upstreams import OK, answer, scripted
from lib.waiting import until
from lib.websocket import (
    KEY,
    TEXT,
    accept_value,
    answering,
    echo_bytes,
    frame,
    handshake_fields,
    open_socket,
    random_bytes,
    read_exactly,
    switching,
)

MASKED_HELLO = frame(TEXT, "hello", mask=b"abcd")


def test_the_handshake_goes_upstream_anew(start, make_upstream):
    upstream = make_upstream(answering())
    gateway = start(configuration(upstream))
    fields = {
        **bearer(), "X-Auth-User": "root", "Sec-WebSocket-Protocol": "a, b", "Sec-WebSocket-Extensions": "x; y=1",
        "HTTP2-Settings": "AAMA", "Keep-Alive": "5", "X-Forwarded-For": "6.6.6.6",
    }  # fmt: skip
    with gateway.client() as client:
        head = open_socket(
            client, "/ws?a=b", fields, Connection="keep-alive, Upgrade, HTTP2-Settings", Upgrade="h2c, WebSocket"
        )
        exchange = upstream.last
    assert exchange.line == "GET /ws?a=b HTTP/1.1"
    assert (exchange["connection"], exchange["upgrade"]) == ("Upgrade", "websocket")
    assert (exchange["sec-websocket-key"], exchange["sec-websocket-version"]) == (KEY, "13")
    assert (exchange["sec-websocket-protocol"], exchange["sec-websocket-extensions"]) == ("a, b", "x; y=1")
    assert exchange["x-auth-user"] == "alice"
    assert exchange["x-forwarded-for"] == "127.0.0.1"
    assert not {"http2-settings", "keep-alive", "content-length", "transfer-encoding"} & set(exchange.names())
    assert "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in head
    assert f"\r\nSec-WebSocket-Accept: {accept_value()}\r\n" in head
    assert "content-length" not in head.lower() and "transfer-encoding" not in head.lower()


def test_bytes_pass_as_they_are_whatever_they_mean(start, make_upstream):
    """Frames of the wrong kind, of reserved kinds, and what is no frame at all: the two ends judge, not the gateway."""
    gateway = start(configuration(make_upstream(answering(then=echo_bytes))))
    with gateway.client() as client:
        open_socket(client, fields=bearer())
        for data in (
            MASKED_HELLO, frame(TEXT, "not masked"), frame(11, b"reserved"), b"\xff" * 100, b"\x82\xff" + b"\xff" * 8,
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", random_bytes(100_000), b"\x00",
        ):  # fmt: skip
            client.send(data)
            assert read_exactly(client, len(data)) == data


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec_WebSocket_Version": "8"}, {"Sec_WebSocket_Version": None}, {"Sec_WebSocket_Key": "c2hvcnQ="},
        {"Sec_WebSocket_Key": None}, {"Connection": "keep-alive"}, {"Connection": None}, {"Upgrade": None},
        {"Upgrade": "h2c", "HTTP2_Settings": "AAMA"}, {"Upgrade": "websocket2"}, {"Upgrade": "TLS/1.0"},
        {"Content_Length": "0"}, {"Content_Length": "5"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_handshake_is_an_ordinary_request(changes, start, make_upstream):
    """And a 101 that nobody has asked for is a failure of the upstream."""
    upstream = make_upstream(scripted(OK, switching()))
    gateway = start(configuration(upstream))
    body = b"hello" if changes.get("Content_Length") == "5" else b""
    with gateway.client() as client:
        for status in (200, 502):
            client.send(client.head("/open", fields=handshake_fields(**changes)), body)
            assert client.response().status == status
    for exchange in upstream.exchanges:
        assert not {"upgrade", "http2-settings"} & set(exchange.names())
        # A GET with a body is the last request on its connection.
        assert exchange["connection"] == ("close" if body else None)
        assert exchange.body == body


def test_http_1_0_can_not_upgrade(start, make_upstream):
    upstream = make_upstream()
    gateway = start(configuration(upstream))
    assert gateway.request("/open", fields=handshake_fields(), version="HTTP/1.0").status == 200
    assert "upgrade" not in upstream.last.names()


@pytest.mark.parametrize(
    "response",
    [
        switching(accept="dGhlIHNhbXBsZSBub25jZQ=="), switching(accept=""), switching(accept=accept_value() + "="),
        switching("Sec-WebSocket-Accept: x"), switching(connection=None), switching(connection="close"),
        switching(upgrade=None), switching(upgrade="h2c"), switching(upgrade="websocket, h2c"),
        switching("Sec-WebSocket-Protocol: c"), switching("Sec-WebSocket-Protocol: A"),
        switching("Sec-WebSocket-Protocol: a, b"), switching("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"),
        switching("Sec-WebSocket-Extensions: permessage-deflate, y"), switching("Sec-WebSocket-Extensions: y"),
    ],
    ids=lambda response: response[34:].decode(),
)  # fmt: skip
def test_a_101_that_does_not_answer_the_handshake_opens_nothing(response, start, make_upstream):
    upstream = make_upstream(scripted(response, OK))
    gateway = start(configuration(upstream))
    offers = {"Sec-WebSocket-Protocol": "a, b", "Sec-WebSocket-Extensions": "permessage-deflate; x"}
    with gateway.client() as client:
        client.send(client.head("/open", fields={**handshake_fields(), **offers}))
        assert client.response().refusal == (502, "upstream_malformed")
        assert client.request("/open").body == b"ok", "the client's connection is as good as before"
    assert len(upstream.connections) == 2, "the upstream's is not"
    until(lambda: "websocket_" in gateway.errors(), "the reason in the log")


def test_a_101_with_what_was_offered_opens_a_tunnel(start, make_upstream):
    good = switching(
        "Sec-WebSocket-Protocol: b", "Sec-WebSocket-Extensions: Permessage-Deflate; client_no_context_takeover",
        connection="keep-alive, UPGRADE", upgrade="WebSocket",
    )  # fmt: skip
    gateway = start(configuration(make_upstream(answering(good, echo_bytes))))
    offers = {"Sec-WebSocket-Protocol": "a,b", "Sec-WebSocket-Extensions": "x, permessage-deflate;y"}
    with gateway.client() as client:
        head = open_socket(client, "/open", offers)
        assert "\r\nSec-WebSocket-Protocol: b\r\n" in head
        client.send(MASKED_HELLO)
        assert read_exactly(client, len(MASKED_HELLO)) == MASKED_HELLO


@pytest.mark.parametrize(
    "response",
    [
        answer("no", "403 Forbidden"), answer("no", "400 Bad Request"), answer("yes"), answer("", "426 Upgrade Required"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer("no", "401 Unauthorized"),
    ],
    ids=lambda response: response[9:28].decode(),
)  # fmt: skip
def test_another_answer_is_an_ordinary_response(response, start, make_upstream):
    """The next request, sent once it is there, is one; and the tunnel was never there."""
    upstream = make_upstream(scripted(response, OK))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open", fields=handshake_fields()))
        refused = client.response()
        assert str(refused.status) in response.decode() and refused["upgrade"] is None
        assert client.request("/open/next").body == b"ok"
        assert [each.target for each in upstream.exchanges] == ["/open", "/open/next"]
    assert len(upstream.connections) == 1, "the connection to the upstream is kept as after any response"


@pytest.mark.parametrize("refusal", [answer("no", "403 Forbidden"), answer("yes"), answer("no", "400 Bad Request"), switching(accept="x")])
@pytest.mark.parametrize("early", [b"GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n", MASKED_HELLO])
def test_what_stands_behind_a_refused_handshake_is_never_a_request(refusal, early, start, make_upstream):
    upstream = make_upstream(scripted(refusal, OK))
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open", fields=handshake_fields()) + early)
        assert client.response()["connection"] == "close"
        client.assert_closed(orderly=False)
    assert [exchange.target for exchange in upstream.exchanges] == ["/open"]
    assert upstream.connections[0].received.endswith(b"\r\n\r\n"), "nothing of it may have reached the upstream"


def test_a_handshake_that_the_gateway_refuses_never_reaches_the_upstream(start, upstream):
    gateway = start(configuration(upstream))
    smuggled = b"GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    with gateway.client() as client:
        client.send(client.head("/ws", fields=handshake_fields()))
        assert client.response().refusal == (401, "token_missing")
        client.send(client.head("/ws", fields={**handshake_fields(), **bearer(secret="x" * 64)}) + smuggled)
        assert client.response().refusal == (401, "signature_invalid")
        client.assert_closed(orderly=False)
    assert upstream.connections == []


def test_bytes_sent_before_the_101_wait_for_it(start, make_upstream):
    """They are not passed on, not taken for a request, and not lost."""
    seen = []

    def handler(exchange):
        exchange.complete = True
        exchange.connection.socket.settimeout(0.3)
        try:
            seen.append(exchange.connection.socket.recv(100))
        except TimeoutError:
            seen.append(b"")
        exchange.connection.socket.settimeout(None)
        exchange.send(switching() + b"early answer")
        echo_bytes(exchange)

    gateway = start(configuration(make_upstream(handler)))
    with gateway.client() as client:
        client.send(client.head("/open", fields=handshake_fields()) + MASKED_HELLO)
        client.receive_until("\r\n\r\n")
        assert read_exactly(client, 12) == b"early answer"
        assert read_exactly(client, len(MASKED_HELLO)) == MASKED_HELLO
    assert seen == [b""], "before its 101 the upstream has seen nothing but the handshake"


def test_a_route_may_take_no_websockets(start, make_upstream):
    upstream = make_upstream(scripted(OK, switching()))
    routes = [{"path": "/", "upstream": "app", "auth": "none", "websocket": False}]
    gateway = start(configuration(upstream, routes))
    with gateway.client() as client:
        for status in (200, 502):
            client.send(client.head("/", fields=handshake_fields()))
            assert client.response().status == status
    assert all("upgrade" not in exchange.names() for exchange in upstream.exchanges)


def test_a_cookie_opens_no_socket_for_another_site(start, make_upstream):
    """A page of any site may open a WebSocket, and the browser adds the cookies: `Origin` decides."""
    upstream = make_upstream(answering())
    auth = {"token_from": [{"header": "Authorization"}, {"cookie": "at"}]}
    cors = {"origins": ["https://app.example"]}
    gateway = start(configuration(upstream, auth=auth, cors=cors))
    cookie = {"Cookie": "at=" + token()}
    for fields in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        with gateway.client() as client:
            client.send(client.head("/ws", fields={**handshake_fields(), **cookie, **fields}))
            assert client.response().refusal == (403, "origin_refused"), fields
    assert upstream.connections == []
    for origin in ("https://app.example", gateway.url):
        with gateway.client() as client:
            open_socket(client, fields={**cookie, "Origin": origin})
    with gateway.client() as client:
        open_socket(client, fields={**bearer(), "Origin": "https://evil.example"})
    assert len(upstream.exchanges) == 3


def test_a_kept_connection_to_the_upstream_may_become_a_tunnel(start, make_upstream):
    def handler(exchange):
        if exchange["upgrade"]:
            answering(then=echo_bytes)(exchange)
        else:
            exchange.send(OK)

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        assert client.request("/open").body == b"ok"
        open_socket(client, "/open")
        client.send(MASKED_HELLO)
        assert read_exactly(client, len(MASKED_HELLO)) == MASKED_HELLO
    until(lambda: upstream.connections[0].ended.is_set(), "the tunnel to end with its client")
    assert gateway.request("/open").body == b"ok"
    assert len(upstream.connections) == 2
