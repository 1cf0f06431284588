"""The choices that RFC 9112 leaves to a recipient, and all the forms of a message that must work."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer, token
from lib.upstreams import OK, Held, answer, scripted

HOST = "Host: gateway.test\r\n"
GET = f"GET /open HTTP/1.1\r\n{HOST}\r\n"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED", "  chunked\t"])
def test_a_transfer_coding_is_compared_without_case(coding, gateway, upstream):
    fields = {"Transfer-Encoding": coding}
    assert gateway.request("/open", method="POST", fields=fields, body=b"5\r\nhello\r\n0\r\n\r\n").status == 200
    assert upstream.last["Transfer-Encoding"] == "chunked"
    assert upstream.last.body == b"hello"


@pytest.mark.parametrize(
    "body, expected",
    [
        ("0\r\n\r\n", b""),
        ("000\r\n\r\n", b""),
        ("A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        ("a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        ("0000000000000005\r\nhello\r\n0\r\n\r\n", b"hello"),
        ("5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello"),
        ('5;name="quoted"\r\nhello\r\n0\r\n\r\n', b"hello"),
        ("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", b"abc"),
        ("5\r\nhello\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\nContent-Length: 9\r\n\r\n", b"hello"),
    ],
)
def test_chunked_bodies_in_every_form(body, expected, gateway, upstream):
    with gateway.client() as client:
        head = f"POST /open HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"
        client.send(head + body + GET)
        assert client.response("POST").status == 200
        assert client.response().status == 200
    first, second = upstream.exchanges
    assert (first.body, first.trailers, first["Host"]) == (expected, [], "gateway.test")
    assert b";" not in first.raw_body
    assert second.method == "GET"


def test_a_chunked_body_may_come_byte_by_byte(gateway, upstream):
    with gateway.client() as client:
        for byte in f"POST /open HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n":
            client.send(byte)
        assert client.response("POST").status == 200
    assert upstream.last.body == b"hello world"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "QUERY"])
def test_a_body_is_framed_by_its_fields_whatever_the_method(method, gateway, upstream):
    body = GET.encode()
    with gateway.client() as client:
        assert client.request("/open", method=method, body=body).status == 200
        assert client.request("/open").status == 200
    assert upstream.exchanges[0].body == body
    assert len(upstream.exchanges) == 2


def test_a_post_without_a_length_has_no_body(gateway, upstream):
    with gateway.client() as client:
        client.send(f"POST /open HTTP/1.1\r\n{HOST}\r\n" + GET)
        assert client.response("POST").status == 200
        assert client.response().status == 200
    assert [exchange.method for exchange in upstream.exchanges] == ["POST", "GET"]


def test_pipelined_requests_are_answered_in_order(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        exchange.send(answer(exchange.target))

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send("".join(f"GET /open/{number} HTTP/1.1\r\n{HOST}\r\n" for number in range(50)))
        for number in range(50):
            assert client.response().text == f"/open/{number}"
        client.assert_open()


def test_pipelining_goes_on_after_a_refused_token(gateway, upstream):
    with gateway.client() as client:
        refused = f"POST / HTTP/1.1\r\n{HOST}Content-Length: {len(GET)}\r\n\r\n{GET}"
        chunked = f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n{len(GET):x}\r\n{GET}\r\n0\r\n\r\n"
        missing = f"GET / HTTP/1.1\r\n{HOST}\r\n"
        client.send(missing + refused + GET + chunked + GET)
        statuses = [client.response("GET").status for _ in range(5)]
        assert statuses == [401, 401, 200, 401, 200]
    assert [exchange.method for exchange in upstream.exchanges] == ["GET", "GET"]


def test_a_large_body_of_a_refused_request_ends_the_connection_but_not_the_answer(gateway, upstream):
    with gateway.client() as client:
        client.send(client.head("/", "POST", {"Content-Length": "50000000"}))
        client.send_as_far_as_it_goes(b"x" * 3_000_000)
        response = client.response("POST")
        assert response.refusal == (401, "token_missing")
        assert response["connection"] == "close"
        client.assert_closed()
    assert upstream.exchanges == []


def test_one_empty_line_before_a_request_is_skipped(gateway):
    with gateway.client() as client:
        client.send("\r\n" + GET)
        assert client.response().status == 200
        client.send("\r\n" + GET)
        assert client.response().status == 200


class TestHTTP10:
    def test_needs_no_host_and_closes(self, gateway, upstream):
        with gateway.client() as client:
            client.send("GET /open HTTP/1.0\r\n\r\n")
            response = client.response()
            assert (response.status, response.body) == (200, b"ok")
            client.assert_closed()
        assert upstream.last.version == "HTTP/1.1"
        assert upstream.last["Host"]

    def test_may_keep_the_connection(self, gateway):
        with gateway.client() as client:
            for _ in range(3):
                client.send(f"GET /open HTTP/1.0\r\n{HOST}Connection: Keep-Alive\r\n\r\n")
                response = client.response()
                assert response.status == 200
                assert response["connection"].lower() == "keep-alive"

    def test_gets_a_chunked_answer_until_the_close(self, start, make_upstream):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
        gateway = start(configuration(make_upstream(scripted(chunked))))
        with gateway.client() as client:
            client.send(f"GET /open HTTP/1.0\r\n{HOST}Connection: keep-alive\r\n\r\n")
            response = client.response()
            assert response["transfer-encoding"] is None
            assert response.body == b"hello"

    def test_never_sees_an_informational_response(self, start, make_upstream):
        gateway = start(configuration(make_upstream(scripted(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK))))
        with gateway.client() as client:
            client.send(f"GET /open HTTP/1.0\r\n{HOST}\r\n")
            assert client.response().informational == []


def test_connection_close_is_honoured(gateway):
    with gateway.client() as client:
        response = client.request("/open", fields={"Connection": "close"})
        assert response["connection"] == "close"
        client.assert_closed()


def test_a_client_that_half_closes_still_gets_its_answer(start, make_upstream):
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(f"POST /open HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhello")
        client.half_close()
        upstream.wait_for(1)
        held.release()
        assert client.response("POST").body == b"ok"
        client.assert_closed()


def test_response_trailers_are_kept(start, make_upstream):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"
    gateway = start(configuration(make_upstream(scripted(chunked))))
    with gateway.client() as client:
        for _ in range(2):
            response = client.request("/open", fields={"TE": "trailers"})
            assert (response.body, response.trailers) == (b"hello", [("x-sum", "42")])


@pytest.mark.parametrize("field", ["Content-Length: 3", "Transfer-Encoding: chunked", "Host: x", "Set-Cookie: a=b", "Connection: close"])
def test_a_trailer_cannot_be_a_field_that_frames_or_routes(field, start, make_upstream):
    chunked = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{field}\r\nX-Sum: 42\r\n\r\n"
    gateway = start(configuration(make_upstream(scripted(chunked))))
    response = gateway.request("/open")
    assert (response.body, response.trailers) == (b"hello", [("x-sum", "42")])


def test_a_response_without_a_length_ends_with_the_connection(start, make_upstream):
    upstream = make_upstream(scripted(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", close=True))
    gateway = start(configuration(upstream))
    for _ in range(2):
        assert gateway.request("/open").body == b"until the end"
    assert len(upstream.connections) == 2


def test_a_response_of_http10_is_understood(start, make_upstream):
    gateway = start(configuration(make_upstream(scripted(b"HTTP/1.0 200 OK\r\n\r\nold", close=True))))
    response = gateway.request("/open")
    assert (response.status, response.version, response.body) == (200, "1.1", b"old")


def test_an_early_413_of_the_upstream_reaches_a_client_that_is_still_sending(start, make_upstream):
    def handler(exchange):
        exchange.send(answer("too much", "413 Content Too Large", "Connection: close"))
        exchange.close()

    gateway = start(configuration(make_upstream(handler), limits={"max_body": "1GiB"}))
    for framing in ("length", "chunked"):
        with gateway.client() as client:
            fields = {"Content-Length": "30000000"} if framing == "length" else {"Transfer-Encoding": "chunked"}
            client.send(client.head("/open", "POST", fields))
            piece = b"x" * 65536 if framing == "length" else b"10000\r\n" + b"x" * 65536 + b"\r\n"
            for _ in range(40):
                client.send_as_far_as_it_goes(piece)
            response = client.response("POST")
            assert (response.status, response.text) == (413, "too much")


def test_a_connection_with_an_unfinished_request_is_never_used_again_upstream(start, make_upstream):
    """An early answer on a connection that the upstream keeps: the rest of the body must not become a request."""

    def handler(exchange):
        exchange.send(answer("early", "403 Forbidden"))

    upstream = make_upstream(handler)
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        client.send(client.head("/open", "POST", {"Content-Length": "1000"}))
        assert client.response("POST").status == 403
    for _ in range(3):
        assert gateway.request("/open").status == 403
    assert [exchange.method for exchange in upstream.exchanges] == ["POST", "GET", "GET", "GET"]


def test_a_request_may_come_in_any_pieces(gateway, upstream):
    raw = f"POST /x?y HTTP/1.1\r\n{HOST}Authorization: Bearer {token()}\r\nContent-Length: 5\r\n\r\nhello"
    for cut in range(1, len(raw), 7):
        with gateway.client() as client:
            client.send(raw[:cut])
            client.send(raw[cut:])
            assert client.response("POST").status == 200
    assert all(exchange.body == b"hello" and exchange.target == "/x?y" for exchange in upstream.exchanges)


@pytest.mark.parametrize("name, value", [("Upgrade", "h2c"), ("Upgrade", "foo/2"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
def test_other_upgrades_are_removed(name, value, gateway, upstream):
    fields = {**bearer(), name: value, "Connection": f"Upgrade, {name}"}
    assert gateway.request("/", fields=fields).status == 200
    assert upstream.last["Upgrade"] is None
    assert upstream.last["HTTP2-Settings"] is None


@pytest.mark.parametrize("status", ["200 OK", "200 ", "299 Very\tGood", "599 What", "422 Unprocessable \xe9"])
def test_a_status_and_its_reason_pass(status, start, make_upstream):
    gateway = start(configuration(make_upstream(scripted(answer("x", status)))))
    assert gateway.request("/open").status == int(status[:3])
