"""Responses that have no body whatever their fields say."""

import pytest

from lib import pace
from lib.gateway import configuration
from lib.upstreams import scripted


class TestBodilessResponses:
    def test_head_has_the_length_but_no_body(self, start, make_upstream):
        upstream = make_upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"))
        gateway = start(configuration(upstream))
        with gateway.client() as client:
            for _ in range(2):
                response = client.request("/open", method="HEAD")
                assert (response["content-length"], response.body) == ("12345", b"")
                pace.keep_silent(0.4)
            client.assert_open()
        assert len(upstream.connections) == 1

    def test_a_connection_rests_after_a_length_without_its_body(self, start, make_upstream):
        """A server that sends the body all the same may do so a moment later: nobody else must be there to get it."""
        upstream = make_upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n"))
        gateway = start(configuration(upstream))
        with gateway.client() as client:
            for _ in range(3):
                assert client.request("/open", method="HEAD").status == 200
        assert len(upstream.connections) == 3

    def test_head_of_a_chunked_answer(self, start, make_upstream):
        gateway = start(configuration(make_upstream(scripted(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))))
        with gateway.client() as client:
            assert client.request("/open", method="HEAD").body == b""
            assert client.request("/open", method="HEAD").status == 200
            client.assert_open()

    @pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
    def test_no_content_and_not_modified(self, status, start, make_upstream):
        upstream = make_upstream(scripted(f"HTTP/1.1 {status}\r\nETag: x\r\n\r\n"))
        gateway = start(configuration(upstream))
        with gateway.client() as client:
            for _ in range(3):
                response = client.request("/open")
                assert (response.status, response["etag"], response.body) == (int(status[:3]), "x", b"")
                assert response["transfer-encoding"] is None
            client.assert_open()
        assert len(upstream.connections) == 1

    def test_not_modified_with_the_length_of_the_other(self, start, make_upstream):
        upstream = make_upstream(scripted(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"))
        gateway = start(configuration(upstream))
        with gateway.client() as client:
            assert client.request("/open").status == 304
            assert client.request("/open").status == 304

    def test_refusals_of_head_have_no_body(self, gateway):
        with gateway.client() as client:
            response = client.request("/", method="HEAD")
            assert (response.status, response.body) == (401, b"")
            assert int(response["content-length"]) > 0
            assert client.request("/open").status == 200
