"""Clients that take their time, or all the room there is: they are found out, and everybody else is served meanwhile."""

import json
import threading
import time

import pytest

from lib import pace
from lib.client import Closed, elapsed
from lib.gateway import configuration
from lib.upstreams import Held, pour
from lib.waiting import until

HALF = "GET /open HTTP/1.1\r\nHost: a\r\n"


def assert_others_are_served(gateway, count=20, within=3.0):
    for _ in range(count):
        response, seconds = elapsed(lambda: gateway.request("/open/quick"))
        assert response.status == 200 and seconds < within, (response, seconds)


class TestRequestsSentAhead:
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
            client.narrow()
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
    """True if the gateway has closed the connection; looks without reading."""
    try:
        client.socket.send(b"\r")
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
                            flooding.release()
                    except OSError:
                        pass

        flooding = threading.Semaphore(0)
        floods = [threading.Thread(target=flood) for _ in range(3)]
        for each in floods:
            each.start()
        try:
            for _ in range(10):
                assert flooding.acquire(timeout=10)
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
        pace.keep_silent(1.1)
        for _ in range(10):
            with gateway.client() as late:
                assert late.request("/open").status == 200
        quiet[0].assert_closed()

    def test_silent_ones_make_room_too(self, start, upstream):
        gateway = start(configuration(upstream, limits={"connections": 20}))
        silent = [gateway.client() for _ in range(20)]
        pace.keep_silent(1.1)
        for _ in range(10):
            with gateway.client(timeout=3) as late:
                assert late.request("/open").status == 200
        silent[0].assert_closed()

    def test_those_at_work_are_never_cut_off_for_others(self, start, make_upstream):
        held = Held()
        upstream = make_upstream(held)
        gateway = start(configuration(upstream, limits={"connections": 3}))
        busy = [gateway.client() for _ in range(3)]
        for client in busy:
            client.send(client.head("/open"))
        upstream.wait_for(3)
        with gateway.client(timeout=2.5) as late:
            late.send(late.head("/open"))
            with pytest.raises(AssertionError, match="no answer"):
                late.response()
            held.release()
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

        def room_for_two():
            clients = [gateway.client() for _ in range(2)]
            try:
                return [client.request("/open").status for client in clients] == [200, 200]
            except (Closed, OSError):
                return False
            finally:
                for client in clients:
                    client.close()

        for _ in range(20):
            until(room_for_two, "room for two connections")


PAGES = [
    {"exact": "/many", "auth": "none", "respond": {"status": 200, "body": "x"}},
    {"exact": "/one", "auth": "none", "respond": {"status": 200, "body": "y"}},
    {"exact": "/closed", "respond": {"status": 200, "body": "z"}},
]


@pytest.mark.parametrize("target", ["/many", "/closed"])
def test_pipelined_requests_take_turns_with_those_of_others(target, start):
    gateway = start(configuration(routes=PAGES))
    count = 2000
    with gateway.client() as greedy, gateway.client() as modest:
        assert greedy.request("/many").status == 200 and modest.request("/one").status == 200
        with gateway.paused():
            greedy.send(greedy.head(target) * count)
            modest.send(modest.head("/one"))
        reader = threading.Thread(target=lambda: [greedy.response() for _ in range(count)])
        reader.start()
        assert modest.response().text == "y"
        reader.join()
    lines = until(lambda: gateway.output().count("\n") >= count + 3 and gateway.output().splitlines(), "all lines")
    paths = [json.loads(line)["path"] for line in lines][2:]
    assert paths.index("/one") < 500, "the others had to wait for all of it"
