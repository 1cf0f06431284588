"""Upstreams that are spoken to over TLS: whom the gateway believes, what it resumes, and what counts as a whole answer."""

import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from lib.client import Closed, accepts
from lib.gateway import configuration, run, write_config
from lib.identity_provider import Authority
from lib.listening import Listener
from lib.tokens import bearer
from lib.upstreams import OK, answer, free_port, scripted
from lib.waiting import until

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def secure(make_upstream, authority, directory):
    """Makes upstreams with a good certificate, unless another context is given."""
    authority.write(directory)

    def make(handler=None, context=None, **named):
        return make_upstream(handler, context=context or authority.context(directory), **named)

    return make


@pytest.fixture
def run_with(start, directory):
    """Starts a gateway for such upstreams."""

    def begin(*upstreams, tls=None, top=None, **changes):
        servers = [each if isinstance(each, str) else each.address for each in upstreams]
        config = {"servers": servers, "tls": {"ca": "ca.pem", **(tls or {})}, **changes}
        return start(configuration(config, **(top or {})), directory=directory)

    return begin


def said(gateway, text):
    until(lambda: text in gateway.errors(), lambda: f"{text!r} in the log: {gateway.errors()!r}")


@pytest.mark.parametrize("version", VERSIONS)
def test_requests_go_over_one_kept_session(version, secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, version=version))
    gateway = run_with(upstream)
    with gateway.client() as client:
        for size in (0, 1, 100_000):
            assert client.request("/", "POST", bearer(), b"x" * size).status == 200
            assert upstream.last.body == b"x" * size
    assert len(upstream.connections) == 1
    assert upstream.connections[0].socket.version() == {VERSIONS[0]: "TLSv1.2", VERSIONS[1]: "TLSv1.3"}[version]
    assert upstream.connections[0].socket.selected_alpn_protocol() is None


def test_http_1_1_is_what_is_asked_for(secure, run_with, authority, directory):
    context = authority.context(directory)
    context.set_alpn_protocols(["h2", "http/1.1"])
    upstream = secure(context=context)
    assert run_with(upstream).request("/open").status == 200
    assert upstream.connections[0].socket.selected_alpn_protocol() == "http/1.1"


UNTRUSTED = {
    "another name": (dict(names=["127.0.0.2", "example.com"]), "its certificate is not for '127.0.0.1'"),
    "only the common name": (dict(names=["example.com"]), "its certificate is not for '127.0.0.1'"),
    "expired": (dict(days=(-10, -1)), "its certificate has expired"),
    "not yet valid": (dict(days=(1, 10)), "its certificate is not valid yet"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", UNTRUSTED)
def test_a_certificate_that_does_not_fit_is_502(kind, version, secure, run_with, authority, directory):
    arguments, why = UNTRUSTED[kind]
    context = authority.context(directory, *arguments.get("names", []), days=arguments.get("days", (-1, 30)), version=version)
    refused(secure(context=context), run_with, why)


def test_a_certificate_of_an_unknown_authority_is_502(secure, run_with, directory):
    other = Authority("Another")
    refused(secure(context=other.context(directory)), run_with, "an authority that is not trusted")


def test_a_certificate_that_signs_itself_is_502(secure, run_with, directory):
    lonely = Authority("127.0.0.1")
    path = os.path.join(directory, "lonely.pem")
    with open(path, "w") as file:
        file.write(lonely.pem() + lonely.private_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    refused(secure(context=context), run_with, "signed by itself and not trusted")


def refused(upstream, run_with, why):
    gateway = run_with(upstream, passive_health=False)
    with gateway.client() as client:
        for _ in range(5):
            assert client.request("/open").refusal == (502, "upstream_untrusted")
    assert upstream.exchanges == []
    said(gateway, why)
    lines = [line for line in gateway.errors().splitlines() if why in line]
    assert len(lines) == 1, gateway.errors()
    assert f"upstream 'app': {upstream.address}: " in lines[0]
    assert {line["reason"] for line in gateway.access_log(5)} == {"upstream_untrusted"}
    until(lambda: upstream.failures, "the upstream to be told")


def test_without_verification_anybody_will_do_and_that_is_said(secure, start, authority, directory):
    upstream = secure(context=Authority("Another").context(directory, "example.com", days=(-10, -1)))
    gateway = start(configuration({"servers": [upstream.address], "tls": {"verify": False}}), directory=directory)
    assert gateway.request("/open").status == 200
    assert "anybody on the way to these servers can pass for them" in gateway.errors()


def test_the_authorities_of_the_system_are_the_default(secure, start, directory):
    upstream = secure()
    config = configuration({"servers": [upstream.address], "tls": True})
    assert start(config, directory=directory, env={"SSL_CERT_FILE": directory + "/ca.pem"}).request("/open").status == 200
    assert start(config).request("/open").refusal == (502, "upstream_untrusted")


def test_a_file_of_authorities_stands_in_place_of_the_systems(secure, start, directory):
    upstream = secure()
    Authority("Another").write(directory, "other.pem")
    config = configuration({"servers": [upstream.address], "tls": {"ca": "other.pem"}})
    gateway = start(config, directory=directory, env={"SSL_CERT_FILE": directory + "/ca.pem"})
    assert gateway.request("/open").refusal == (502, "upstream_untrusted")


@pytest.mark.parametrize(
    "host, names, server_name, asked",
    [
        ("127.0.0.1", ["127.0.0.1"], None, None),
        ("localhost", ["localhost"], None, "localhost"),
        ("127.0.0.1", ["orders.internal"], "orders.internal", "orders.internal"),
        ("127.0.0.1", ["*.b.internal"], "Orders.B.Internal", "orders.b.internal"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3", None),
    ],
)
def test_the_name_that_is_asked_for(host, names, server_name, asked, secure, run_with, authority, directory):
    seen = []
    context = authority.context(directory, *names)
    context.sni_callback = lambda connection, name, context: seen.append(name)
    upstream = secure(context=context)
    tls = {"server_name": server_name} if server_name else {}
    gateway = run_with(f"{host}:{upstream.port}", tls=tls)
    assert gateway.request("/open").status == 200
    assert seen == [asked]


@pytest.mark.parametrize("names", [["*.c.b.internal"], ["*.internal"], ["*"], ["a*.b.internal"], ["*.*.internal"], ["xa.b.internal"]])
def test_wildcards_stand_for_one_whole_label(names, secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, *names))
    gateway = run_with(upstream, tls={"server_name": "a.b.internal"})
    assert gateway.request("/open").refusal == (502, "upstream_untrusted")


def test_a_unix_socket_may_speak_tls(secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, "app.internal"), unix=directory + "/app.sock")
    gateway = run_with(upstream, tls={"server_name": "app.internal"})
    with gateway.client() as client:
        for _ in range(3):
            assert client.request("/open").status == 200


# Obstacles to a session.


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_may_ask_for_a_certificate(version, secure, run_with, authority, directory):
    context = authority.context(directory, version=version)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(directory + "/ca.pem")
    upstream = secure(context=context)
    bare = run_with(upstream, passive_health=False)
    status, why = bare.request("/open").refusal
    assert (status, why) in [(502, "upstream_reset"), (502, "upstream_unreachable")]
    alert = "alert 116, certificate_required" if version == VERSIONS[1] else "alert 40, handshake_failure"
    said(bare, f"upstream 'app': {upstream.address}: it refused the TLS handshake ({alert})")
    assert upstream.exchanges == []
    authority.pair(directory, "client", "gateway")
    armed = run_with(upstream, tls={"certificate": "client.pem", "key": "client.key"})
    for _ in range(3):
        assert armed.request("/open").status == 200
    shown = upstream.connections[-1].socket.getpeercert()
    assert shown["subjectAltName"] == (("DNS", "gateway"),)


def test_versions_below_the_least_are_not_spoken(secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, version=ssl.TLSVersion.TLSv1_2))
    gateway = run_with(upstream, tls={"min_version": "1.3"})
    assert gateway.request("/open").refusal == (502, "upstream_unreachable")
    said(gateway, f"upstream 'app': {upstream.address}: ")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_versions_are_not_spoken(version, secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, version=ssl.TLSVersion[version]))
    assert run_with(upstream).request("/open").refusal == (502, "upstream_unreachable")


def test_a_server_in_clear_is_no_server(make_upstream, run_with, authority, directory):
    authority.write(directory)
    upstream = make_upstream()
    gateway = run_with(upstream, connect_timeout="300ms")
    assert gateway.request("/open").refusal == (504, "upstream_timeout"), "it waits for the rest of a line"
    assert upstream.exchanges == []


def test_bytes_before_the_handshake_are_no_answer(run_with, authority, directory):
    authority.write(directory)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            for _ in range(2):
                connection, _ = server.accept()
                connection.sendall(answer("injected"))
                connection.recv(65536)
                connection.close()

        threading.Thread(target=greet, daemon=True).start()
        gateway = run_with("127.0.0.1:%d" % server.getsockname()[1])
        assert gateway.request("/open").refusal == (502, "upstream_unreachable")
        said(gateway, "does not speak TLS")


def test_a_handshake_has_the_time_of_connecting(run_with, authority, directory):
    authority.write(directory)
    with socket.create_server(("127.0.0.1", 0)) as server:
        gateway = run_with("127.0.0.1:%d" % server.getsockname()[1], connect_timeout="300ms")
        assert gateway.request("/open").refusal == (504, "upstream_timeout")
        said(gateway, "connecting took too long")


def test_a_server_that_closes_instead_of_a_handshake_is_unreachable(run_with, authority, directory):
    authority.write(directory)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def slam():
            while True:
                server.accept()[0].close()

        threading.Thread(target=slam, daemon=True).start()
        gateway = run_with("127.0.0.1:%d" % server.getsockname()[1])
        for _ in range(5):
            assert gateway.request("/open").refusal[1] in ("upstream_unreachable", "upstream_unavailable")


class Relay:
    """Between gateway and upstream: passes on what it gets, as `pass_on(sock, data)` does it towards the gateway."""

    def __init__(self, upstream, pass_on):
        self.pass_on = pass_on
        self.listener = Listener(lambda gateway: self._relay(gateway, ("127.0.0.1", upstream.port)))
        self.address = self.listener.authority

    def _relay(self, gateway, target):
        gateway.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with gateway, socket.create_connection(target) as upstream:
            threading.Thread(target=self._upwards, args=(gateway, upstream), daemon=True).start()
            with contextlib.suppress(OSError):
                while data := upstream.recv(65536):
                    self.pass_on(gateway, data)
            for each in (gateway, upstream):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _upwards(gateway, upstream):
        with contextlib.suppress(OSError):
            while data := gateway.recv(65536):
                upstream.sendall(data)
            upstream.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handshake_may_come_byte_by_byte(version, secure, run_with, authority, directory):
    upstream = secure(scripted(answer(b"x" * 3000)), context=authority.context(directory, version=version))

    def drip(sock, data):
        for index in range(len(data)):
            sock.send(data[index : index + 1])

    gateway = run_with(Relay(upstream, drip))
    with gateway.client() as client:
        for _ in range(2):
            assert client.request("/open").body == b"x" * 3000


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handshake_that_breaks_off_anywhere_is_502(version, secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, version=version))
    left = [0]

    def cut(sock, data):
        sock.send(data[: left[0]])
        left[0] -= len(data)
        if left[0] <= 0:
            raise OSError

    gateway = run_with(Relay(upstream, cut), passive_health=False)
    with gateway.client() as client:
        for count in (0, 1, 4, 5, 6, 50, 127, 128, 200, 400, 600):
            left[0] = count
            assert client.request("/open").refusal in [(502, "upstream_unreachable"), (502, "upstream_reset")], count
        left[0] = 1 << 30
        assert client.request("/open").status == 200
    assert len(upstream.exchanges) <= 3, "what was broken off before the handshake was over got no request"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_changed_on_the_way_is_no_answer(version, secure, run_with, authority, directory):
    upstream = secure(scripted(answer(b"x" * 3000)), context=authority.context(directory, version=version))
    changed = [None]

    def change(sock, data):
        if changed[0] is not None and len(data) > 3000:
            data = data[: changed[0]] + bytes([data[changed[0]] ^ 1]) + data[changed[0] + 1 :]
        sock.sendall(data)

    gateway = run_with(Relay(upstream, change), passive_health=False, keepalive=0)
    assert gateway.request("/open").status == 200
    for place in (0, 3, 5, 20, 2000):
        changed[0] = place
        assert gateway.request("/open").refusal[0] == 502


@pytest.mark.parametrize("count, served", [(100, True), (2000, False)])
def test_tickets_without_end_are_not_taken(count, served, secure, run_with, authority, directory):
    context = authority.context(directory, version=ssl.TLSVersion.TLSv1_3)
    context.num_tickets = count
    gateway = run_with(secure(context=context))
    assert (gateway.request("/open").status == 200) == served


def test_another_server_is_tried_in_place_of_an_untrusted_one(secure, run_with, directory):
    bad = secure(context=Authority("Another").context(directory))
    good = secure()
    gateway = run_with(bad, good)
    for _ in range(8):
        assert gateway.request("/", "POST", bearer(), b"x" * 1000).status == 200
    assert len(good.exchanges) == 8 and bad.exchanges == []
    said(gateway, f"{bad.address} is left out for")


# Bodies and their ends.


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_bodies_go_both_ways_at_once(version, framing, secure, run_with, authority, directory):
    """The upstream sends back what it gets, as it gets it."""

    def echo(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        left = len(body)
        digest = hashlib.sha256()
        if framing == "length":
            while left:
                data = exchange.connection.take(min(left, 50_000))
                left -= len(data)
                digest.update(data)
                exchange.send(b"%x\r\n%s\r\n" % (len(data), data))
            exchange.complete = True
        else:
            data = exchange.read_body()
            digest.update(data)
            for start in range(0, len(data), 70_000):
                piece = data[start : start + 70_000]
                exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        exchange.send(b"0\r\nX-Digest: %s\r\n\r\n" % digest.hexdigest().encode())

    body = os.urandom(8_000_000)
    upstream = secure(echo, context=authority.context(directory, version=version))
    gateway = run_with(upstream, top={"limits": {"max_body": "unlimited"}})
    with gateway.client(timeout=30) as client:
        fields = {"Content-Length": str(len(body))} if framing == "length" else {"Transfer-Encoding": "chunked"}
        head = client.head("/open", "POST", fields)

        def upload():
            client.send(head)
            if framing == "length":
                client.send(body)
            else:
                for start in range(0, len(body), 30_000):
                    piece = body[start : start + 30_000]
                    client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                client.send(b"0\r\n\r\n")

        sender = threading.Thread(target=upload)
        sender.start()
        response = client.response("POST")
        sender.join()
        assert hashlib.sha256(response.body).digest() == hashlib.sha256(body).digest()


def test_a_slow_reader_gets_it_all(secure, run_with):
    body = os.urandom(4_000_000)
    upstream = secure(scripted(answer(body)))
    gateway = run_with(upstream)
    with gateway.client() as client:
        client.narrow()
        client.send(client.head("/open"))
        upstream.wait_for()
        assert client.response().body == body


HEAD = b"HTTP/1.1 200 OK\r\n%s\r\n"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client_version", ["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize("farewell", [True, False])
def test_a_body_that_ends_with_the_connection_is_whole_after_a_farewell(
    farewell, client_version, version, secure, run_with, authority, directory
):
    def handler(exchange):
        exchange.send(HEAD % b"" + b"x" * 100_000)
        exchange.connection.farewell() if farewell else exchange.connection.close()

    upstream = secure(handler, context=authority.context(directory, version=version))
    gateway = run_with(upstream)
    with gateway.client() as client:
        client.send(client.head("/open", version=client_version))
        if farewell:
            assert client.response().body == b"x" * 100_000
        else:
            with pytest.raises((Closed, ConnectionResetError)):
                client.response()
    if not farewell:
        said(gateway, "the response broke off after 100000 bytes")


@pytest.mark.parametrize(
    "response, is_whole",
    [
        (answer(b"x" * 50_000), True),
        (HEAD % b"Transfer-Encoding: chunked\r\n" + b"5\r\nhello\r\n0\r\n\r\n", True),
        (answer(b"x" * 50_000)[:-1], False),
        (HEAD % b"Transfer-Encoding: chunked\r\n" + b"5\r\nhello\r\n0\r\n", False),
    ],
)
@pytest.mark.parametrize("farewell", [True, False])
def test_a_body_that_says_where_it_ends_needs_no_farewell(farewell, response, is_whole, secure, run_with):
    def handler(exchange):
        exchange.send(response)
        exchange.connection.farewell() if farewell else exchange.connection.close()

    gateway = run_with(secure(handler))
    for _ in range(3):
        with gateway.client() as client:
            client.send(client.head("/open"))
            if is_whole:
                assert client.response().status == 200
            else:
                with pytest.raises((Closed, ConnectionResetError)):
                    client.response()


@pytest.mark.parametrize("farewell", [True, False])
def test_a_head_that_breaks_off_is_502(farewell, secure, run_with):
    def handler(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-")
        exchange.connection.farewell() if farewell else exchange.connection.close()

    assert run_with(secure(handler)).request("/open").refusal == (502, "upstream_malformed")


# Kept connections and sessions.


@pytest.mark.parametrize("farewell", [True, False])
def test_a_kept_session_that_was_closed_is_not_used_again(farewell, secure, run_with):
    answered, closed = threading.Semaphore(0), threading.Semaphore(0)

    def handler(exchange):
        exchange.read_body()
        exchange.send(OK)
        assert answered.acquire(timeout=10)
        exchange.connection.farewell() if farewell else exchange.connection.close()
        closed.release()

    upstream = secure(handler)
    gateway = run_with(upstream)
    with gateway.client() as client:
        for number in range(1, 5):
            assert client.request("/open").status == 200
            answered.release()
            assert closed.acquire(timeout=10)
            assert len(upstream.connections) == number


def test_a_session_that_closes_as_a_request_comes_is_made_anew(secure, run_with):
    def handler(exchange):
        exchange.read_body()
        if exchange.connection.number == 1 and len(upstream.exchanges) == 2:
            return exchange.connection.close()
        exchange.send(OK)

    upstream = secure(handler)
    gateway = run_with(upstream)
    with gateway.client() as client:
        assert client.request("/open").status == 200
        assert client.request("/open").status == 200
    assert len(upstream.connections) == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_are_resumed(version, secure, run_with, authority, directory):
    upstream = secure(context=authority.context(directory, version=version))
    gateway = run_with(upstream, keepalive=0)
    for _ in range(6):
        assert gateway.request("/open").status == 200
    assert [connection.resumed for connection in upstream.connections] == [False] + [True] * 5


def test_a_server_that_has_forgotten_its_tickets_is_spoken_to_anew(secure, run_with, authority, directory):
    upstream = secure()
    gateway = run_with(upstream, keepalive=0)
    for _ in range(3):
        upstream.context = authority.context(directory)
        assert gateway.request("/open").status == 200
    assert [connection.resumed for connection in upstream.connections] == [False] * 3


def test_servers_of_an_upstream_do_not_share_sessions(secure, run_with, authority, directory):
    context = authority.context(directory)
    one, two = secure(context=context), secure(context=context)
    gateway = run_with(one, two, keepalive=0)
    for _ in range(4):
        assert gateway.request("/open").status == 200
    for upstream in (one, two):
        assert [connection.resumed for connection in upstream.connections] == [False, True]


# Beside requests.


def test_checks_speak_tls(secure, run_with, authority, directory):
    good = secure()
    bad = secure(context=Authority("Another").context(directory))
    check = {"path": "/healthz", "interval": "50ms", "timeout": "2s", "unhealthy_after": 1, "healthy_after": 1}
    gateway = run_with(good, bad, health_check=check)
    said(gateway, f"{bad.address} is unhealthy: a check failed, the last one: its certificate comes from an authority")
    for _ in range(4):
        assert gateway.request("/open").status == 200
    until(lambda: [each for each in good.exchanges if each.target == "/healthz"], "a check")
    assert bad.exchanges == []
    bad.context = authority.context(directory)
    said(gateway, f"{bad.address} is healthy again")


def test_faults_of_files_are_errors_of_the_check(secure, directory, authority):
    upstream = secure()
    authority.pair(directory, "client", "gateway")
    authority.pair(directory, "other", "gateway")
    for name, text in [("empty.pem", ""), ("garbage.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]:
        with open(os.path.join(directory, name), "w") as file:
            file.write(text)
    cases = [
        ({"ca": "none.pem"}, "none.pem' can't be used: it can't be read: No such file or directory"),
        ({"ca": "empty.pem"}, "empty.pem' can't be used: it holds no certificate"),
        ({"ca": "garbage.pem"}, "garbage.pem' can't be used: its certificate is damaged"),
        ({"certificate": "client.pem", "key": "other.key"}, "other.key' can't be used: its private key does not belong"),
        ({"certificate": "client.pem", "key": "none.key"}, "none.key' can't be used: it can't be read"),
    ]
    for tls, why in cases:
        config = configuration({"servers": [upstream.address], "tls": {"ca": "ca.pem", **tls}})
        path = write_config(directory, config)
        with open(os.path.join(directory, "secret.key"), "w") as file:
            file.write("s" * 64)
        code, _, errors = run("-t", "-c", path)
        assert code == 1 and why in errors, errors


def test_a_reload_goes_by_what_the_files_say_then(secure, run_with, authority, directory):
    upstream = secure()
    gateway = run_with(upstream, passive_health=False)
    with gateway.client() as client:
        assert client.request("/open").status == 200
        gateway.reload()
        assert client.request("/open").status == 200
        assert len(upstream.connections) == 1, "what has not changed goes on"
        Authority("Another").write(directory)
        gateway.reload()
        assert client.request("/open").refusal == (502, "upstream_untrusted")
        authority.write(directory)
        gateway.reload()
        assert client.request("/open").status == 200


def test_files_are_read_again_when_they_change(secure, run_with, authority, directory):
    upstream = secure()
    gateway = run_with(upstream, passive_health=False)
    with gateway.client() as client:
        assert client.request("/open").status == 200
        Authority("Another").write(directory)
        said(gateway, "upstream 'app': its certificates were read again and are in force")
        assert client.request("/open").refusal == (502, "upstream_untrusted"), "what was made before is not used again"
        with open(directory + "/ca.pem", "w") as file:
            file.write("nonsense")
        said(gateway, "ca.pem' can't be used: it holds no certificate in PEM form; what was read before stays in force")
        authority.write(directory)
        until(lambda: client.request("/open").status == 200, "the first authority to be trusted again")


def test_a_certificate_of_the_gateway_may_be_replaced(secure, run_with, authority, directory):
    context = authority.context(directory)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(directory + "/ca.pem")
    upstream = secure(context=context)
    authority.pair(directory, "client", "first")
    gateway = run_with(upstream, tls={"certificate": "client.pem", "key": "client.key"})

    def shown():
        assert gateway.request("/open").status == 200
        return dict(upstream.connections[-1].socket.getpeercert()["subjectAltName"])["DNS"]

    assert shown() == "first"
    authority.pair(directory, "client", "second")
    until(lambda: shown() == "second", "the new certificate to be shown")


@pytest.mark.parametrize("version", VERSIONS)
def test_websockets_go_over_tls(version, start, authority, directory):
    authority.write(directory)

    def echo(connection):
        for message in connection:
            connection.send(message)

    server = serve(echo, "127.0.0.1", 0, ssl=authority.context(directory, version=version), max_size=None, ping_interval=None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = "127.0.0.1:{}".format(server.socket.getsockname()[1])
    gateway = start(configuration({"servers": [address], "tls": {"ca": "ca.pem"}}), directory=directory)
    with connect(f"ws://{gateway.authority}/open", max_size=None, ping_interval=None) as client:
        for size in (0, 1, 126, 70_000, 4 << 20):
            message = os.urandom(size)
            client.send(message)
            assert client.recv(timeout=20) == message
    server.shutdown()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_behind(start, authority, directory):
    authority.write(directory)
    authority.pair(directory, "site", "localhost")
    port = free_port()
    with open(directory + "/nginx.conf", "w") as file:
        file.write(
            f"daemon off; pid {directory}/nginx.pid; error_log {directory}/nginx.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;\n"
            f"fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;\n"
            f"server {{ listen 127.0.0.1:{port} ssl; ssl_certificate site.pem; ssl_certificate_key site.key;\n"
            f"ssl_session_cache shared:a:1m; location / {{ return 200 $ssl_session_reused$ssl_server_name; }} }} }}\n"
        )
    process = subprocess.Popen(["nginx", "-p", directory, "-c", directory + "/nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        until(lambda: accepts(("127.0.0.1", port)), "nginx to listen")
        upstream = {"servers": [f"localhost:{port}"], "tls": {"ca": "ca.pem"}, "keepalive": 0}
        gateway = start(configuration(upstream), directory=directory)
        assert [gateway.request("/open").text for _ in range(4)] == [".localhost"] + ["rlocalhost"] * 3
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
def test_node_behind(start, authority, directory):
    authority.write(directory)
    authority.pair(directory, "site", "127.0.0.1")
    port = free_port()
    program = (
        "const fs = require('fs'); require('https').createServer({cert: fs.readFileSync('site.pem'), key: fs.readFileSync('site.key')},"
        "(request, response) => { let size = 0; request.on('data', (piece) => size += piece.length);"
        "request.on('end', () => response.end('x'.repeat(size))); }).listen(%d, '127.0.0.1')" % port
    )
    process = subprocess.Popen(["node", "-e", program], cwd=directory)
    try:
        until(lambda: accepts(("127.0.0.1", port)), "Node to listen", timeout=30)
        gateway = start(configuration({"servers": [f"127.0.0.1:{port}"], "tls": {"ca": "ca.pem"}}), directory=directory)
        with gateway.client() as client:
            for size in (0, 1, 70_000, 1_000_000):
                assert len(client.request("/open", "POST", body=b"x" * size).body) == size
    finally:
        process.terminate()
        process.wait()


def test_many_at_once(secure, run_with):
    upstream = secure(scripted(answer(b"x" * 20_000)))
    gateway = run_with(upstream, top={"workers": 2})
    failures = []

    def ask():
        with gateway.client(timeout=20) as client:
            for _ in range(30):
                response = client.request("/open", "POST", body=b"y" * 5000)
                if response.status != 200 or len(response.body) != 20_000:
                    failures.append(response)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
