"""A body that does not come to its end, or says that it never will, never reaches the upstream as a whole one.

What is refused for its form is in test_probes_request.py.
"""

import pytest

from lib.client import Closed

SMUGGLED = "GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def post(*lines, body="hello", version="HTTP/1.1", host="Host: gateway.test"):
    lines = [f"POST /open {version}"] + ([host] if host else []) + list(lines)
    return "\r\n".join(lines) + "\r\n\r\n" + body


CHUNKED = "Transfer-Encoding: chunked"


def test_a_body_that_breaks_off_never_completes_at_the_upstream(gateway, upstream):
    for raw in (post("Content-Length: 10"), post(CHUNKED, body="5\r\nhello\r\n")):
        seen = len(upstream.exchanges)
        with gateway.client() as client:
            client.send(raw)
            exchange = upstream.wait_for(seen + 1)
        assert exchange.connection.ended.wait(10)
        assert not exchange.complete
        assert gateway.request("/open").status == 200


def test_a_body_that_breaks_off_by_half_closing_ends_the_connection(gateway, upstream):
    with gateway.client() as client:
        client.send(post("Content-Length: 10"))
        client.half_close()
        with pytest.raises(Closed, match="without a response"):
            client.response("POST")
    assert not any(exchange.complete for exchange in upstream.exchanges)


@pytest.mark.parametrize("size", ["FFFFFFFFFFFFFFFF", "8000000000000000", "7FFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFF0"])
def test_a_chunk_of_the_largest_size_is_413(size, gateway, upstream):
    with gateway.client() as client:
        client.send(post(CHUNKED, body=f"5\r\nhello\r\n{size}\r\nhello\r\n0\r\n\r\n" + SMUGGLED))
        client.half_close()
        assert client.response("POST").refusal == (413, "body_too_large")
    assert not any(exchange.complete for exchange in upstream.exchanges)
    assert gateway.request("/open").status == 200
