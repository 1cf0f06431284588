"""The health of an upstream's servers as requests find it out, and the answers that clients get meanwhile."""

import pytest

from lib.gateway import configuration
from lib.servers import group, names
from lib.upstreams import answer
from lib.waiting import until


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
