"""Stopping: TERM and QUIT let requests finish, INT does not wait."""

import contextlib
import signal
from collections import Counter

import pytest

from lib.client import Client, elapsed, refuses
from lib.gateway import configuration
from lib.upstreams import Held
from lib.waiting import until


@contextlib.contextmanager
def under_way(gateway, upstream):
    """A client whose request has reached the upstream."""
    with gateway.client() as client:
        client.send(client.head("/open"))
        upstream.wait_for(1)
        yield client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_drain_finishes_what_has_begun_and_takes_nothing_new(number, start, make_upstream):
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream, drain_timeout="20s"))
    busy, idle = gateway.client(), gateway.client()
    busy.send(busy.head("/open"))
    upstream.wait_for(1)
    gateway.signal(number)
    until(lambda: refuses(gateway.address), "the listener to close")
    idle.assert_closed()
    assert gateway.alive()
    held.release()
    response = busy.response()
    assert (response.status, response.body, response["connection"]) == (200, b"ok", "close")
    busy.assert_closed()
    assert gateway.wait() == 0


def test_a_drain_ends_at_once_when_nothing_is_going_on(start, upstream):
    gateway = start(configuration(upstream, drain_timeout="20s"))
    with gateway.client() as client:
        assert client.request("/open").status == 200
        gateway.signal(signal.SIGTERM)
        code, seconds = elapsed(gateway.wait)
        assert code == 0
        assert seconds < 5
        client.assert_closed()


def test_a_drain_serves_connections_that_have_arrived(start, upstream):
    """Requests that wait in the backlog when the order to stop comes."""
    gateway = start(configuration(upstream))
    gateway.request("/open")
    with gateway.paused():
        clients = [gateway.client() for _ in range(200)]
        for client in clients:
            client.send(client.head("/open"))
        gateway.signal(signal.SIGTERM)
    statuses = Counter()
    for client in clients:
        try:
            statuses[client.response().status] += 1
        except OSError as problem:
            statuses[type(problem).__name__] += 1
        client.close()
    assert gateway.wait() == 0
    assert statuses == {200: 200}


def test_a_drain_does_not_wait_for_ever(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration(upstream, drain_timeout="500ms"))
    with under_way(gateway, upstream) as client:
        gateway.signal(signal.SIGTERM)
        code, seconds = elapsed(gateway.wait)
        assert code == 0
        assert 0.3 < seconds < 5


def test_a_second_term_cuts_no_drain_short(start, make_upstream):
    """INT is for impatient operators."""
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream, drain_timeout="20s"))
    with under_way(gateway, upstream) as client:
        gateway.signal(signal.SIGTERM)
        until(lambda: refuses(gateway.address), "the listener to close")
        gateway.signal(signal.SIGTERM)
        until(lambda: gateway.has_taken(signal.SIGTERM), "the second order to arrive")
        held.release()
        assert client.response().status == 200
    assert gateway.wait() == 0


def test_int_stops_at_once(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration(upstream, drain_timeout="20s"))
    with under_way(gateway, upstream):
        gateway.signal(signal.SIGINT)
        code, seconds = elapsed(gateway.wait)
        assert code == 0
        assert seconds < 2


def test_int_ends_a_drain(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration(upstream, drain_timeout="20s"))
    with under_way(gateway, upstream) as client:
        gateway.signal(signal.SIGTERM)
        until(lambda: refuses(gateway.address), "the listener to close")
        gateway.signal(signal.SIGINT)
        code, seconds = elapsed(gateway.wait)
        assert code == 0
        assert seconds < 2


def test_a_quick_stop_writes_the_access_log_first(start, upstream):
    gateway = start(configuration(upstream))
    assert gateway.request("/open").status == 200
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
    assert '"/open"' in gateway.output()


@pytest.mark.parametrize(("number", "said"), [(signal.SIGHUP, "is in force"), (signal.SIGUSR2, "not supported yet")])
def test_a_signal_that_is_no_order_to_stop_does_not_end_the_gateway(number, said, start, upstream):
    gateway = start(configuration(upstream))
    gateway.signal(number)
    until(lambda: said in gateway.errors(), gateway.errors)
    assert gateway.request("/open").status == 200


LEAVING = {"shutdown_delay": "60s", "drain_timeout": "20s", "admin": {"listen": "127.0.0.1:0"}, "workers": 2}


def readiness(gateway):
    with Client(gateway.admin) as client:
        response = client.request("/readyz")
        return response.status, response.json()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_with_a_delay_all_is_served_on_while_readyz_says_that_others_should(number, start, upstream):
    gateway = start(configuration(upstream, **LEAVING))
    with gateway.client() as client:
        assert client.request("/open").status == 200
        gateway.signal(number)
        until(lambda: readiness(gateway)[0] == 503, "the gateway not to be ready")
        assert readiness(gateway)[1]["reason"] == "draining"
        for _ in range(5):
            assert client.request("/open")["connection"] is None, "connections are kept"
            assert gateway.request("/open").status == 200, "new ones are taken"
        gateway.signal(signal.SIGUSR1)
        gateway.signal(signal.SIGHUP)
        assert client.request("/open").status == 200
        gateway.signal(signal.SIGTERM)  # the second order ends the delay
        until(lambda: refuses(gateway.address), "the listener to close")
        client.assert_closed()
    assert gateway.wait() == 0


def test_the_delay_comes_to_its_end(start, make_upstream):
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream, **{**LEAVING, "shutdown_delay": "200ms"}))
    with under_way(gateway, upstream) as client:
        gateway.signal(signal.SIGTERM)
        until(lambda: refuses(gateway.address), "the listener to close")
        held.release()
        assert client.response().status == 200, "the drain follows"
    assert gateway.wait() == 0


def test_int_ends_the_delay_and_everything(start, make_upstream):
    upstream = make_upstream(lambda exchange: exchange.connection.wait_for_end())
    gateway = start(configuration(upstream, **LEAVING))
    with under_way(gateway, upstream) as client:
        gateway.signal(signal.SIGTERM)
        until(lambda: readiness(gateway)[0] == 503, "the gateway not to be ready")
        gateway.signal(signal.SIGINT)
        assert gateway.wait() == 0


def test_the_pid_file_holds_the_process_while_it_runs(start, upstream, directory):
    gateway = start(configuration(upstream, pid_file="gateway.pid"), directory=directory)
    with open(f"{directory}/gateway.pid") as file:
        assert int(file.read()) == gateway.pid
