"""Misbehaving upstreams: the client that asked gets a whole, valid answer or none, and the one behind it its own.

Two clients ask one after the other; what either gets off the wire is recorded, byte by byte.
"""

import socket
import threading
from dataclasses import dataclass

import pytest

from lib import pace
from lib.client import Closed
from lib.upstreams import OK, answer, head

POISON = b"POISON"
POISONED = answer("POISON", "200 OK", "X-Poison: POISON")
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@dataclass
class Evil:
    name: str
    pieces: list  # bytes to send, or seconds to pause
    outcome: str  # 502, whole or broken
    method: str = "GET"
    closes: bool = False  # the upstream closes behind it
    body: bytes = b"good"

    def __str__(self):
        return self.name


def nonsense(name, *pieces, **more):
    """The client is told that the service gave no proper answer."""
    return Evil(name, list(pieces), "502", **more)


def whole(name, *pieces, **more):
    """The client gets the answer `good`, and nothing of what else came."""
    return Evil(name, list(pieces), "whole", **more)


def broken(name, *pieces, **more):
    """A response that breaks off after it has begun, and can't be taken for the whole."""
    return Evil(name, list(pieces), "broken", **more)


GOOD = answer("good")
CHUNKED = head("Transfer-Encoding: chunked")
CHUNKED_GOOD = CHUNKED + b"4\r\ngood\r\n0\r\n\r\n"

CASES = [
    # two lengths, and lengths out of form
    nonsense("two lengths", head("Content-Length: 4", "Content-Length: 10") + b"good" + POISON),
    nonsense("a list of lengths", head("Content-Length: 4, 10") + b"good" + POISON),
    nonsense("a list of one length and nothing", head("Content-Length: 4,") + b"good" + POISON),
    nonsense("one length twice and another", head("Content-Length: 4", "Content-Length: 4", "Content-Length: 10") + b"good" + POISON),
    nonsense("one length twice and chunks",
             head("Content-Length: 4", "Content-Length: 4", "Transfer-Encoding: chunked") + b"4\r\ngood\r\n0\r\n\r\n"),
    whole("one length twice", head("Content-Length: 4", "Content-Length: 4") + b"good" + POISON),
    whole("a list of one length", head("Content-Length: 4, 4") + b"good" + POISON),
    nonsense("a length and chunks", head("Content-Length: 4", "Transfer-Encoding: chunked") + b"4\r\ngood\r\n0\r\n\r\n"),
    nonsense("chunks and a length", head("Transfer-Encoding: chunked", "Content-Length: 4") + b"good" + POISON),
    nonsense("a negative length", head("Content-Length: -4") + b"good" + POISON),
    nonsense("a length with a plus sign", head("Content-Length: +4") + b"good" + POISON),
    nonsense("a hexadecimal length", head("Content-Length: 0x4") + b"good" + POISON),
    nonsense("an empty length", head("Content-Length: ") + b"good" + POISON),
    nonsense("a length past 64 bits", head("Content-Length: 18446744073709551620") + b"good" + POISON),
    nonsense("a length with a blank inside", head("Content-Length: 4 4") + b"good" + POISON),
    nonsense("a length behind a vertical tab", head("Content-Length: \x0b4") + b"good" + POISON),
    nonsense("an unknown coding", head("Transfer-Encoding: gzip") + b"good" + POISON),
    nonsense("a coding before chunked", head("Transfer-Encoding: gzip, chunked") + b"4\r\ngood\r\n0\r\n\r\n"),
    nonsense("chunked twice", head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + b"4\r\ngood\r\n0\r\n\r\n"),
    nonsense("an empty coding", head("Transfer-Encoding:") + b"good" + POISON),
    nonsense("chunks on HTTP/1.0", head("Transfer-Encoding: chunked", start="HTTP/1.0 200 OK") + b"4\r\ngood\r\n0\r\n\r\n"),
    # malformed heads
    nonsense("an answer of HTTP/0.9", b"<html>good</html>", closes=True),
    nonsense("nothing but an end of line", b"\r\n\r\n" + POISONED),
    nonsense("an empty line before the answer", b"\r\n" + POISONED),
    nonsense("a request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    nonsense("a version of another protocol", b"HTTP/2 200 OK\r\n\r\n"),
    nonsense("a version out of range", b"HTTP/1.2 200 OK\r\nContent-Length: 4\r\n\r\ngood"),
    nonsense("a version of two digits", b"HTTP/1.10 200 OK\r\nContent-Length: 4\r\n\r\ngood"),
    nonsense("a status of 0", head("Content-Length: 4", start="HTTP/1.1 000 OK") + b"good"),
    nonsense("a status of 99", head("Content-Length: 4", start="HTTP/1.1 099 OK") + b"good"),
    nonsense("a status of 600", head("Content-Length: 4", start="HTTP/1.1 600 OK") + b"good"),
    nonsense("a status of 999", head("Content-Length: 4", start="HTTP/1.1 999 OK") + b"good"),
    nonsense("a status of four digits", head("Content-Length: 4", start="HTTP/1.1 2000 OK") + b"good"),
    nonsense("a negative status", head("Content-Length: 4", start="HTTP/1.1 -20 OK") + b"good"),
    nonsense("a status of letters", head("Content-Length: 4", start="HTTP/1.1 OK") + b"good"),
    nonsense("two blanks before the status", head("Content-Length: 4", start="HTTP/1.1  200 OK") + b"good"),
    nonsense("a NUL in the reason", head("Content-Length: 4", start="HTTP/1.1 200 O\0K") + b"good"),
    nonsense("a bare CR in the reason", head("Content-Length: 4", start="HTTP/1.1 200 OK\rX-Poison: 1") + b"good"),
    nonsense("a bare LF behind the status", b"HTTP/1.1 200 OK\nContent-Length: 4\r\n\r\ngood"),
    nonsense("line feeds alone", GOOD.replace(b"\r\n", b"\n")),
    nonsense("carriage returns alone", b"HTTP/1.1 200 OK\rContent-Length: 4\r\rgood", closes=True),
    nonsense("a folded line", head("X-A: 1", " Content-Length: 10", "Content-Length: 4") + b"good" + POISON),
    nonsense("a folded line with a tab", head("X-A: 1", "\t2", "Content-Length: 4") + b"good"),
    nonsense("a first line that is folded", head(" X-A: 1", "Content-Length: 4") + b"good"),
    nonsense("a NUL in a value", head("X-A: 1\x002", "Content-Length: 4") + b"good"),
    nonsense("a NUL in a name", head("X\0A: 1", "Content-Length: 4") + b"good"),
    nonsense("a bare CR in a value", head("X-A: 1\rX-Poison: 2", "Content-Length: 4") + b"good"),
    nonsense("a bare LF in a value", head("X-A: 1\nX-Poison: 2", "Content-Length: 4") + b"good"),
    nonsense("an escape sequence in a value", head("X-A: \x1b[2J", "Content-Length: 4") + b"good"),
    nonsense("a blank before a colon", head("Content-Length : 4") + b"good"),
    nonsense("a field without a name", head(": 1", "Content-Length: 4") + b"good"),
    nonsense("a field without a colon", head("X-A", "Content-Length: 4") + b"good"),
    nonsense("a head that ends with a bare LF", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\ngood"),
    nonsense("a huge head", head("X-A: " + "a" * 70_000, "Content-Length: 4") + b"good"),
    nonsense("a head without end", head(*["X-A: " + "a" * 1000] * 1000) + b"good"),
    nonsense("a reason without end", b"HTTP/1.1 200 " + b"a" * 200_000),
    nonsense("thousands of fields", head(*["A:"] * 5000, "Content-Length: 4") + b"good"),
    nonsense("thousands of connection options", head("Connection: " + ", ".join(["x"] * 5000), "Content-Length: 4") + b"good"),
    # bytes behind the body
    whole("bytes behind the body", GOOD + POISON),
    whole("another answer behind the body", GOOD + POISONED),
    whole("another answer in a moment", GOOD, 0.01, POISONED),
    whole("another answer in a while", GOOD, 0.2, POISONED),
    whole("another answer behind the last chunk", CHUNKED_GOOD + POISONED),
    whole("another answer behind the last chunk in a moment", CHUNKED_GOOD, 0.01, POISONED),
    whole("an empty line behind the body", GOOD + b"\r\n"),
    whole("an interim answer behind the body", GOOD + b"HTTP/1.1 103 Early Hints\r\nX-Poison: 1\r\n\r\n"),
    whole("half a head behind the body", GOOD + b"HTTP/1.1 200 OK\r\nX-Poison"),
    whole("a body to HEAD", GOOD.replace(b"good", POISON[:4]), method="HEAD", body=b""),
    whole("a body to HEAD in a moment", head("Content-Length: 4"), 0.01, POISON, method="HEAD", body=b""),
    whole("a chunked body to HEAD", CHUNKED + b"6\r\nPOISON\r\n0\r\n\r\n", method="HEAD", body=b""),
    whole("an answer as the body to HEAD", head(f"Content-Length: {len(POISONED)}") + POISONED, method="HEAD", body=b""),
    whole("a body of 204", head(f"Content-Length: {len(POISONED)}", start="HTTP/1.1 204 No Content") + POISONED, body=b""),
    whole("chunks of 204", head("Transfer-Encoding: chunked", start="HTTP/1.1 204 No Content") + b"6\r\nPOISON\r\n0\r\n\r\n", body=b""),
    whole("a body of 304", head(f"Content-Length: {len(POISONED)}", start="HTTP/1.1 304 Not Modified") + POISONED, body=b""),
    # interim answers
    nonsense("a flood of interim answers", b"HTTP/1.1 102 Processing\r\n\r\n" * 5000),
    nonsense("a flood of 100", b"HTTP/1.1 100 Continue\r\n\r\n" * 5000),
    nonsense("a huge interim answer", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 70_000 + b"\r\n\r\n" + GOOD),
    nonsense("an interim answer and then the end", b"HTTP/1.1 103 Early Hints\r\n\r\n", closes=True),
    nonsense("an interim answer with two lengths", b"HTTP/1.1 103 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + GOOD),
    nonsense("an interim answer with both framings",
             b"HTTP/1.1 103 X\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" + GOOD),
    nonsense("an interim answer with a body", b"HTTP/1.1 103 X\r\nContent-Length: 6\r\n\r\nPOISON" + GOOD),
    nonsense("101 without being asked", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" + POISONED),
    nonsense("a bare 101", b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + POISON),
    # chunks out of form
    nonsense("chunks without a size", CHUNKED + b"\r\nPOISON\r\n0\r\n\r\n"),
    nonsense("a chunk size with 0x", CHUNKED + b"0x4\r\ngood\r\n0\r\n\r\n"),
    nonsense("a chunk size that is negative", CHUNKED + b"-4\r\ngood\r\n0\r\n\r\n"),
    nonsense("a chunk size past 64 bits", CHUNKED + b"10000000000000004\r\ngood\r\n0\r\n\r\n"),
    nonsense("a chunk size past 64 bits behind a good chunk", CHUNKED + b"6\r\nhello \r\nffffffffffffffff\r\nabcdefg"),
    nonsense("a chunk size past 63 bits", CHUNKED + b"ffffffffffffffff\r\nabcdefg"),
    nonsense("a chunk size of many digits behind good chunks",
             CHUNKED + b"4\r\ngood\r\n" * 20 + b"10000000000000000\r\nPOISON"),
    nonsense("nonsense behind a good chunk", CHUNKED + b"4\r\ngood\r\nzz\r\nPOISON"),
    nonsense("a blank before a chunk size", CHUNKED + b" 4\r\ngood\r\n0\r\n\r\n"),
    nonsense("a blank inside a chunk size", CHUNKED + b"0 4\r\ngood\r\n0\r\n\r\n"),
    whole("blanks behind the chunk sizes", CHUNKED + b"4  \r\ngood\r\n0\t \r\n\r\n"),
    whole("blanks around an extension", CHUNKED + b"4 ; a = b \r\ngood\r\n0\r\n\r\n"),
    nonsense("a chunk size line with LF alone", CHUNKED + b"4\ngood\r\n0\r\n\r\n"),
    nonsense("an extension without a name", CHUNKED + b"4;\r\ngood\r\n0\r\n\r\n"),
    nonsense("an extension without end", CHUNKED + b"4;a=" + b"b" * 100_000),
    broken("a chunk that is longer than it says", CHUNKED + b"4\r\ngoodPOISON\r\n0\r\n\r\n"),
    broken("a second chunk out of form", CHUNKED + b"4\r\ngood\r\n", 0.05, b"zz\r\nPOISON\r\n0\r\n\r\n"),
    broken("nonsense behind more than a buffer holds", CHUNKED + b"9c40\r\n" + b"x" * 40_000 + b"\r\nzz\r\nPOISON\r\n0\r\n\r\n"),
    broken("a trailer out of form behind much", CHUNKED + b"1000\r\n" + b"x" * 4096 + b"\r\n" * 1 + b"0\r\nX A: POISON\r\n\r\n"),
    broken("a trailer out of form", CHUNKED + b"4\r\ngood\r\n0\r\nX A: POISON\r\n\r\n"),
    broken("a folded trailer", CHUNKED + b"4\r\ngood\r\n0\r\nX-A: 1\r\n POISON\r\n\r\n"),
    broken("trailers without end", CHUNKED + b"4\r\ngood\r\n0\r\n" + b"X-A: 1\r\n" * 20_000),
    broken("a last chunk that ends with LF", CHUNKED + b"4\r\ngood\r\n0\n\n"),
    whole("a trailer that says another length", CHUNKED + b"4\r\ngood\r\n0\r\nContent-Length: 400\r\n\r\n"),
    whole("a trailer that is a cookie", CHUNKED + b"4\r\ngood\r\n0\r\nSet-Cookie: POISON=1\r\n\r\n"),
    whole("a trailer that claims an identity", CHUNKED + b"4\r\ngood\r\n0\r\nx_auth_user: POISON\r\n\r\n"),
    # early ends
    nonsense("nothing at all", closes=True),
    nonsense("half a status line", b"HTTP/1.1 20", closes=True),
    nonsense("half a head", b"HTTP/1.1 200 OK\r\nContent-Len", closes=True),
    nonsense("a head without its empty line", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", closes=True),
    broken("half a body", LONG + b"half", closes=True),
    broken("half a body in a moment", LONG, 0.05, b"half", 0.05, closes=True),
    broken("half a chunk", CHUNKED + b"64\r\nhalf", closes=True),
    broken("chunks without the last", CHUNKED + b"4\r\nhalf\r\n", closes=True),
    broken("the last chunk without its empty line", CHUNKED + b"4\r\nhalf\r\n0\r\n", closes=True),
    # what is no evil, seen the same way
    whole("a plain answer", GOOD),
    whole("an answer in pieces", *[GOOD[at : at + 1] for at in range(len(GOOD))]),
    whole("chunks in pieces", *[CHUNKED_GOOD[at : at + 1] for at in range(len(CHUNKED_GOOD))]),
    whole("an answer until the close", head("X-A: 1") + b"good", closes=True),
    whole("an answer of HTTP/1.0", head(start="HTTP/1.0 200 OK") + b"good", closes=True),
    whole("an answer that closes although it promised not to", head("Connection: keep-alive", "Content-Length: 4") + b"good", closes=True),
    whole("leading zeros", head("Content-Length: 0004") + b"good"),
    whole("a status nobody knows", head("Content-Length: 4", start="HTTP/1.1 299 Fine") + b"good"),
]  # fmt: skip


def evil(case, sent):
    def handler(exchange):
        exchange.read_body()
        if exchange.target != "/open/evil":
            return exchange.send(answer("mine"))
        if case.method != "HEAD":
            # Otherwise the system holds the second piece back until the first was acknowledged, by the next request.
            exchange.connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            pace.play(exchange.send, case.pieces)
            if case.closes:
                exchange.close()
        finally:
            sent.set()

    return handler


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_evil_answer(case, serve):
    sent = threading.Event()
    gateway = serve(evil(case, sent))
    with gateway.client() as first, gateway.client() as second:
        assert second.request("/open/first").text == "mine"
        try:
            response = first.request("/open/evil", case.method)
        except (Closed, ConnectionResetError):
            response = None
        if case.outcome == "broken":
            # What was found before anything was sent on is an error; nothing else may look whole.
            assert response is None or response.status == 502, response
        elif case.outcome == "502":
            assert response.status == 502, response
            assert response.error["reason"] in ("upstream_malformed", "upstream_reset")
        else:
            assert response.body == case.body and response.trailers == [], response
        assert first.left == b""
        # What the upstream sends while it has a request is the answer to that, whatever it meant. So the next request waits until
        # all is sent, and the gateway has had a turn to see it.
        assert sent.wait(10)
        for _ in range(3):
            assert second.request("/").status == 401
            assert second.request("/open/second").text == "mine"
            assert second.left == b""
        with gateway.client() as third:
            assert third.request("/open/third").text == "mine"
        if response is not None:
            assert first.request("/open/first").text == "mine"
            assert first.left == b""


def test_what_comes_on_an_idle_connection_closes_it(serve):
    def handler(exchange):
        exchange.read_body()
        exchange.send(OK)
        if len(gateway.far.exchanges) == 1:
            assert answered.wait(10)
            exchange.send(POISONED)
            exchange.connection.wait_for_end()

    answered = threading.Event()
    gateway = serve(handler)
    assert gateway.request("/open").text == "ok"
    answered.set()
    assert gateway.far.connections[0].ended.wait(5), "a connection that spoke out of turn is closed at once"
    assert gateway.request("/open").text == "ok"
