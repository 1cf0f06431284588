"""Clients that take their time, or all the room there is: they are found out, and everybody else is served meanwhile."""

import socket
import threading
import time

import pytest
from lib.client import Closed, elapsed
from lib.gateway import configuration
from lib.upstreams import OK, answer
from lib.waiting import until

HALF = "GET /open HTTP/1.1\r\nHost: a\r\n"


def small_window(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


def assert_others_are_served(gateway, count=20, within=3.0):
    for _ in range(count):
        response, seconds = elapsed(lambda: gateway.request("/open/quick"))
        assert response.status == 200 and seconds < within, (response, seconds)


def pour(exchange):
    """Sends without end, but for the path that ends in `quick`."""
    exchange.read_body()
    if exchange.target == "/open/quick":
        return exchange.send(OK)
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


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
            client.send(client.head("/open", "POST", {"Content-Length": "20000"}))
            for _ in range(20):
                time.sleep(0.1)
                client.send(b"x" * 1000)
            assert client.response("POST").text == "firstlast"


class TestReaders:
    def test_one_that_takes_nothing_is_cut_off(self, start, make_upstream):
        upstream = make_upstream(pour)
        gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            small_window(client)
            client.send(client.head("/open"))
            upstream.wait_for(1)
            assert upstream.last.connection.ended.wait(10) or not upstream._open
            until(lambda: '"broken_off":true' in gateway.output(), "a line in the log")

    def test_one_that_sips_is_cut_off(self, start, make_upstream):
        """Ten bytes a second, as slow read attacks do it: less than 240."""
        upstream = make_upstream(pour)
        gateway = start(configuration(upstream, limits={"head_timeout": "500ms"}))
        with gateway.client() as client:
            small_window(client)
            client.send(client.head("/open"))
            upstream.wait_for(1)

            def cut_off():
                try:
                    client.socket.recv(1)
                except OSError:
                    return True
                time.sleep(0.1)
                return not upstream._open

            until(cut_off, "the gateway to lose its patience", timeout=10)

    def test_one_for_whom_nothing_waits_is_left_alone(self, start, make_upstream):
        """Server-sent events that are rare: nobody is slow while there is nothing to read."""
        go = threading.Event()

        def events(exchange):
            exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            go.wait(10)
            exchange.send(b"4\r\nlast\r\n0\r\n\r\n")

        gateway = start(configuration(make_upstream(events), limits={"head_timeout": "300ms"}))
        with gateway.client() as client:
            client.send(client.head("/open"))
            client.receive_until("first")
            time.sleep(1.5)
            go.set()
            client.receive_until("last\r\n0\r\n\r\n")

    def test_one_who_waits_for_a_slow_answer_is_left_alone(self, start, make_upstream):
        def slow(exchange):
            exchange.read_body()
            time.sleep(1.5)
            exchange.send(answer("slow"))

        gateway = start(configuration(make_upstream(slow), limits={"head_timeout": "300ms"}))
        assert gateway.request("/open", "POST", body=b"x" * 1000).text == "slow"

    @pytest.mark.parametrize("target", ["/open/quick", "/refused", "/own"])
    def test_ten_thousand_requests_sent_ahead_and_no_answer_read(self, target, start, make_upstream):
        routes = [
            {"path": "/", "upstream": "app"},
            {"path": "/open", "upstream": "app", "auth": "none"},
            {"exact": "/own", "auth": "none", "respond": {"status": 200, "body": "x" * 1000}},
        ]
        gateway = start(configuration(make_upstream(pour), routes=routes, limits={"head_timeout": "1s"}, log={"access": "off"}))
        assert_others_are_served(gateway, 5)
        before = gateway.memory()["VmRSS"]
        with gateway.client(timeout=8) as client:
            small_window(client)
            flood = client.head(target) * 10_000

            def send():
                try:
                    client.socket.sendall(flood)
                except OSError:
                    pass

            sending = threading.Thread(target=send)
            sending.start()
            assert_others_are_served(gateway)
            assert gateway.memory()["VmRSS"] - before < 8 << 20
            sending.join()
            until(lambda: _is_gone(client), "the connection to end", timeout=30)
        assert_others_are_served(gateway, 5)


def _is_gone(client):
    """Whether the gateway has given the connection up; looks without reading."""
    try:
        client.socket.send(b"\r")
        time.sleep(0.05)
        return False
    except OSError:
        return True


class TestRefusedClients:
    def test_who_goes_on_sending_after_a_refusal_keeps_nobody_waiting(self, start, upstream):
        """The answer is out and the gateway reads on, so that it isn't lost: for a while, and not for this client alone."""
        gateway = start(configuration(upstream))
        stop = threading.Event()

        def flood():
            while not stop.is_set():
                with gateway.client() as client:
                    client.send("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
                    try:
                        while not stop.is_set():
                            client.socket.send(b"x" * 1_000_000)
                    except OSError:
                        pass

        floods = [threading.Thread(target=flood) for _ in range(3)]
        for each in floods:
            each.start()
        try:
            time.sleep(0.2)
            assert_others_are_served(gateway, 30)
        finally:
            stop.set()
            for each in floods:
                each.join()

    def test_reading_on_has_an_end(self, start, upstream):
        gateway = start(configuration(upstream))
        with gateway.client() as client:
            client.send("POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")
            assert client.response().status == 400
            began = time.monotonic()
            with pytest.raises(OSError):
                while time.monotonic() - began < 8:
                    client.socket.send(b"x" * 10_000)
            assert 1.5 < time.monotonic() - began < 5


class TestConnections:
    def test_quiet_ones_make_room_when_there_are_as_many_as_may_be(self, start, upstream):
        gateway = start(configuration(upstream, limits={"connections": 20}))
        quiet = [gateway.client() for _ in range(20)]
        for client in quiet:
            assert client.request("/open").status == 200
        time.sleep(1.2)
        for _ in range(10):
            with gateway.client() as late:
                assert late.request("/open").status == 200
        quiet[0].assert_closed()

    def test_silent_ones_make_room_too(self, start, upstream):
        gateway = start(configuration(upstream, limits={"connections": 20}))
        silent = [gateway.client() for _ in range(20)]
        time.sleep(1.2)
        for _ in range(10):
            with gateway.client(timeout=3) as late:
                assert late.request("/open").status == 200
        silent[0].assert_closed()

    def test_those_at_work_are_never_cut_off_for_others(self, start, make_upstream):
        go = threading.Event()

        def wait(exchange):
            exchange.read_body()
            go.wait(20)
            exchange.send(OK)

        upstream = make_upstream(wait)
        gateway = start(configuration(upstream, limits={"connections": 3}))
        busy = [gateway.client() for _ in range(3)]
        for client in busy:
            client.send(client.head("/open"))
        upstream.wait_for(3)
        with gateway.client(timeout=2.5) as late:
            late.send(late.head("/open"))
            with pytest.raises(AssertionError, match="no answer"):
                late.response()
            go.set()
            for client in busy:
                assert client.response().status == 200
            busy[0].close()
            late.socket.settimeout(10)
            assert late.response().status == 200

    def test_a_trusted_proxy_is_not_one_client(self, start, upstream):
        """Behind its address stand many."""
        gateway = start(configuration(upstream, limits={"connections_per_address": 2}, trusted_proxies=["127.0.0.2/32"]))
        clients = [gateway.client(source=("127.0.0.2", 0)) for _ in range(6)]
        for client in clients:
            assert client.request("/open").status == 200
        own = [gateway.client() for _ in range(2)]
        for client in own:
            assert client.request("/open").status == 200
        with gateway.client() as third, pytest.raises((Closed, OSError)):
            third.request("/open")

    def test_an_address_gets_room_back_when_it_closes(self, start, upstream):
        gateway = start(configuration(upstream, limits={"connections_per_address": 2}))
        for _ in range(20):
            clients = [gateway.client() for _ in range(2)]
            for client in clients:
                assert client.request("/open").status == 200
                client.close()

            def room():
                with gateway.client() as client:
                    try:
                        return client.request("/open").status == 200
                    except (Closed, OSError):
                        return False

            until(room, "room for another connection")
            time.sleep(0.02)
