"""Responses before the response: 100, 103 and what is none of the gateway's business."""

from lib.gateway import configuration
from lib.upstreams import OK, answer, scripted

HOST = "Host: gateway.test\r\n"
GET = f"GET /open HTTP/1.1\r\n{HOST}\r\n"


class TestInformationalResponses:
    def test_early_hints_are_passed_on(self, start, make_upstream):
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
        gateway = start(configuration(make_upstream(scripted(hints + hints + OK))))
        with gateway.client() as client:
            for _ in range(2):
                response = client.request("/open")
                assert [status for status, _ in response.informational] == [103, 103]
                assert ("link", "</style.css>") in response.informational[0][1]
                assert (response.status, response.body) == (200, b"ok")

    def test_an_endless_row_of_them_is_not_followed_for_ever(self, start, make_upstream):
        def handler(exchange):
            for _ in range(100_000):
                exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 10)

        gateway = start(configuration({"servers": [make_upstream(handler).address], "response_timeout": "1s"}))
        response = gateway.request("/open")
        assert response.refusal == (502, "upstream_malformed")

    def test_switching_protocols_unasked_is_nonsense(self, start, make_upstream):
        upstream = make_upstream(scripted(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"))
        gateway = start(configuration(upstream))
        assert gateway.request("/open").status == 502


class TestExpect:
    HEAD = f"POST /open HTTP/1.1\r\n{HOST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"

    def test_100_continue_comes_before_the_body(self, start, make_upstream):
        def handler(exchange):
            assert exchange["Expect"].lower() == "100-continue"
            exchange.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            exchange.send(answer(exchange.read_body()))

        gateway = start(configuration(make_upstream(handler)))
        with gateway.client() as client:
            for _ in range(2):
                client.send(self.HEAD)
                assert client.informational() == 100
                client.send("hello")
                assert client.response("POST").body == b"hello"

    def test_a_refusal_comes_instead_of_100_continue(self, gateway, upstream):
        with gateway.client() as client:
            client.send(self.HEAD.replace("/open", "/"))
            response = client.response("POST")
            assert (response.status, response.informational) == (401, [])
        assert upstream.exchanges == []

    def test_the_upstreams_refusal_reaches_the_client(self, start, make_upstream):
        def handler(exchange):
            exchange.send(answer("no", "417 Expectation Failed", "Connection: close"))
            exchange.close()

        gateway = start(configuration(make_upstream(handler)))
        with gateway.client() as client:
            client.send(self.HEAD)
            response = client.response("POST")
            assert response.status == 417
            assert response.informational == []

    def test_a_client_may_send_the_body_without_waiting(self, gateway, upstream):
        with gateway.client() as client:
            client.send(self.HEAD + "hello" + GET)
            assert client.response("POST").status == 200
            assert client.response().status == 200
        assert upstream.exchanges[0].body == b"hello"

    def test_bytes_after_a_refused_expectation_are_never_a_request(self, start, make_upstream):
        """The client may still send the body that it had announced: it must not be read as a request."""

        def handler(exchange):
            exchange.send(answer("no", "403 Forbidden"))

        upstream = make_upstream(handler)
        gateway = start(configuration(upstream))
        smuggled = "GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        with gateway.client() as client:
            client.send(f"POST /open HTTP/1.1\r\n{HOST}Content-Length: {len(smuggled)}\r\nExpect: 100-continue\r\n\r\n")
            assert client.response("POST").status == 403
            client.send_as_far_as_it_goes(smuggled)
            client.half_close()
            client.assert_closed(orderly=False)
        assert all("smuggled" not in exchange.target for exchange in upstream.exchanges)
