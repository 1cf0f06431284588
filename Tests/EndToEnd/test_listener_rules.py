"""The rules of a listener: where it sends requests, what it tells browsers, and which requests came to the wrong one."""

import pytest

from lib.accounts import accounts
from lib.certificates import CLIENT, FileAuthority
from lib.client import Client
from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import answer, free_port
from lib.waiting import until

HSTS = "strict-transport-security"

# Redirects


def redirecting(upstream, redirect="https:8443"):
    return configuration(upstream, listen=[{"address": "127.0.0.1:0", "redirect": redirect}, "127.0.0.1:0"], accounts=accounts())


@pytest.mark.parametrize(
    "method, target", [("GET", "/"), ("GET", "/open?a=b&c=%2F"), ("POST", "/login"), ("DELETE", "/nothing/here"), ("HEAD", "/a%20b;c=d")]
)
def test_every_request_is_sent_to_the_same_url_before_routes_and_hosted_paths(method, target, start, upstream):
    gateway = start(redirecting(upstream))
    response = gateway.request(target, method, {"Host": "example.test:8080", **bearer()}, b"{}" if method == "POST" else None)
    assert (response.status, response["location"]) == (308, "https://example.test:8443" + target)
    assert response.body == b""
    assert not upstream.exchanges
    (line,) = gateway.access_log()
    assert (line["status"], line["method"], "route" in line) == (308, method, False)


def test_the_usual_port_is_left_out_and_connections_are_kept(start, upstream):
    gateway = start(redirecting(upstream, "https"))
    with gateway.client() as client:
        for _ in range(3):
            response = client.request("/x", fields={"Host": "example.test"})
            assert (response.status, response["location"], response.all(HSTS)) == (308, "https://example.test/x", [])


def test_other_listeners_serve_as_ever(start, upstream):
    gateway = start(redirecting(upstream))
    with Client(gateway.addresses[1]) as client:
        assert client.request("/open").status == 200


@pytest.mark.parametrize(
    "head, refusal",
    [
        (b"GET / HTTP/1.1\r\n\r\n", (400, "missing_host")), (b"GET / HTTP/1.0\r\n\r\n", (400, "missing_host")),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", (400, "malformed_host")), (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", (400, "ambiguous_path")),
        (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", (400, "malformed_request_line")),
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused_and_not_sent_on(head, refusal, start, upstream):
    assert start(redirecting(upstream)).exchange(head).refusal == refusal


def test_a_reload_begins_and_ends_it_on_kept_connections(start, upstream):
    address = f"127.0.0.1:{free_port()}"
    served, sent_on = ({**redirecting(upstream), "listen": [entry]} for entry in (address, {"address": address, "redirect": "https"}))
    gateway = start(served)
    with gateway.client() as client:
        assert client.request("/open").status == 200
        gateway.reload(sent_on)
        assert client.request("/open").status == 308
        gateway.reload(served)
        assert client.request("/open").status == 200


# Strict-Transport-Security


@pytest.fixture
def authority():
    return FileAuthority("servers")


def over_tls(pair, **tls):
    return {"address": "127.0.0.1:0", "tls": {"certificates": [pair.entry], **tls}}


def test_every_answer_over_tls_tells_browsers_to_stay_there(start, make_upstream, authority, directory):
    upstream = make_upstream(
        lambda exchange: (exchange.read_body(), exchange.send(answer(b"ok", "200 OK", HSTS + ": max-age=1", "Strict-Transport-Security: max-age=2")))
    )
    pair = authority.pair(directory)
    routes = [
        {"path": "/", "upstream": "app"}, {"path": "/open", "upstream": "app", "auth": "none"},
        {"path": "/own", "auth": "none", "respond": {"status": 200}},
        {"path": "/set", "auth": "none", "upstream": "app", "response_headers": {"set": {"Strict-Transport-Security": "max-age=7"}}},
    ]  # fmt: skip
    config = configuration(upstream, routes=routes, listen=[over_tls(pair, hsts="1h"), over_tls(pair), "127.0.0.1:0"])
    gateway = start(config, directory=directory)
    with Client(gateway.address, tls=authority.trust()) as client:
        for target, status in [("/", 401), ("/open", 200), ("/own", 200), ("/%2e%2e/x", 400)]:
            response = client.request(target)
            assert (response.status, response.all(HSTS)) == (status, ["max-age=3600"])
    with Client(gateway.address, tls=authority.trust()) as client:
        assert client.request("/set").all(HSTS) == ["max-age=7"]
    # Without the key, and in clear, an upstream's own passes as any field.
    with Client(gateway.addresses[1], tls=authority.trust()) as client:
        assert client.request("/open").all(HSTS) == ["max-age=1", "max-age=2"]
        assert client.request("/own").all(HSTS) == []
    with Client(gateway.addresses[2]) as client:
        assert client.request("/own").all(HSTS) == []


def test_what_is_answered_in_clear_on_such_a_port_tells_nothing(start, upstream, authority, directory):
    gateway = start(configuration(upstream, listen=[over_tls(authority.pair(directory), hsts="1h")]), directory=directory)
    response = gateway.request("/open")
    assert (response.refusal, response.all(HSTS)) == ((400, "tls_required"), [])


# Misdirected requests


@pytest.fixture
def two(start, upstream, authority, directory):
    """A listener for everybody, one that asks for certificates, and one in clear."""
    clients = FileAuthority("clients")
    asked = {"client_certificates": {"ca": clients.write(directory, "clients.pem")}}
    public = authority.pair(directory, "public", ["localhost", "www.test"])
    inner = authority.pair(directory, "inner", ["inner.test", "*.deep.test", "www.test"])
    config = configuration(upstream, listen=[over_tls(public), over_tls(inner, **asked), "127.0.0.1:0"])
    gateway = start(config, directory=directory)
    gateway.alice = clients.pair(directory, "alice", (), usage=CLIENT)
    gateway.trust = authority.trust(check_hostname=False)
    gateway.trust_as_alice = authority.trust(client=gateway.alice, check_hostname=False)
    return gateway


MISDIRECTED = ["inner.test", "INNER.test", "inner.test.", "Inner.Test.:8443", "a.deep.test", "A.DEEP.TEST."]
AT_HOME = ["localhost", "www.test", "127.0.0.1", "elsewhere.test", "deep.test", "a.b.deep.test", "xinner.test"]


@pytest.mark.parametrize("name", ["localhost", "inner.test", None])
def test_a_host_of_a_listener_with_other_client_certificates_is_refused(name, two, upstream):
    with Client(two.address, tls=two.trust, name=name) as client:
        for host in MISDIRECTED:
            for target in ("/open", "/", "/nothing"):
                assert client.request(target, fields={"Host": host}).refusal == (421, "misdirected_request")
        assert not upstream.exchanges
        for host in AT_HOME:
            assert client.request("/open", fields={"Host": host}).status == 200
    line = two.access_log()[0]
    assert (line["status"], line["reason"]) == (421, "misdirected_request")


def test_it_holds_in_both_directions(two):
    with Client(two.addresses[1], tls=two.trust_as_alice, name="inner.test") as client:
        assert client.request("/open", fields={"Host": "localhost"}).refusal == (421, "misdirected_request")
        for host in ("inner.test", "a.deep.test", "www.test", "elsewhere.test"):
            assert client.request("/open", fields={"Host": host}).status == 200


def test_in_clear_nothing_is_compared(two):
    with Client(two.addresses[2]) as client:
        for host in MISDIRECTED + AT_HOME:
            assert client.request("/open", fields={"Host": host}).status == 200


def test_listeners_that_ask_for_the_same_certificates_share_their_hosts(start, upstream, authority, directory):
    listeners = [over_tls(authority.pair(directory, name, [name + ".test"])) for name in ("one", "two")]
    gateway = start(configuration(upstream, listen=listeners), directory=directory)
    with Client(gateway.address, tls=authority.trust(check_hostname=False)) as client:
        assert client.request("/open", fields={"Host": "two.test"}).status == 200


def test_names_are_those_of_the_certificates_that_serve_now(two, authority, directory):
    def status(host):
        with Client(two.address, tls=two.trust) as client:
            return client.request("/open", fields={"Host": host}).status

    assert (status("inner.test"), status("new.test")) == (421, 200)
    authority.pair(directory, "inner", ["new.test"])
    until(lambda: status("new.test") == 421, "the new certificate to be in force")
    assert status("inner.test") == 200


def test_the_admin_listener_is_one_of_them(start, upstream, authority, directory):
    clients = FileAuthority("clients")
    asked = {"client_certificates": {"ca": clients.write(directory, "clients.pem")}}
    public, admin = authority.pair(directory, "public", ["localhost"]), authority.pair(directory, "admin", ["admin.test"])
    config = configuration(upstream, listen=[over_tls(public)])
    config["admin"] = {"listen": "127.0.0.1:0", "tls": over_tls(admin, **asked)["tls"]}
    gateway = start(config, directory=directory)
    with Client(gateway.address, tls=authority.trust(check_hostname=False)) as client:
        assert client.request("/open", fields={"Host": "admin.test"}).refusal == (421, "misdirected_request")
    alice = authority.trust(client=clients.pair(directory, "alice", (), usage=CLIENT), check_hostname=False)
    with Client(gateway.admin, tls=alice) as client:
        assert client.request("/healthz", fields={"Host": "localhost"}).refusal == (421, "misdirected_request")
        assert client.request("/healthz", fields={"Host": "admin.test"}).status == 200
