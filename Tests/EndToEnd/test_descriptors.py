"""No descriptors left: idle connections are closed, a client that can't be served is told so, and no server is blamed."""

import resource

import pytest

from lib import pace
from lib.client import Closed
from lib.gateway import configuration
from lib.waiting import settled, until

HALF = "GET /open HTTP/1.1\r\nHost: a\r\n"


def calm(gateway):
    """The number of descriptors, once connections have come and gone."""
    return settled(gateway.descriptors, "the number of descriptors", looks=3, every=0.05)


def limit(gateway, more):
    """Leaves the gateway room for so many descriptors more."""
    count = calm(gateway) + more
    resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (count, count))


def at_work(gateway, count):
    """Clients that are in the middle of a request, so that nothing can be taken from them."""
    before = calm(gateway)
    clients = [gateway.client() for _ in range(count)]
    for client in clients:
        client.send(HALF)
    until(lambda: gateway.descriptors() == before + count, "the clients to be accepted")
    calm(gateway)  # what they have sent is read a moment later
    return clients


def outcome(client, target="/open"):
    try:
        client.send(client.head(target))
        return client.response().status
    except (Closed, OSError):
        return None


@pytest.fixture
def gateway(start, upstream):
    settings = {"servers": [upstream.address], "passive_health": {"failures": 1, "eject": "30s"}, "keepalive": 4}
    return start(configuration(settings, limits={"head_timeout": "30s"}))


def test_the_limit_is_raised_as_far_as_it_goes(start, upstream):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        gateway = start(configuration(upstream))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE) == (hard, hard)


def test_without_one_for_the_upstream_the_answer_is_503_and_the_server_is_not_blamed(gateway, upstream):
    with gateway.client() as client:
        limit(gateway, 3)
        # The last client is accepted with the last descriptor.
        others = at_work(gateway, 3)
        response = client.request("/open")
        assert response.refusal == (503, "overloaded")
        assert response["retry-after"] and response["connection"] == "close"
        client.assert_closed()
        others[0].close()
        others[1].close()

        def served():
            with gateway.client() as again:
                return outcome(again) == 200

        until(served, "a request to be served")
    assert "left out" not in gateway.errors()


def test_connections_that_are_kept_upstream_are_let_go_first(gateway, upstream):
    assert gateway.request("/open").status == 200
    until(lambda: len(upstream._open) == 1, "a connection that is kept")
    limit(gateway, 3)
    clients = at_work(gateway, 3)
    with gateway.client() as another:
        # The one that was kept upstream has made room for the client; for another one upstream there is no room.
        assert outcome(another) == 503
    until(lambda: not upstream._open, "the connection upstream to be closed")
    for client in clients:
        client.close()


def test_who_has_been_quiet_the_longest_makes_room(gateway):
    limit(gateway, 12)
    quiet = [gateway.client() for _ in range(8)]
    for client, _ in zip(quiet, pace.ticks(0.01)):
        assert client.request("/open").status == 200
    pace.keep_silent(1.1)
    for _ in range(6):
        late = gateway.client()
        assert outcome(late) == 200
        quiet.append(late)
    quiet[0].assert_closed()
    assert outcome(quiet[-1]) == 200, "the last one was not quiet for long"


def test_who_cannot_be_received_is_told_so_and_others_are_served_on(gateway):
    with gateway.client() as served:
        assert served.request("/open").status == 200
        limit(gateway, 3)
        clients = at_work(gateway, 3)
        for _ in range(50):
            with gateway.client() as refused:
                refused.send(refused.head("/open"))
                response = refused.response()
                assert (response.status, response["connection"]) == (503, "close")
                assert response["retry-after"]
            assert served.request("/").status == 401, "who is connected is served"
        assert "raise the limit on open files" in gateway.errors()
        assert gateway.errors().count("raise the limit") < 5, "and not said once for each"
        for client in clients:
            client.close()

        def accepted():
            with gateway.client() as again:
                return outcome(again) == 200

        until(accepted, "a connection to be accepted again")
