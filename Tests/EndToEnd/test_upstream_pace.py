"""Upstreams that take their time: a deadline is for the whole of a head, and a body must not stand still."""

import itertools

import pytest

from lib import pace
from lib.client import Closed, elapsed
from lib.gateway import configuration
from lib.upstreams import head
from lib.waiting import until

LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


class TestPace:
    def test_a_head_that_drips_is_504(self, serve):
        def drip(exchange):
            exchange.read_body()
            whole = head("X-A: " + "a" * 500, "Content-Length: 2") + b"ok"
            pace.drip(exchange.send, (bytes([byte]) for byte in whole), every=0.05)

        gateway = serve(drip, response_timeout="600ms")
        response, seconds = elapsed(lambda: gateway.request("/open"))
        assert response.refusal == (504, "upstream_timeout")
        assert 0.5 < seconds < 3
        until(lambda: not gateway.far._open, "the upstream's connection to end")

    def test_interim_answers_do_not_put_the_deadline_off(self, serve):
        def hints(exchange):
            exchange.read_body()
            pace.drip(exchange.send, [b"HTTP/1.1 102 Processing\r\n\r\n"] * 14, every=0.2)
            exchange.connection.wait_for_end()

        gateway = serve(hints, response_timeout="800ms")
        response, seconds = elapsed(lambda: gateway.request("/open"))
        assert response.refusal == (504, "upstream_timeout")
        assert 0.7 < seconds < 3

    def test_a_body_that_stalls_is_broken_off(self, serve):
        def stall(exchange):
            exchange.read_body()
            exchange.send(LONG + b"part")
            exchange.connection.wait_for_end()

        gateway = serve(stall, idle_timeout="500ms")
        with gateway.client() as client, pytest.raises(Closed):
            client.request("/open")
        assert gateway.far.last.connection.ended.wait(5)

    def test_a_route_may_bound_what_drips_for_ever(self, start, make_upstream):
        def drip(exchange):
            exchange.read_body()
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            pace.drip(exchange.send, itertools.repeat(b"x"), every=0.05)

        routes = [{"path": "/", "upstream": "app", "auth": "none", "timeout": "700ms"}]
        gateway = start(configuration(make_upstream(drip), routes=routes))
        with gateway.client() as client:
            _, seconds = elapsed(lambda: pytest.raises(Closed, client.request, "/"))
        assert 0.5 < seconds < 3
