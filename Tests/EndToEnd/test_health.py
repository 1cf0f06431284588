"""The health of upstreams' servers: checks, failures of requests, and what clients see of both."""

import time

import pytest

from lib.gateway import configuration
from lib.servers import CHECK, Server, group, names
from lib.upstreams import OK, free_port
from lib.waiting import until


def test_a_check_is_a_get_of_the_gateways_own(start, servers):
    (server,) = servers(1)
    start(configuration(group([server], health_check=CHECK)))
    until(lambda: server.checks, "a check")
    check = server.checks[0][1]
    assert check.line == "GET /healthz?deep=1 HTTP/1.1"
    assert check["host"] == server.address
    assert check["connection"] == "close"
    assert "x-auth-user" not in check.names()


def test_servers_are_checked_from_one_place(start, servers):
    (server,) = servers(1)
    start(configuration(group([server], health_check={**CHECK, "interval": "100ms"}), workers=4))
    began = time.monotonic()
    until(lambda: len(server.checks) >= 10, "ten checks")
    assert time.monotonic() - began > 0.6, "each worker seems to check for itself"


@pytest.mark.parametrize(
    "status, healthy",
    [("200 OK", True), ("204 No Content", True), ("302 Found", True), ("399 Odd", True), ("400 Bad Request", False),
     ("404 Not Found", False), ("500 Oops", False), ("503 Busy", False)],
)  # fmt: skip
def test_what_counts_as_healthy(status, healthy, start, servers):
    good, other = servers(2)
    other.status = status
    gateway = start(configuration(group([good, other], health_check=CHECK)))
    until(lambda: len(other.checks) >= 4, "four checks")
    if healthy:
        assert names(gateway) == {"server-0", "server-1"}
        assert "unhealthy" not in gateway.errors()
    else:
        until(lambda: "is unhealthy" in gateway.errors(), "the server to be unhealthy")
        assert names(gateway) == {"server-0"}
        assert f"it answered {status.split()[0]}" in gateway.errors()


def test_a_server_that_recovers_is_used_again_and_each_change_is_said_once(start, servers):
    good, other = servers(2)
    gateway = start(configuration(group([good, other], health_check=CHECK), workers=2))
    for _ in range(2):
        other.status = "500 Oops"
        before = gateway.errors().count("is unhealthy")
        until(lambda: gateway.errors().count("is unhealthy") > before, "the server to be unhealthy")
        assert names(gateway) == {"server-0"}
        other.status = "200 OK"
        before = gateway.errors().count("is healthy again")
        until(lambda: gateway.errors().count("is healthy again") > before, "the server to be healthy again")
        assert names(gateway) == {"server-0", "server-1"}
    lines = [line for line in gateway.errors().splitlines() if "upstream 'app'" in line]
    assert len(lines) == 4, lines
    assert all(other.address in line for line in lines)
    assert "2 checks in a row failed, the last one: it answered 500" in lines[0]


def test_one_failed_check_is_not_enough(start, servers):
    good, other = servers(2)
    script = ["500 Oops", "200 OK"] * 50

    def flaky(exchange):
        if exchange.target == CHECK["path"]:
            other.status = script.pop(0)
        Server.__call__(other, exchange)

    other.upstream.handler = flaky
    gateway = start(configuration(group([good, other], health_check=CHECK)))
    until(lambda: len(other.checks) >= 10, "ten checks")
    assert "unhealthy" not in gateway.errors()


def test_none_healthy_is_503_with_retry_after(start, servers):
    both = servers(2)
    gateway = start(configuration(group(both, health_check=CHECK)))
    for server in both:
        server.status = "500 Oops"
    until(lambda: gateway.errors().count("is unhealthy") == 2, "both to be unhealthy")
    response = gateway.request("/open")
    assert response.refusal == (503, "upstream_unavailable")
    assert int(response["retry-after"]) > 0
    assert [server.requests for server in both] == [0, 0]
    both[0].status = "200 OK"
    until(lambda: gateway.request("/open").status == 200, "the first to be used again")


def test_a_check_that_hangs_fails(start, servers, make_upstream):
    (good,) = servers(1)

    def hang(exchange):
        if exchange.target == CHECK["path"]:
            exchange.connection.wait_for_end()
        exchange.read_body()
        exchange.send(OK)

    hanging = make_upstream(hang)
    gateway = start(configuration({"servers": [good.address, hanging.address], "health_check": CHECK}))
    until(lambda: "is unhealthy" in gateway.errors(), "the server to be unhealthy")
    assert "no response came in time" in gateway.errors()
    assert names(gateway) == {"server-0"}


def test_a_server_that_refuses_checks_is_unhealthy(start, servers):
    (good,) = servers(1)
    gone = f"127.0.0.1:{free_port()}"
    gateway = start(configuration({"servers": [good.address, gone], "health_check": CHECK}))
    until(lambda: f"{gone} is unhealthy" in gateway.errors(), "the server to be unhealthy")
    assert "Connection refused" in gateway.errors()


def test_health_outlives_a_reload_and_removed_servers_are_not_checked_on(start, servers):
    good, other = servers(2)
    other.status = "500 Oops"
    slow = {**CHECK, "healthy_after": 1000}
    gateway = start(configuration(group([good, other], health_check=slow)))
    until(lambda: "is unhealthy" in gateway.errors(), "the server to be unhealthy")
    other.status = "200 OK"
    gateway.reload(configuration(group([good, other], health_check=slow), limits={"fields": 50}))
    assert names(gateway) == {"server-0"}, "an upstream that stays the same keeps what is known"
    third, = servers(1)
    gateway.reload(configuration(group([good, other, third], health_check=slow)))
    with gateway.client() as client:
        for _ in range(12):
            client.request("/open")
    assert other.requests == 0, "so does a server of one that has changed"
    assert third.requests > 0
    (witness,) = servers(1)
    others = {"app": group([good]), "witness": group([witness], health_check=CHECK)}
    gateway.reload(configuration(upstreams=others))
    # By now what was under way has come to its end.
    until(lambda: len(witness.checks) >= 3, "checks of another upstream")
    counts = [len(server.checks) for server in (good, other, third)]
    until(lambda: len(witness.checks) >= 10, "more of them")
    assert counts == [len(server.checks) for server in (good, other, third)]


def test_checks_begin_with_a_reload(start, servers):
    (server,) = servers(1)
    gateway = start(configuration(group([server])))
    gateway.reload(configuration(group([server], health_check=CHECK)))
    until(lambda: len(server.checks) > 2, "checks")


@pytest.mark.parametrize(
    ("statuses", "status", "healthy"),
    [("204", "204 No Content", True), ("204", "200 OK", False), (503, "503 Busy", True), ("200-299,404", "404 Not Found", True),
     ("200-299,404", "301 Moved", False)],
)  # fmt: skip
def test_a_check_says_which_statuses_are_good(statuses, status, healthy, start, servers):
    (server,) = servers(1)
    server.status = status
    gateway = start(configuration(group([server], health_check={**CHECK, "status": statuses})))
    if healthy:
        until(lambda: len(server.checks) >= 4, "four checks")
        assert gateway.request("/open").status == 200
        assert "unhealthy" not in gateway.errors()
    else:
        until(lambda: "is unhealthy" in gateway.errors(), "the server to be unhealthy")
        assert gateway.request("/open").refusal == (503, "upstream_unavailable")


def test_a_check_has_a_host_and_fields_of_its_own(start, servers):
    (server,) = servers(1)
    own = {"host": "app.example.com:8443", "headers": {"Authorization": "Basic eDp5", "user-agent": "probe", "X-Probe": "a b"}}
    start(configuration(group([server], health_check={**CHECK, **own})))
    until(lambda: server.checks, "a check")
    check = server.checks[0][1]
    assert check["host"] == "app.example.com:8443"
    assert (check["authorization"], check["user-agent"], check["x-probe"]) == ("Basic eDp5", "probe", "a b")
    assert check["connection"] == "close"
