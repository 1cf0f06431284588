"""Upstreams that answer before they have the whole request: the rest of it is nobody's request."""

import pytest

from lib.upstreams import answer


class TestAnAnswerBeforeTheRequestIsWhole:
    def early(self, rest):
        def handler(exchange):
            if exchange.target == "/open/evil":
                exchange.send(answer("early"))
                rest(exchange)
            else:
                exchange.read_body()
                exchange.send(answer("mine"))

        return handler

    def test_the_rest_is_never_a_request(self, serve):
        """The upstream has answered and takes what follows for the next request, as one that is desynchronised does."""

        def take_the_rest(exchange):
            exchange.complete = True

        smuggled = b"GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        gateway = serve(self.early(take_the_rest))
        with gateway.client() as client:
            client.send(client.head("/open/evil", "POST", {"Content-Length": str(len(smuggled))}))
            assert client.response("POST").text == "early"
            client.send_as_far_as_it_goes(smuggled)
        with gateway.client() as other:
            assert other.request("/open/second").text == "mine"
        for connection in gateway.far.connections:
            mine = [exchange.target for exchange in gateway.far.exchanges if exchange.connection is connection]
            assert mine in (["/open/evil"], ["/open/second"], ["/open/evil", "/open/smuggled"])
            assert mine.count("/open/second") == 0 or len(mine) == 1, "the connection was used again"

    @pytest.mark.parametrize("framing", ["length", "chunked"])
    def test_the_client_may_go_on_and_the_connection_serves_on_or_closes(self, framing, serve):
        gateway = serve(self.early(lambda exchange: exchange.read_body()))
        with gateway.client() as client:
            fields = {"Content-Length": "1000"} if framing == "length" else {"Transfer-Encoding": "chunked"}
            client.send(client.head("/open/evil", "POST", fields))
            response = client.response("POST")
            assert response.text == "early" and response["connection"] == "close"
            client.send_as_far_as_it_goes(b"x" * 1000 if framing == "length" else b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")
            client.assert_closed()
        assert gateway.request("/open/second").text == "mine"

    def test_an_early_answer_and_a_close_reach_a_client_that_still_sends(self, serve):
        gateway = serve(self.early(lambda exchange: exchange.close()))
        for _ in range(10):
            with gateway.client() as client:
                client.send(client.head("/open/evil", "POST", {"Content-Length": "5000000"}))
                client.send_as_far_as_it_goes(b"x" * 1_000_000)
                assert client.response("POST").text == "early"
        assert gateway.request("/open/second").text == "mine"
