"""Clients that take their time: at a fair pace they may, and who stalls or drips is found out."""

import contextlib
import threading
import time

import pytest

from lib import pace
from lib.client import Closed
from lib.gateway import configuration
from lib.upstreams import answer, pour
from lib.waiting import until


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_upload_at_a_fair_pace_may_take_longer_than_the_head_timeout(framing, start, make_upstream):
    """10 KB/s is forty times the least rate."""
    upstream = make_upstream()
    gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
    with gateway.client() as client:
        size, count = 1000, 10
        fields = {"Content-Length": str(size * count)} if framing == "length" else {"Transfer-Encoding": "chunked"}
        client.send(client.head("/open", "POST", fields))
        piece = b"x" * size if framing == "length" else b"3e8\r\n" + b"x" * size + b"\r\n"
        pace.drip(client.send, [piece] * count, every=0.1)
        client.send(b"" if framing == "length" else b"0\r\n\r\n")
        assert client.response().status == 200


def test_a_client_that_reads_at_a_fair_pace_is_not_cut_off(start, make_upstream):
    """100 KB/s: the kernel says that there is room again only after a third of its buffer, megabytes perhaps, is gone."""

    def pour(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            exchange.send(b"x" * 65536)

    gateway = start(configuration(make_upstream(pour), limits={"head_timeout": "200ms"}))
    with gateway.client() as client:
        client.send(client.head("/open"))
        for _ in pace.ticks(0.1, count=25):
            assert client.socket.recv(10_000)
        assert '"/open"' not in gateway.output(), f"the response was broken off: {gateway.output()}"


class TestUploads:
    def test_one_that_stalls_once_the_answer_has_begun_is_cut_off(self, start, make_upstream):
        def early(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            exchange.connection.wait_for_end()

        upstream = make_upstream(early)
        gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            client.send(client.head("/open", "POST", {"Content-Length": "100000"}), b"x")
            client.receive_until("first")
            began = time.monotonic()
            with pytest.raises((Closed, ConnectionResetError)):
                client.receive_until("never")
            assert 0.3 < time.monotonic() - began < 5
        assert upstream.last.connection.ended.wait(5)

    def test_one_that_drips_once_the_answer_has_begun_is_cut_off(self, start, make_upstream):
        def early(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            exchange.connection.wait_for_end()

        gateway = start(configuration(make_upstream(early), limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            client.send(client.head("/open", "POST", {"Content-Length": "100000"}))
            client.receive_until("first")
            client.socket.settimeout(0.05)

            def cut_off():
                try:
                    client.socket.send(b"x")
                    return client.socket.recv(100) == b""
                except TimeoutError:
                    return False
                except OSError:
                    return True

            until(cut_off, "the gateway to lose its patience", timeout=8)

    def test_one_at_a_fair_pace_goes_on_once_the_answer_has_begun(self, start, make_upstream):
        def early(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            exchange.read_body()
            exchange.send(b"4\r\nlast\r\n0\r\n\r\n")

        gateway = start(configuration(make_upstream(early), limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            client.send(client.head("/open", "POST", {"Content-Length": "10000"}))
            pace.drip(client.send, [b"x" * 1000] * 10, every=0.1)
            assert client.response("POST").text == "firstlast"


@contextlib.contextmanager
def narrow(start, make_upstream):
    """(gateway, upstream, client): the client's system takes few bytes of a response that never ends."""
    upstream = make_upstream(pour)
    gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
    with gateway.client() as client:
        client.narrow()
        client.send(client.head("/open"))
        upstream.wait_for(1)
        yield gateway, upstream, client


class TestReaders:
    def test_one_that_takes_nothing_is_cut_off(self, start, make_upstream):
        with narrow(start, make_upstream) as (gateway, upstream, _):
            until(lambda: not upstream._open, "the gateway to lose its patience")
            until(lambda: '"broken_off":true' in gateway.output(), "a line in the log")

    def test_one_that_sips_is_cut_off(self, start, make_upstream):
        """Ten bytes a second, as slow read attacks do it: less than 240."""
        with narrow(start, make_upstream) as (_, upstream, client):
            with contextlib.suppress(OSError):
                for _ in pace.ticks(0.1, count=100):
                    client.socket.recv(1)
                    if not upstream._open:
                        break
            assert not upstream._open, "the gateway has not lost its patience"

    def test_one_for_whom_nothing_waits_is_left_alone(self, start, make_upstream):
        """Server-sent events that are rare: nobody is slow while there is nothing to read."""
        go = threading.Event()

        def events(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            go.wait(10)
            exchange.send(b"4\r\nlast\r\n0\r\n\r\n")

        gateway = start(configuration(make_upstream(events), limits={"head_timeout": "100ms"}))
        with gateway.client() as client:
            client.send(client.head("/open"))
            client.receive_until("first")
            pace.keep_silent(0.8)
            go.set()
            client.receive_until("last\r\n0\r\n\r\n")

    def test_one_who_waits_for_a_slow_answer_is_left_alone(self, start, make_upstream):
        def slow(exchange):
            exchange.read_body()
            pace.take(0.8)
            exchange.send(answer("slow"))

        gateway = start(configuration(make_upstream(slow), limits={"head_timeout": "100ms"}))
        assert gateway.request("/open", "POST", body=b"x" * 1000).text == "slow"
