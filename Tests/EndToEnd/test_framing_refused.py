"""A request that two parsers could read in two ways is answered with 400 and the connection ends; nothing gets through."""

import pytest

from lib.client import Closed

SMUGGLED = "GET /open/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def post(*lines, body="hello", version="HTTP/1.1", host="Host: gateway.test"):
    lines = [f"POST /open {version}"] + ([host] if host else []) + list(lines)
    return "\r\n".join(lines) + "\r\n\r\n" + body


def get(*lines, start="GET /open HTTP/1.1", host="Host: gateway.test"):
    return "\r\n".join([start] + ([host] if host else []) + list(lines)) + "\r\n\r\n"


CHUNKED = "Transfer-Encoding: chunked"

HEADS = {
    # two lengths
    "Content-Length and Transfer-Encoding": post("Content-Length: 5", CHUNKED, body="0\r\n\r\n"),
    "Transfer-Encoding and Content-Length": post(CHUNKED, "Content-Length: 5", body="0\r\n\r\n"),
    "Transfer-Encoding and Content-Length of nothing": post(CHUNKED, "Content-Length: 0", body="0\r\n\r\n"),
    "two lengths that differ": post("Content-Length: 5", "Content-Length: 6"),
    "two lengths that agree": post("Content-Length: 5", "Content-Length: 5"),
    "a list of lengths": post("Content-Length: 5, 5"),
    "a list of lengths that differ": post("Content-Length: 5, 6"),
    # a length out of form
    "a length with a plus sign": post("Content-Length: +5"),
    "a negative length": post("Content-Length: -1"),
    "a hexadecimal length": post("Content-Length: 0x5"),
    "an empty length": post("Content-Length: "),
    "a length with a letter": post("Content-Length: 5a"),
    "a length with a blank inside": post("Content-Length: 5 5"),
    "a length with a fraction": post("Content-Length: 5.0"),
    "a length with an underscore": post("Content-Length: 0_5"),
    "a length in other digits": post("Content-Length: \xb2"),
    "a length behind a no-break space": post("Content-Length: \xa05"),
    "a length behind a vertical tab": post("Content-Length: \x0b5"),
    "a length past 64 bits": post("Content-Length: 18446744073709551621"),
    "a length of forty digits": post("Content-Length: " + "9" * 40),
    # a coding out of form
    "chunked twice": post("Transfer-Encoding: chunked, chunked", body="0\r\n\r\n"),
    "two fields of chunked": post(CHUNKED, CHUNKED, body="0\r\n\r\n"),
    "gzip before chunked": post("Transfer-Encoding: gzip, chunked", body="0\r\n\r\n"),
    "identity": post("Transfer-Encoding: identity"),
    "chunked before identity": post("Transfer-Encoding: chunked, identity", body="0\r\n\r\n"),
    "an unknown coding": post("Transfer-Encoding: xchunked", body="0\r\n\r\n"),
    "an empty coding": post("Transfer-Encoding: ", body="0\r\n\r\n"),
    "chunked with a parameter": post("Transfer-Encoding: chunked;q=1", body="0\r\n\r\n"),
    "chunked behind a comma": post("Transfer-Encoding: ,chunked", body="0\r\n\r\n"),
    "chunked before a comma": post("Transfer-Encoding: chunked,", body="0\r\n\r\n"),
    "chunked in quotes": post('Transfer-Encoding: "chunked"', body="0\r\n\r\n"),
    "chunked behind a vertical tab": post("Transfer-Encoding: \x0bchunked", body="0\r\n\r\n"),
    "chunked behind a no-break space": post("Transfer-Encoding: \xa0chunked", body="0\r\n\r\n"),
    "chunked before a NUL": post("Transfer-Encoding: chunked\0", body="0\r\n\r\n"),
    "a coding on HTTP/1.0": post(CHUNKED, version="HTTP/1.0", body="0\r\n\r\n"),
    "a blank before the colon of the coding": post("Transfer-Encoding : chunked", body="0\r\n\r\n"),
    "a blank before the colon of the length": post("Content-Length : 5"),
    # field lines out of form
    "a folded line": get("X-A: one", " two"),
    "a folded line with a tab": get("X-A: one", "\ttwo"),
    "a folded coding": post("Transfer-Encoding:", " chunked", body="0\r\n\r\n"),
    "a first field that begins with a blank": get("Host: gateway.test", host=" X-A: one"),
    "a blank before a colon": get("X-A : one"),
    "a tab before a colon": get("X-A\t: one"),
    "a field without a name": get(": one"),
    "a field without a colon": get("X-A"),
    "a name with a bracket": get("X(A: one"),
    "a name with a blank": get("X A: one"),
    "a name with a byte above 0x7F": get("X-\xc3\xa9: one"),
    "a name with a NUL": get("X\0A: one"),
    "a value with a NUL": get("X-A: o\0ne"),
    "a value with a control character": get("X-A: o\x01ne"),
    "a value with a delete character": get("X-A: o\x7fne"),
    "a value with an escape character": get("X-A: o\x1bne"),
    "a bare CR in a value": get("X-A: o\rne"),
    "a bare CR before a colon": get("X-A\r: one"),
    "a bare LF in a value": get("X-A: o\nX-B: 1"),
    "lines that end with LF alone": get().replace("\r\n", "\n"),
    "a head that ends with LF alone": "GET /open HTTP/1.1\r\nHost: gateway.test\r\n\n",
    "a head that ends with CR LF CR": "GET /open HTTP/1.1\r\nHost: gateway.test\r\n\rX\r\n\r\n",
    "lines that end with CR alone": "GET /open HTTP/1.1\rHost: gateway.test\r\r\n\r\n",
    # Host
    "no Host": get(host=None),
    "an empty Host": get(host="Host: "),
    "two Hosts": get("Host: other.test"),
    "the same Host twice": get("Host: gateway.test"),
    "a Host with a blank": get(host="Host: a b"),
    "a Host that is a list": get(host="Host: a.test, b.test"),
    "a Host with a user": get(host="Host: user@gateway.test"),
    "a Host with a path": get(host="Host: gateway.test/x"),
    "a Host with a query": get(host="Host: gateway.test?x"),
    "a Host with a fragment": get(host="Host: gateway.test#x"),
    "a Host with a backslash": get(host="Host: gateway.test\\x"),
    "a Host with a port that is none": get(host="Host: gateway.test:80x"),
    "a Host with a port too large": get(host="Host: gateway.test:99999"),
    "a Host with a bracket left open": get(host="Host: [::1"),
    "a Host of a scheme": get(host="Host: http://gateway.test"),
    # the request line
    "two blanks in the request line": get(start="GET  /open HTTP/1.1"),
    "a blank after the version": get(start="GET /open HTTP/1.1 "),
    "a tab in the request line": get(start="GET\t/open\tHTTP/1.1"),
    "a blank before the method": get(start=" GET /open HTTP/1.1"),
    "a version in lower case": get(start="GET /open http/1.1"),
    "a version with two digits": get(start="GET /open HTTP/1.10"),
    "a version of another protocol": get(start="GET /open ICY/1.1"),
    "no version": get(start="GET /open"),
    "a method that is no token": get(start="GE(T /open HTTP/1.1"),
    "a method with a NUL": get(start="GE\0T /open HTTP/1.1"),
    "no method": get(start="/open HTTP/1.1"),
    "four words": get(start="GET /open /other HTTP/1.1"),
    "two empty lines before the request": "\r\n\r\n" + get(),
    "an empty line of LF before the request": "\n" + get(),
    "not HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}

BODIES = {
    "an empty chunk size": "\r\nhello\r\n0\r\n\r\n",
    "a chunk size with 0x": "0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with a plus sign": "+5\r\nhello\r\n0\r\n\r\n",
    "a negative chunk size": "-5\r\nhello\r\n0\r\n\r\n",
    "a chunk size with an underscore": "0_5\r\nhello\r\n0\r\n\r\n",
    "a chunk size that is a word": "zz\r\nhello\r\n0\r\n\r\n",
    "a chunk size behind a blank": " 5\r\nhello\r\n0\r\n\r\n",
    "a chunk size before a letter": "5g\r\nhello\r\n0\r\n\r\n",
    "a chunk size of seventeen digits": "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a chunk size line that ends with LF alone": "5\nhello\r\n0\r\n\r\n",
    "a chunk size line with a bare CR": "5\rX\r\nhello\r\n0\r\n\r\n",
    "an extension with a bare LF": "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "an extension with a bare CR": "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "an extension with a NUL": "5;a=\0\r\nhello\r\n0\r\n\r\n",
    "an extension without end": "5;" + "a" * 20000 + "\r\nhello\r\n0\r\n\r\n",
    "data longer than its chunk": "5\r\nhelloX\r\n0\r\n\r\n",
    "data that ends with LF alone": "5\r\nhello\n0\r\n\r\n",
    "data without an end of line": "5\r\nhello0\r\n\r\n",
    "a last chunk that ends with LF alone": "5\r\nhello\r\n0\n\n",
    "a trailer with a blank before the colon": "5\r\nhello\r\n0\r\nX-A : 1\r\n\r\n",
    "a trailer that is folded": "5\r\nhello\r\n0\r\nX-A: 1\r\n 2\r\n\r\n",
    "a trailer without a colon": "5\r\nhello\r\n0\r\nX-A\r\n\r\n",
    "a trailer with a bare LF": "5\r\nhello\r\n0\r\nX-A: 1\n\r\n\r\n",
    "trailers without end": "5\r\nhello\r\n0\r\n" + "X-A: 1\r\n" * 20000 + "\r\n",
}


@pytest.mark.parametrize("case", HEADS)
def test_a_request_is_refused_for(case, gateway, upstream):
    with gateway.client() as client:
        client.send_as_far_as_it_goes(HEADS[case] + SMUGGLED)
        response = client.response("GET")
        assert response.status == 400, response
        response.error
        assert response["connection"] == "close"
        client.assert_closed()
    assert upstream.exchanges == []


@pytest.mark.parametrize("case", HEADS)
def test_it_is_refused_byte_by_byte_too(case, gateway, upstream):
    with gateway.client() as client:
        try:
            for byte in HEADS[case]:
                client.send(byte)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert client.response("GET").status == 400
    assert upstream.exchanges == []


@pytest.mark.parametrize("case", BODIES)
def test_a_chunked_body_is_refused_for(case, gateway, upstream):
    with gateway.client() as client:
        client.send_as_far_as_it_goes(post(CHUNKED, body=BODIES[case]) + SMUGGLED)
        response = client.response("POST")
        assert response.status in ((400, 413, 431) if "without end" in case else (400,)), response
        assert response["connection"] == "close"
        client.assert_closed()
    assert [exchange.target for exchange in upstream.exchanges if exchange.complete] == []
    assert all(exchange.target == "/open" for exchange in upstream.exchanges)


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/1.2", "HTTP/0.9"])
def test_another_version_is_505(version, gateway, upstream):
    response = gateway.exchange(get(start=f"GET /open {version}") + SMUGGLED)
    assert response.status == 505
    assert response["connection"] == "close"
    assert upstream.exchanges == []


def test_the_preface_of_http2_is_refused(gateway, upstream):
    response = gateway.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert response.status in (400, 505)
    assert upstream.exchanges == []


@pytest.mark.parametrize("case", ["two lengths that differ", "Content-Length and Transfer-Encoding", "a bare LF in a value"])
def test_what_a_refused_request_follows_is_still_answered(case, gateway, upstream):
    with gateway.client() as client:
        client.send(get() + HEADS[case] + SMUGGLED)
        assert client.response().status == 200
        assert client.response().status == 400
        client.assert_closed()
    assert len(upstream.exchanges) == 1


def test_a_body_that_breaks_off_never_completes_at_the_upstream(gateway, upstream):
    for raw in (post("Content-Length: 10"), post(CHUNKED, body="5\r\nhello\r\n")):
        seen = len(upstream.exchanges)
        with gateway.client() as client:
            client.send(raw)
            exchange = upstream.wait_for(seen + 1)
        exchange.connection.ended.wait(10)
        assert not exchange.complete
        assert gateway.request("/open").status == 200


def test_a_body_that_breaks_off_by_half_closing_is_refused(gateway, upstream):
    with gateway.client() as client:
        client.send(post("Content-Length: 10"))
        client.half_close()
        try:
            assert client.response("POST").status == 400
        except Closed:
            pass
    assert not any(exchange.complete for exchange in upstream.exchanges)


@pytest.mark.parametrize("size", ["FFFFFFFFFFFFFFFF", "8000000000000000", "7FFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFF0"])
def test_a_chunk_of_the_largest_size_ends_in_nothing_worse_than_a_refusal(size, gateway, upstream):
    with gateway.client() as client:
        client.send(post(CHUNKED, body=f"5\r\nhello\r\n{size}\r\nhello\r\n0\r\n\r\n" + SMUGGLED))
        client.half_close()
        try:
            assert client.response("POST").status in (400, 413)
        except Closed:
            pass
    assert not any(exchange.complete for exchange in upstream.exchanges)
    assert gateway.request("/open").status == 200
