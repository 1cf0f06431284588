"""The health of upstreams' servers: checks, failures of requests, and what clients see of both."""

import os
import signal
import subprocess
import time

import pytest

from lib.client import accepts
from lib.gateway import binary, configuration
from lib.load import Load
from lib.servers import CHECK, Server, group, names
from lib.upstreams import OK, answer, free_port
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


# What requests find out.


def test_a_server_that_refuses_is_left_out_and_clients_see_nothing(start, servers):
    good, other = servers(2)
    passive = {"failures": 3, "eject": "30s"}
    gateway = start(configuration(group([good, other], passive_health=passive)))
    assert names(gateway) == {"server-0", "server-1"}
    other.upstream.close()
    with gateway.client() as client:
        for _ in range(30):
            assert client.request("/open").status == 200
    said = [line for line in gateway.errors().splitlines() if "is left out" in line]
    assert len(said) == 1, gateway.errors()
    assert f"upstream 'app': {other.address} is left out for 30" in said[0]
    assert "3 requests in a row failed" in said[0] and "refused" in said[0]
    failures = gateway.errors().count("Connection refused")
    assert failures <= 4, "it is not asked while it is left out"


def test_it_is_tried_with_one_request_and_comes_back(start, servers, make_upstream):
    good, other = servers(2)
    passive = {"failures": 1, "eject": "300ms", "max_eject": "10s"}
    gateway = start(configuration(group([good, other], passive_health=passive), workers=2))
    port = other.upstream.port
    other.upstream.close()
    with gateway.client() as client:
        until(lambda: client.request("/open").status == 200 and "is left out for 0.3" in gateway.errors(), "an ejection")
        until(lambda: client.request("/open").status == 200 and "left out for another 0.6" in gateway.errors(), "a longer one")
        make_upstream(other, port=port)
        until(lambda: client.request("/open").status == 200 and "is used again" in gateway.errors(), "a good trial")
    assert names(gateway) == {"server-0", "server-1"}


def test_a_server_that_hangs_costs_a_few_504_and_is_left_out(start, servers):
    good, other = servers(2)
    settings = {"response_timeout": "300ms", "passive_health": {"failures": 2, "eject": "30s"}}
    gateway = start(configuration(group([good, other], **settings)))
    other.delay.clear()
    with gateway.client() as client:
        outcomes = [client.request("/open").status for _ in range(20)]
    other.delay.set()
    # A good answer of the other server does not speak for this one.
    assert outcomes.count(504) == 2, outcomes
    assert outcomes.count(200) == 18


def test_a_routes_own_timeout_does_not_speak_against_the_server(start, servers):
    good, other = servers(2)
    routes = [{"path": "/open", "upstream": "app", "auth": "none"},
              {"path": "/open/slow", "upstream": "app", "auth": "none", "timeout": "100ms"}]  # fmt: skip
    settings = {"passive_health": {"failures": 1, "eject": "30s"}}
    gateway = start(configuration(group([good, other], **settings), routes=routes))
    other.delay.clear()
    with gateway.client() as client:
        assert {client.request("/open/slow").status for _ in range(4)} == {200, 504}
    other.delay.set()
    assert "left out" not in gateway.errors()


def test_if_all_are_left_out_one_is_asked_all_the_same(start, servers, make_upstream):
    both = servers(2)
    gateway = start(configuration(group(both, passive_health={"failures": 1, "eject": "60s"})))
    ports = [server.upstream.port for server in both]
    for server in both:
        server.upstream.close()
    for _ in range(3):
        assert gateway.request("/open").status == 502
    until(lambda: gateway.errors().count("is left out") == 2, "the log to say so")
    for server, port in zip(both, ports):
        make_upstream(server, port=port)
    assert gateway.request("/open").status == 200, "although the time is not up"
    until(lambda: gateway.errors().count("is used again") == 1, "the log to say so")


def test_a_lonely_server_is_asked_whatever_has_happened(start, servers, make_upstream):
    (server,) = servers(1)
    gateway = start(configuration(group([server], passive_health={"failures": 1, "eject": "60s"})))
    port = server.upstream.port
    server.upstream.close()
    assert [gateway.request("/open").status for _ in range(3)] == [502, 502, 502]
    make_upstream(server, port=port)
    assert gateway.request("/open").status == 200


def test_passive_health_can_be_turned_off(start, servers):
    good, other = servers(2)
    gateway = start(configuration(group([good, other], passive_health=False)))
    other.upstream.close()
    with gateway.client() as client:
        for _ in range(20):
            assert client.request("/open").status == 200
    assert "left out" not in gateway.errors()


def test_a_dead_server_is_spoken_of_when_it_dies_not_with_every_request(start, servers):
    good, other = servers(2)
    gateway = start(configuration(group([good, other], passive_health=False), workers=2))
    other.upstream.close()
    good.upstream.close()
    for _ in range(50):
        assert gateway.request("/open").refusal == (502, "upstream_unreachable")
    lines = [line for line in gateway.errors().splitlines() if "Connection refused" in line]
    assert sorted(line.split("warning: ")[1] for line in lines) == sorted(
        f"upstream 'app': {server.address}: Connection refused" for server in (good, other)
    )


def test_a_server_that_talks_nonsense_is_spoken_of_once(start, make_upstream):
    nonsense = make_upstream(lambda exchange: (exchange.read_body(), exchange.send(b"nonsense\r\n\r\n"), exchange.close()))
    short = make_upstream(lambda exchange: (exchange.read_body(), exchange.send(answer("abc")[:-1]), exchange.close()))
    upstreams = {"nonsense": {"servers": [nonsense.address]}, "short": {"servers": [short.address]}}
    routes = [{"path": f"/{name}", "upstream": name, "auth": "none"} for name in upstreams]
    gateway = start(configuration(routes=routes, upstreams=upstreams))
    for _ in range(20):
        assert gateway.request("/nonsense").refusal == (502, "upstream_malformed")
        with gateway.client() as client:
            client.send(client.head("/short"))
            with pytest.raises(AssertionError):
                client.response()
    until(lambda: "broke off" in gateway.errors(), "a line about the response that broke off")
    for name, text in (("nonsense", "the response can't be relayed"), ("short", "the response broke off after 2 bytes")):
        lines = [line for line in gateway.errors().splitlines() if f"upstream '{name}'" in line]
        assert len(lines) == 1 and text in lines[0], gateway.errors()


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


# Under load: three servers, killed and hung one after the other.


def program(directory, number):
    port = free_port()
    command = [binary(), "whoami", "--listen", f"127.0.0.1:{port}"]
    log = open(os.path.join(directory, f"whoami-{number}.log"), "ab")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    process.port = port
    until(lambda: accepts(("127.0.0.1", port)), "whoami to listen")
    return process


@pytest.mark.parametrize("checked", [False, True], ids=["passive", "checked"])
@pytest.mark.parametrize("trouble", ["killed", "hung"])
def test_servers_in_trouble_one_after_the_other_under_load(trouble, checked, start, directory):
    processes = [program(directory, number) for number in range(3)]
    try:
        settings = {
            "servers": [f"127.0.0.1:{process.port}" for process in processes],
            "response_timeout": "500ms", "connect_timeout": "500ms",
            "passive_health": {"failures": 3, "eject": "60s"},
        }  # fmt: skip
        if checked:
            settings["health_check"] = {**CHECK, "path": "/", "interval": "100ms"}
        gateway = start(configuration(settings, workers=2), directory=directory)
        load = Load(gateway, keep=6, fresh=2)
        until(lambda: load.count() > 200, "the load to begin")
        steps = []
        for process in processes:
            before = dict(load.outcomes)
            count = load.count()
            process.send_signal(signal.SIGKILL if trouble == "killed" else signal.SIGSTOP)
            address = f"127.0.0.1:{process.port}"
            until(lambda: any(f"{address} is {what}" in gateway.errors() for what in ("left out", "unhealthy")),
                  f"{address} to be found out")  # fmt: skip
            until(lambda: load.count() > count + 100, "some more requests", timeout=30)
            if checked and process is processes[-1]:
                until(lambda: load.outcomes.get(503), "503 once the checks of all fail")
            after = dict(load.outcomes)
            steps.append({key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)})
        load.stop()
        print(f"\n{trouble}, {'checked' if checked else 'passive'}: {steps}")
        for step in steps[:2]:
            # Answers only, and few that are not good: what was under way, and what it took to find out.
            assert all(isinstance(outcome, int) for outcome in step), step
            bad = sum(count for outcome, count in step.items() if outcome != 200)
            assert set(step) <= {200, 502, 504}, step
            # What each of the eight clients had under way, and as much again for those whom a hung server got twice.
            assert bad <= (8 if trouble == "killed" else 16), step
            assert step[200] > 20
        assert set(steps[2]) <= {200, 502, 503, 504}, steps[2]
    finally:
        for process in processes:
            process.kill()
            process.wait()
