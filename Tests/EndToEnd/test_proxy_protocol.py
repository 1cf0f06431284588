"""Listeners behind a load balancer that says by a PROXY header whose connection it passes on."""

import re
import shutil
import socket
import ssl
import subprocess

import pytest

from lib.certificates import FileAuthority
from lib.client import Client
from lib.gateway import configuration
from lib.proxy_protocol import HAProxy, IntroducedClient, binary, raw, record, text
from lib.waiting import until

ALICE = "203.0.113.9"
UNIX = raw(0x21, 0x31, b"/front".ljust(108, b"\0") * 2)


def behind(upstream, rule=True, address="127.0.0.1:0", **top):
    return configuration(upstream, listen=[{"address": address, "proxy_protocol": rule}], **top)


def seen(gateway, upstream, header):
    """The address that the upstream is told for a client with that header, once."""
    with IntroducedClient(gateway.address, header) as client:
        assert client.request("/open").status == 200
        assert client.request("/open").status == 200, "the header stands before the first request alone"
    return upstream.last["X-Forwarded-For"]


def refused(gateway, *pieces):
    """The gateway answers nothing to those bytes and closes."""
    with Client(gateway.address) as client:
        for piece in pieces:
            client.send_as_far_as_it_goes(piece)
        client.assert_closed(orderly=False)


@pytest.mark.parametrize(
    "header, client",
    [
        (text(ALICE), ALICE),
        (text("2001:db8::9"), "2001:db8::9"),
        (text("::ffff:203.0.113.9"), ALICE),
        (binary(ALICE), ALICE),
        (binary("2001:db8::9"), "2001:db8::9"),
        (binary(ALICE, records=record(0x20, b"\x07" * 5 + record(0x22, b"CN"))), ALICE),
        (binary(ALICE, records=b"\xff" * 4068), ALICE),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"PROXY UNKNOWN 203.0.113.9 x y\r\n", "127.0.0.1"),
        (raw(0x20, 0x00), "127.0.0.1"),
        (raw(0x20, 0x11, b"\xcb\0\x71\x09" * 3), "127.0.0.1"),
        (raw(0x21, 0x00), "127.0.0.1"),
        (UNIX, "unknown"),
    ],
)
def test_the_client_is_the_one_that_the_header_names(header, client, start, upstream):
    gateway = start(behind(upstream))
    assert seen(gateway, upstream, header).strip('"[]') == client
    assert gateway.access_log()[0]["client"] == ("unix" if header == UNIX else client)


@pytest.mark.parametrize("header", [text(ALICE), binary(ALICE, records=record(0x04, b"\0" * 20))])
def test_a_header_may_be_cut_anywhere(header, start, upstream):
    gateway = start(behind(upstream))
    whole = header + b"GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    cuts = [[place] for place in range(1, len(header) + 1)] + [list(range(1, len(whole)))]
    for places in cuts:
        with Client(gateway.address) as client:
            for start_, end in zip([0, *places], [*places, len(whole)]):
                client.send(whole[start_:end])
            assert client.response().status == 200, places
    assert {exchange["X-Forwarded-For"] for exchange in upstream.exchanges} == {ALICE}


def test_a_long_header_may_come_in_two_pieces(start, upstream):
    gateway = start(behind(upstream))
    header = binary(ALICE, records=record(0x30, b"x" * 3000))
    for place in (16, 255, 256, 257, 1000, len(header) - 1):
        with Client(gateway.address) as client:
            client.send(header[:place])
            refused(gateway, b"G")  # the first piece has been looked at by then
            client.send(header[place:])
            assert client.request("/open").status == 200


@pytest.mark.parametrize(
    "start_of_it",
    [
        b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nGET /open HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PROXY TCP4 203.0.113.9 198.51.100.7 1\r\nGET /open HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PROXY TCP4 203.0.113.9 198.51.100.7 1 2\nGET /open HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PROXY UNKNOWN " + b"x" * 100,
        raw(0x21, 0x11, b"\xcb\0\x71\x09"),
        raw(0x21, 0x11, length=4081),
        raw(0x21, 0x12, b"\xcb\0\x71\x09" * 3),
        raw(0x31, 0x11, b"\xcb\0\x71\x09" * 3),
    ],
)
def test_without_a_proper_header_nothing_is_served(start_of_it, start, upstream):
    gateway = start(behind(upstream))
    refused(gateway, start_of_it)
    assert upstream.exchanges == []
    assert seen(gateway, upstream, text(ALICE)) == ALICE


def test_refusals_do_not_flood_the_log(start, upstream):
    gateway = start(behind(upstream))
    for _ in range(30):
        refused(gateway, b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n")
    lines = [line for line in gateway.errors().splitlines() if "PROXY protocol" in line]
    assert len(lines) == 1 and "a connection from 127.0.0.1 was closed" in lines[0], gateway.errors()


@pytest.mark.parametrize("first, second", [(text, text), (text, binary), (binary, text), (binary, binary)])
def test_a_second_header_is_a_bad_request(first, second, start, upstream):
    gateway = start(behind(upstream))
    with IntroducedClient(gateway.address, first(ALICE) + second("203.0.113.66")) as client:
        client.send_as_far_as_it_goes(client.head("/open"))
        assert client.response().status == 400
    assert upstream.exchanges == []
    assert gateway.access_log()[0]["client"] == ALICE


def test_a_listener_without_the_key_takes_no_header(start, upstream):
    gateway = start(configuration(upstream))
    with IntroducedClient(gateway.address, text(ALICE)) as client:
        assert client.response().status == 400


@pytest.mark.parametrize("header", [text, binary])
def test_only_the_listed_networks_may_connect(header, start, upstream):
    gateway = start(behind(upstream, ["127.0.0.2/32", "10.0.0.0/8"]))
    with Client(gateway.address) as client:
        client.send_as_far_as_it_goes(header("127.0.0.2"))
        client.assert_closed(orderly=False)
    with IntroducedClient(gateway.address, header(ALICE), source=("127.0.0.2", 0)) as client:
        assert client.request("/open").status == 200
    assert upstream.last["X-Forwarded-For"] == ALICE
    assert "its address is in none of the networks of 'proxy_protocol'" in gateway.errors()


def test_the_named_client_is_judged_not_the_load_balancer(start, upstream):
    routes = [
        {"path": "/open", "upstream": "app", "auth": "none"},
        {"path": "/inner", "upstream": "app", "auth": "none", "allow_addresses": ["10.0.0.0/8"]},
        {"path": "/outer", "upstream": "app", "auth": "none", "deny_addresses": ["203.0.113.0/24"]},
    ]
    gateway = start(behind(upstream, routes=routes, trusted_proxies=["10.1.1.1"]))
    claimed = {"X-Forwarded-For": "10.2.2.2"}

    def status(source, target, fields=None):
        with IntroducedClient(gateway.address, binary(source)) as client:
            return client.request(target, fields=fields).status

    assert status(ALICE, "/inner") == 403
    assert status(ALICE, "/outer") == 403
    assert status("10.3.3.3", "/inner") == 200
    assert status(ALICE, "/inner", claimed) == 403, "a stranger's word doesn't count"
    assert status("10.1.1.1", "/inner", {"X-Forwarded-For": "203.0.113.9"}) == 403, "a trusted proxy's does"
    assert status("10.1.1.1", "/inner", claimed) == 200


def test_the_front_is_trusted_only_where_it_speaks_for_itself(start, upstream):
    gateway = start(behind(upstream, trusted_proxies=["127.0.0.1"]))
    for header, expected in [(text(ALICE), ALICE), (raw(0x20, 0), "10.2.2.2, 127.0.0.1")]:
        with IntroducedClient(gateway.address, header) as client:
            assert client.request("/open", fields={"X-Forwarded-For": "10.2.2.2"}).status == 200
        assert upstream.last["X-Forwarded-For"] == expected


def test_connections_are_counted_by_the_address_that_is_named(start, upstream):
    gateway = start(behind(upstream, limits={"connections_per_address": 2}))
    held = []
    for source in [ALICE, ALICE, "203.0.113.10", "203.0.113.10"]:
        held.append(IntroducedClient(gateway.address, text(source)))
        assert held[-1].request("/open").status == 200
    refused(gateway, text(ALICE), b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n")
    held.pop(0).close()

    def admitted():
        with IntroducedClient(gateway.address, text(ALICE), timeout=1) as client:
            client.send_as_far_as_it_goes(client.head("/open"))
            try:
                return client.response().status == 200
            except (AssertionError, OSError):
                return False

    until(admitted, "room for another connection of that address")
    for client in held:
        client.close()


def test_a_header_has_its_time(start, upstream):
    gateway = start(behind(upstream, limits={"head_timeout": "400ms", "idle_timeout": "30s"}))
    refused(gateway)
    refused(gateway, b"PROXY TCP4 ")
    with Client(gateway.address) as client:
        client.socket.settimeout(0.02)

        def dripped():
            client.send_as_far_as_it_goes(b"PROXY UNKNOWN " if not dripped.count else b"x")
            dripped.count += 1
            try:
                return client.socket.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionResetError:
                return True

        dripped.count = 0
        until(dripped, "an end of the gateway's patience", timeout=5)
        assert dripped.count < 90, "it was not the length of the header that ended it"
    assert "its PROXY protocol header did not come in time" in gateway.errors()


def test_clients_that_leave_before_their_header_is_whole_leave_nothing_behind(start, upstream):
    gateway = start(behind(upstream, limits={"connections": 4}))
    for _ in range(20):
        with Client(gateway.address) as client:
            client.send(b"PROXY TCP4 ")
        with Client(gateway.address) as client:
            client.send(text(ALICE))
            client.half_close()
            client.assert_closed(orderly=False)
    assert seen(gateway, upstream, text(ALICE)) == ALICE


def test_a_request_that_ends_with_the_sending_side_is_answered(start, upstream):
    gateway = start(behind(upstream))
    with IntroducedClient(gateway.address, text(ALICE) + b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n") as client:
        client.half_close()
        assert client.response().status == 200


@pytest.mark.parametrize("header, client", [(binary(ALICE), ALICE), (raw(0x20, 0), "unknown")])
def test_a_unix_socket_takes_headers_too(header, client, start, upstream, directory):
    gateway = start(behind(upstream, address=f"unix:{directory}/g.sock"), directory=directory)
    with IntroducedClient(f"{directory}/g.sock", header) as connection:
        assert connection.request("/open").status == 200
    assert upstream.last["X-Forwarded-For"] == client
    with Client(f"{directory}/g.sock") as connection:
        connection.send(b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.assert_closed(orderly=False)


def test_a_reload_holds_for_connections_that_come(start, upstream):
    config = behind(upstream, address="127.0.0.1:0")
    gateway = start(config)
    config["listen"][0]["proxy_protocol"] = ["127.0.0.2"]
    with IntroducedClient(gateway.address, text(ALICE)) as kept:
        assert kept.request("/open").status == 200
        gateway.reload(config)
        assert kept.request("/open").status == 200
        refused(gateway, text(ALICE))
    config["listen"][0]["proxy_protocol"] = False
    gateway.reload(config)
    assert gateway.request("/open").status == 200


@pytest.mark.skipif(not shutil.which("haproxy"), reason="HAProxy is not installed")
@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl"])
@pytest.mark.parametrize("unix", [False, True])
def test_haproxy_in_front(option, unix, start, upstream, directory):
    address = f"unix:{directory}/g.sock" if unix else "127.0.0.1:0"
    gateway = start(behind(upstream, address=address), directory=directory)
    with HAProxy(gateway.address, directory, option, "check") as front:
        with Client(("127.0.0.1", front.port), source=("127.0.0.3", 0)) as client:
            for _ in range(3):
                assert client.request("/open", "POST", body=b"x" * 100_000).status == 200
    assert upstream.last["X-Forwarded-For"] == "127.0.0.3"
    assert len(upstream.last.body) == 100_000


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl_with_a_header(start, upstream):
    gateway = start(behind(upstream))
    command = ["curl", "-sS", "--haproxy-protocol", "--interface", "127.0.0.4", gateway.url + "/open", gateway.url + "/open"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert {exchange["X-Forwarded-For"] for exchange in upstream.exchanges} == {"127.0.0.4"}
    plain = subprocess.run(["curl", "-sS", gateway.url + "/open"], capture_output=True, text=True, timeout=20)
    assert plain.returncode != 0 and re.search("reset|Empty reply", plain.stderr), plain.stderr


def test_many_at_once(start, upstream):
    gateway = start(behind(upstream))
    sockets = [socket.create_connection(gateway.address) for _ in range(200)]
    for number, sock in enumerate(sockets):
        sock.sendall(binary(f"203.0.113.{number}")[:10])
    for number, sock in enumerate(sockets):
        sock.sendall(binary(f"203.0.113.{number}")[10:] + b"GET /open HTTP/1.1\r\nHost: a\r\n\r\n")
    for sock in sockets:
        assert sock.recv(12) == b"HTTP/1.1 200"
        sock.close()
    assert len({exchange["X-Forwarded-For"] for exchange in upstream.exchanges}) == 200


# Before TLS.


@pytest.fixture
def secured(start, upstream, directory):
    """A gateway whose listener takes a header and then speaks TLS, and a client's context for it."""
    authority = FileAuthority()
    pair = authority.pair(directory)
    listen = [{"address": "127.0.0.1:0", "proxy_protocol": True, "tls": {"certificates": [pair.entry]}}]
    limits = {"connections_per_address": 3, "handshake_timeout": "2s", "head_timeout": "2s"}
    gateway = start(configuration(upstream, listen=listen, limits=limits), directory=directory)
    gateway.trust = authority.trust()
    return gateway


def introduced(gateway, header, cuts=()):
    """A TLS connection behind a header that comes in pieces, the last of them with the ClientHello."""
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = gateway.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    whole = header + outgoing.read()
    sock = socket.create_connection(gateway.address, 10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for start_, end in zip([0, *cuts], [*cuts, len(whole)]):
        sock.sendall(whole[start_:end])
    return sock, session, incoming, outgoing


def asked(gateway, header, cuts=()):
    """The answer to a request over such a connection."""
    sock, session, incoming, outgoing = introduced(gateway, header, cuts)
    received, hello = b"", True
    with sock:
        while b"\r\n\r\n" not in received:
            try:
                if hello:
                    session.do_handshake()
                    hello = False
                    session.write(b"GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n")
                received += session.read(65536)
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                data = sock.recv(65536)
                assert data, "closed"
                incoming.write(data)
    return received


@pytest.mark.parametrize("header", [text(ALICE), binary(ALICE), binary(ALICE, records=record(0x20, b"\x07" * 300))])
def test_the_header_comes_before_tls(header, secured, upstream):
    for cuts in [(), (1,), (len(header) - 1,), (len(header),), (len(header) + 1,), (5, len(header) + 100), range(1, len(header) + 20)]:
        assert asked(secured, header, cuts).startswith(b"HTTP/1.1 200 ")
        assert upstream.last["X-Forwarded-For"] == ALICE
        assert upstream.last["X-Forwarded-Proto"] == "https"


def test_a_header_inside_tls_is_a_bad_request(secured, upstream):
    refused(secured, b"\x16\x03\x01")
    with IntroducedClient(secured.address, text(ALICE)) as client:
        client.socket = secured.trust.wrap_socket(client.socket, server_hostname="localhost")
        client.send(text("203.0.113.66"), client.head("/open"))
        assert client.response().status == 400
    assert upstream.exchanges == []


def test_a_certificate_that_the_front_speaks_of_is_none_of_ours(start, upstream, directory):
    authority = FileAuthority()
    pair = authority.pair(directory)
    authority.write(directory)
    tls = {"certificates": [pair.entry], "client_certificates": {"ca": "ca.pem", "mode": "optional"}}
    routes = [{"path": "/", "upstream": "app", "auth": "certificate"}]
    listen = [{"address": "127.0.0.1:0", "proxy_protocol": True, "tls": tls}]
    gateway = start(configuration(upstream, routes, listen=listen), directory=directory)
    spoken = record(0x20, b"\x07\0\0\0\0" + record(0x22, b"root") + record(0x28, pair.der))
    with IntroducedClient(gateway.address, binary(ALICE, records=spoken)) as client:
        client.socket = authority.trust().wrap_socket(client.socket, server_hostname="localhost")
        assert client.request("/").refusal == (401, "certificate_missing")


def test_connections_over_tls_are_counted_by_the_address_that_is_named(secured):
    held = [introduced(secured, text(ALICE))[0] for _ in range(3)]
    sock = introduced(secured, text(ALICE))[0]
    with sock:
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            pass
    assert asked(secured, text("203.0.113.10")).startswith(b"HTTP/1.1 200 ")
    for each in held:
        each.close()


@pytest.mark.skipif(not shutil.which("haproxy"), reason="HAProxy is not installed")
@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2"])
def test_haproxy_passes_tls_on(option, secured, upstream, directory):
    with HAProxy(secured.address, directory, option) as front:
        with Client(("127.0.0.1", front.port), source=("127.0.0.3", 0), tls=secured.trust, name="localhost") as client:
            for _ in range(3):
                assert client.request("/open", "POST", body=b"x" * 100_000).status == 200
    assert upstream.last["X-Forwarded-For"] == "127.0.0.3"
