"""Bodies that a server does not read never become its next request."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from lib.gateway import configuration, run, write_config, write_files
from lib.tokens import SECRET, bearer
from lib.websocket import handshake_fields

SMUGGLED = b"GET /admin HTTP/1.1\r\nHost: x\r\nX-Auth-User: root\r\n\r\n"
UNREAD = ["GET", "HEAD", "DELETE", "OPTIONS"]


class Careless(ThreadingHTTPServer):
    """Python's own server, which keeps connections and whose handler reads no body."""

    daemon_threads = True

    def __init__(self):
        self.requests = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                requests.append((self.command, self.path, self.headers["X-Auth-User"], self.headers["Connection"]))
                self.send_response(200)
                self.send_header("Content-Length", "0" if self.command == "HEAD" else "2")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(b"ok")

            do_GET = do_HEAD = do_DELETE = do_OPTIONS = do_POST = answer

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture
def careless():
    server = Careless()
    yield server
    server.shutdown()
    server.server_close()


def body_of(framing):
    """(fields, bytes on the wire)"""
    if framing == "length":
        return {"Content-Length": str(len(SMUGGLED))}, SMUGGLED
    if framing == "chunked":
        return {"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    return {"Transfer-Encoding": "chunked"}, b"0\r\n\r\n"


@pytest.mark.parametrize("framing", ["length", "chunked", "empty chunked"])
@pytest.mark.parametrize("method", UNREAD)
def test_a_server_that_reads_no_body_gets_no_request_out_of_one(method, framing, start, careless):
    gateway = start(configuration(careless))
    fields, body = body_of(framing)
    with gateway.client() as client:
        for number in range(3):
            # In one piece, or the answer may come before the body, which ends the client's connection too.
            client.send(client.head(f"/open/{number}", method, fields) + body)
            assert client.response(method).status == 200
        assert client.request("/open/last").status == 200
    expected = [(method, f"/open/{number}", None, "close") for number in range(3)] + [("GET", "/open/last", None, None)]
    assert careless.requests == expected


@pytest.mark.parametrize("method", UNREAD)
def test_a_connection_that_carried_such_a_body_is_not_used_again(method, start, upstream):
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for number in range(3):
            client.request(f"/open/{number}", method, body=b"x")
        assert len(upstream.connections) == 3
    assert [exchange["connection"] for exchange in upstream.exchanges] == ["close"] * 3
    assert [exchange.body for exchange in upstream.exchanges] == [b"x"] * 3


def test_such_a_body_may_go_out_on_a_connection_that_was_kept(start, upstream):
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.request("/open/1")
        client.request("/open/2", body=b"x")
        client.request("/open/3")
    assert [exchange["connection"] for exchange in upstream.exchanges] == [None, "close", None]
    assert [exchange.connection.number for exchange in upstream.exchanges] == [1, 1, 2]


@pytest.mark.parametrize(
    "method, fields, body",
    [
        ("GET", {}, b""),
        ("GET", {"Content-Length": "0"}, b""),
        ("DELETE", {"Content-Length": "0"}, b""),
        ("POST", {"Content-Length": "1"}, b"x"),
        ("PUT", {"Transfer-Encoding": "chunked"}, b"1\r\nx\r\n0\r\n\r\n"),
        ("PATCH", {"Content-Length": "1"}, b"x"),
    ],
)
def test_other_requests_share_a_connection(method, fields, body, start, upstream):
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for number in range(3):
            client.send(client.head(f"/open/{number}", method, fields), body)
            assert client.response(method).status == 200
    assert len(upstream.connections) == 1
    assert [exchange["connection"] for exchange in upstream.exchanges] == [None] * 3


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_idle_connections_every_request_is_the_last_on_its_own(method, start, upstream):
    gateway = start(configuration({"servers": [upstream.address], "keepalive": 0}))
    with gateway.client() as client:
        for number in range(3):
            client.request(f"/open/{number}", method, body=b"x" if method == "POST" else None)
    assert [exchange["connection"] for exchange in upstream.exchanges] == ["close"] * 3
    assert [exchange.connection.number for exchange in upstream.exchanges] == [1, 2, 3]


def test_without_idle_connections_a_websocket_still_asks_for_its_upgrade(start, upstream):
    gateway = start(configuration({"servers": [upstream.address], "keepalive": 0}))
    gateway.request("/open", fields=handshake_fields())
    assert (upstream.last["connection"], upstream.last["upgrade"]) == ("Upgrade", "websocket")


def test_a_client_does_not_hear_of_it(start, upstream):
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        assert client.request("/open", body=b"x")["connection"] is None
        assert client.request("/open").status == 200


@pytest.mark.parametrize("fields, closes", [([], False), (["Content-Length: 5"], True), (["Transfer-Encoding: chunked"], True)])
def test_explain_shows_it(fields, closes, directory, upstream):
    write_files(directory, {"secret.key": SECRET})
    path = write_config(directory, configuration(upstream))
    arguments = [word for field in fields for word in ("-H", field)]
    code, output, errors = run("explain", "GET", "/open/x", *arguments, "-c", path)
    assert code == 0, errors
    assert ("> Connection: close" in output) == closes, output


def test_an_identity_reaches_the_server_with_its_own_request_alone(start, careless):
    gateway = start(configuration(careless))
    with gateway.client() as client:
        client.send(client.head("/x", fields=bearer(), body=SMUGGLED) + SMUGGLED)
        assert client.response().status == 200
        client.request("/open")
    assert careless.requests == [("GET", "/x", "alice", "close"), ("GET", "/open", None, None)]
