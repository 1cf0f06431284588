"""Servers that are named: requests go where the name leads by now, whatever becomes of it and of the resolver."""

import contextlib
import random
import socket
import struct
import time

import pytest

from lib.client import Client
from lib.gateway import configuration, run, write_config, write_files
from lib.names import NameServer, wait_for_query
from lib.tokens import SECRET, bearer
from lib.upstreams import answer, scripted
from lib.waiting import until

NAME = "app.test"
OFTEN = {"resolve": "50ms"}
SELDOM = {"resolve": "1h"}
CHECK = {"path": "/healthz", "interval": "50ms", "timeout": "1s", "healthy_after": 1, "unhealthy_after": 1}


@pytest.fixture
def names(directory):
    server = NameServer(directory)
    yield server
    server.stop()


@pytest.fixture
def machines(make_upstream):
    """Makes upstreams with addresses of their own and one port, as containers have; each answers with its number."""

    def make(count):
        while True:
            net, port = random.randint(1, 250), random.randint(20_000, 30_000)
            hosts = [f"127.77.{net}.{number + 1}" for number in range(count)]
            try:
                made = [make_upstream(scripted(answer(str(number))), host=host, port=port) for number, host in enumerate(hosts)]
            except OSError:
                continue
            for machine, host in zip(made, hosts):
                machine.host = host
            return made

    return make


def named(machine, name=NAME, **settings):
    return {"servers": [f"{name}:{machine.port}"], **settings}


def texts(gateway, count=8):
    with gateway.client() as client:
        return {client.request("/open").text for _ in range(count)}


def test_requests_follow_a_name_that_moves(start, machines, names, directory):
    old, new = machines(2)
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, **OFTEN)), directory=directory, command=names.command)
    with gateway.client() as client:
        assert client.request("/", fields=bearer()).text == "0"
        names.set(NAME, new.host)
        until(lambda: client.request("/", fields=bearer()).text == "1", "requests to go to the new address")
        asked = len(old.exchanges)
        assert {client.request("/", fields=bearer()).text for _ in range(20)} == {"1"}
    assert len(old.exchanges) == asked
    until(lambda: not old._open, "idle connections to the old address to be closed")
    assert f"upstream 'app': the host '{NAME}' has the address {new.host}; gone: {old.host}" in gateway.errors()


def test_a_connection_in_use_when_the_address_goes_is_not_used_again(start, machines, names, directory):
    old, new = machines(2)
    answered = []

    def slow(exchange):
        exchange.read_body()
        until(lambda: answered, "the address to be gone")
        exchange.send(answer("0"))

    old.handler = slow
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, **OFTEN)), directory=directory, command=names.command)
    with gateway.client() as client:
        client.send(client.head("/open"))
        old.wait_for(1)
        names.set(NAME, new.host)
        until(lambda: "gone:" in gateway.errors(), "the address to be gone")
        answered.append(True)
        assert client.response().text == "0", "what was sent there is answered from there"
    until(lambda: not old._open, "its connection to be closed")
    assert texts(gateway) == {"1"}
    assert len(old.exchanges) == 1


def test_all_addresses_are_used_and_those_that_stay_keep_their_connections(start, machines, names, directory):
    first, second, third = machines(3)
    names.set(NAME, first.host, second.host)
    gateway = start(configuration(named(first, **OFTEN)), directory=directory, command=names.command)
    assert texts(gateway) == {"0", "1"}
    assert [len(each.exchanges) for each in (first, second)] == [4, 4], "they take turns"
    names.set(NAME, third.host, second.host)
    until(lambda: texts(gateway) == {"1", "2"}, "the third to be used in place of the first")
    assert len(second.connections) == 1, "what stays is not touched"


def test_a_weight_is_shared_by_the_addresses_of_a_name(start, machines, make_upstream, names, directory):
    first, second = machines(2)
    other = make_upstream(scripted(answer("other")))
    names.set(NAME, first.host, second.host)
    servers = {"servers": [f"{NAME}:{first.port}", other.address]}
    gateway = start(configuration(servers), directory=directory, command=names.command)
    texts(gateway, 40)
    assert [len(each.exchanges) for each in (first, second, other)] == [10, 10, 20]


def test_a_failed_connection_has_the_name_resolved_at_once_but_not_for_each_request(start, machines, names, directory):
    old, new = machines(2)
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, passive_health=False, **SELDOM)), directory=directory, command=names.command)
    assert texts(gateway) == {"0"}
    old.close()
    began = time.monotonic()
    with gateway.client() as client:
        for _ in range(200):
            assert client.request("/open").refusal == (502, "upstream_unreachable")
        assert names.count(NAME) <= 3 + (time.monotonic() - began)
        names.set(NAME, new.host)
        until(lambda: client.request("/open").status == 200, "requests to go to the new address")
    assert texts(gateway) == {"1"}


def test_a_failed_check_has_the_name_resolved_too(start, machines, names, directory):
    old, new = machines(2)
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, health_check=CHECK, **SELDOM)), directory=directory, command=names.command)
    old.close()
    until(lambda: "is unhealthy" in gateway.errors(), "the old address to be unhealthy")
    names.set(NAME, new.host)
    until(lambda: new.exchanges, "checks at the new address")
    assert texts(gateway) == {"1"}


def test_each_address_is_checked_for_itself(start, machines, names, directory):
    good, bad = machines(2)
    bad.handler = scripted(answer("1", "500 Oops"))
    names.set(NAME, good.host, bad.host)
    gateway = start(configuration(named(good, health_check=CHECK, **OFTEN)), directory=directory, command=names.command)
    label = f"{NAME}:{bad.port} ({bad.host}:{bad.port})"
    until(lambda: f"upstream 'app': {label} is unhealthy" in gateway.errors(), "the second address to be unhealthy")
    assert texts(gateway) == {"0"}
    names.set(NAME, good.host)
    until(lambda: "gone:" in gateway.errors(), "the second address to be gone")
    checks = len(bad.exchanges)
    before = len(good.exchanges)
    until(lambda: len(good.exchanges) > before + 5, "more checks of the first")
    assert len(bad.exchanges) <= checks + 1, "what is gone is not checked; one check may have been under way"


# Names that don't resolve.


def test_a_name_that_does_not_resolve_keeps_nothing_from_starting(start, machines, upstream, names, directory):
    (machine,) = machines(1)
    upstreams = {"app": named(machine, **OFTEN), "other": {"servers": [upstream.address]}}
    routes = [{"path": "/open", "upstream": "app", "auth": "none"}, {"path": "/other", "upstream": "other", "auth": "none"}]
    config = configuration(routes=routes, upstreams=upstreams, admin={"listen": "127.0.0.1:0", "ready": "upstreams"})
    gateway = start(config, directory=directory, command=names.command)
    assert f"warning: the host '{NAME}' can't be resolved: " in gateway.errors()
    response = gateway.request("/open")
    assert response.refusal == (503, "upstream_unavailable")
    assert int(response["retry-after"]) > 0
    assert gateway.request("/other").status == 200
    with Client(gateway.admin) as client:
        assert client.request("/readyz").error["upstreams"] == ["app"]
        names.set(NAME, machine.host)
        until(lambda: client.request("/readyz").status == 200, "the gateway to be ready")
    assert gateway.request("/open").text == "0"


def test_nor_from_a_reload(start, machines, names, directory):
    first, second = machines(2)
    names.set(NAME, first.host)
    gateway = start(configuration(named(first, **OFTEN)), directory=directory, command=names.command)
    gateway.reload(configuration({"servers": [f"{NAME}:{first.port}", f"late.test:{first.port}"], **OFTEN}))
    assert "the host 'late.test' can't be resolved" in gateway.errors()
    assert texts(gateway) == {"0"}
    names.set("late.test", second.host)
    until(lambda: texts(gateway) == {"0", "1"}, "the second name to be used, too")


def test_a_check_of_the_configuration_warns_of_it(names, directory):
    write_files(directory, {"secret.key": SECRET})
    path = write_config(directory, configuration({"servers": ["nowhere.test:80", "127.0.0.1:1"]}))
    code, output, errors = run("-t", "-c", path, command=names.command)
    assert code == 0, errors
    assert "is fine" in output
    (line,) = errors.splitlines()
    assert "warning: the host 'nowhere.test' can't be resolved: Name or service not known" in line


def test_a_resolver_that_says_nothing_holds_nothing_up(start, machines, upstream, names, directory):
    (machine,) = machines(1)
    names.silence("silent.test")
    names.set(NAME, machine.host)
    upstreams = {"app": named(machine), "silent": named(machine, "silent.test"), "other": {"servers": [upstream.address]}}
    routes = [{"path": f"/{name}", "upstream": name, "auth": "none"} for name in upstreams]
    gateway = start(configuration(routes=routes, upstreams=upstreams), directory=directory, command=names.command)
    assert [gateway.request(f"/{name}").status for name in upstreams] == [200, 503, 200]


# A resolver that is down, or denies what it has said before.


def test_the_last_answer_is_kept_while_the_resolver_is_down(start, machines, names, directory):
    old, new = machines(2)
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, **OFTEN)), directory=directory, command=names.command)
    names.stop()
    until(lambda: f"warning: the host '{NAME}' can't be resolved" in gateway.errors(), "the resolver to be missed")
    assert "the addresses known before stay in use" in gateway.errors()
    assert texts(gateway) == {"0"}
    gateway.reload(configuration(named(old, **OFTEN, connect_timeout="3s")))
    assert texts(gateway) == {"0"}, "also by a configuration of which something else has changed"
    names.set(NAME, new.host)
    names.start()
    until(lambda: texts(gateway) == {"1"}, "the new address to be found", timeout=30)


def test_a_name_that_is_denied_for_good_is_given_up(start, machines, names, directory):
    (machine,) = machines(1)
    names.set(NAME, machine.host)
    gateway = start(configuration(named(machine, **OFTEN)), directory=directory, command=names.command)
    assert texts(gateway) == {"0"}
    names.set(NAME)
    wait_for_query(names, NAME)
    refused = until(lambda: (r := gateway.request("/open")).status != 200 and r, "the name to be given up", timeout=30)
    assert refused.refusal == (503, "upstream_unavailable")
    until(lambda: f"the host '{NAME}' does not exist any more" in gateway.errors(), gateway.errors)
    names.set(NAME, machine.host)
    until(lambda: gateway.request("/open").status == 200, "the name to be found again", timeout=30)


def test_a_reload_has_names_resolved_anew(start, machines, names, directory):
    old, new = machines(2)
    names.set(NAME, old.host)
    gateway = start(configuration(named(old, **SELDOM)), directory=directory, command=names.command)
    assert texts(gateway) == {"0"}
    names.set(NAME, new.host)
    gateway.reload()
    until(lambda: texts(gateway) == {"1"}, "the new address to be used")


def pending(host, port):
    """The number of connections to there that the kernel has not made yet (SYN_SENT)."""
    wanted = "{:08X}:{:04X}".format(*struct.unpack("<I", socket.inet_aton(host)), port)
    with open("/proc/net/tcp") as file:
        return sum(fields[2:4] == [wanted, "02"] for fields in map(str.split, file))


def test_a_connection_that_comes_about_after_the_address_is_gone_carries_no_request(start, machines, names, directory):
    old, new = machines(2)
    old.close()
    names.set(NAME, old.host)
    settings = {"connect_timeout": "60s", "passive_health": False, **OFTEN}
    gateway = start(configuration(named(old, **settings)), directory=directory, command=names.command)
    with socket.socket() as stranger, contextlib.ExitStack() as stack:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((old.host, old.port))
        stranger.listen(0)
        ports = set()
        while not pending(old.host, old.port):  # until its queue is full
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((old.host, old.port))
            ports.add(filler.getsockname()[1])
        before = pending(old.host, old.port)
        with gateway.client(timeout=60) as client:
            client.send(client.head("/open"))
            until(lambda: pending(old.host, old.port) > before, "the gateway to wait for its connection")
            names.set(NAME, new.host)
            until(lambda: "gone:" in gateway.errors(), "the address to be gone")
            stranger.settimeout(60)
            connection, peer = stranger.accept()
            while peer[1] in ports:
                connection.close()
                connection, peer = stranger.accept()
            with connection:
                connection.settimeout(10)
                assert connection.recv(1000) == b"", "the request went to a stranger"
            assert client.response().status == 502
    assert texts(gateway) == {"1"}
