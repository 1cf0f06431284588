"""Listeners that speak TLS: versions, names, protocols, resumption, bodies, and clients that do not speak it."""

import hashlib
import os
import socket
import ssl
import threading

import pytest

from lib.certificates import FileAuthority, unchecked
from lib.client import Client
from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import answer, scripted
from lib.waiting import until

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = [TLS12, TLS13]


@pytest.fixture
def authority():
    return FileAuthority()


def listener(*pairs, address="127.0.0.1:0", **tls):
    return {"address": address, "tls": {"certificates": [pair.entry for pair in pairs], **tls}}


@pytest.fixture
def serve(start, upstream, authority, directory):
    """Starts a gateway with one TLS listener; its certificate is for localhost unless others are given."""

    def make(*pairs, more=(), to=None, top=None, **tls):
        pairs = pairs or (authority.pair(directory),)
        listen = [listener(*pairs, **tls), *more]
        return start(configuration(to or upstream, listen=listen, **(top or {})), directory=directory)

    return make


def served(gateway, context, name="localhost"):
    """The subject of the certificate that a client is shown."""
    with Client(gateway.address, tls=context, name=name) as client:
        return dict(part[0] for part in client.socket.getpeercert()["subject"])["commonName"]


# MARK: Requests


@pytest.mark.parametrize("version", VERSIONS)
def test_requests_are_served_over_tls(serve, authority, upstream, version):
    gateway = serve()
    with Client(gateway.address, tls=authority.trust(version)) as client:
        for _ in range(3):
            assert client.request("/", fields=bearer()).status == 200
        assert client.request("/").refusal == (401, "token_missing")
        assert client.request("/open", "POST", body=b"x" * 100_000).status == 200
    assert {value for request in upstream.exchanges for value in request.all("x-forwarded-proto")} == {"https"}


def test_a_client_may_say_again_that_it_came_by_https(serve, authority):
    gateway = serve()
    with Client(gateway.address, tls=authority.trust()) as client:
        assert client.request(f"https://{client.host}/open").status == 200
        assert client.request(f"http://{client.host}/open").refusal == (400, "scheme_mismatch")


def test_requests_sent_ahead_are_answered_in_order(serve, authority):
    gateway = serve()
    with Client(gateway.address, tls=authority.trust()) as client:
        client.send(b"".join(client.head(f"/open?{number}") for number in range(40)))
        for _ in range(40):
            assert client.response().status == 200


def test_the_gateway_says_that_it_has_sent_everything(serve, authority):
    gateway = serve()
    with Client(gateway.address, tls=authority.trust(), name="localhost") as client:
        client.socket.suppress_ragged_eofs = False
        assert client.request("/open", fields={"Connection": "close"}).status == 200
        client.assert_closed()


@pytest.mark.parametrize("version", VERSIONS)
def test_large_bodies_pass_both_ways(serve, authority, make_upstream, version):
    body = os.urandom(8 << 20)
    upstream = make_upstream(scripted(answer(body)))
    gateway = serve(to={"servers": [upstream.address]}, top={"limits": {"max_body": "20MiB"}})
    with Client(gateway.address, tls=authority.trust(version), timeout=60) as client:
        received = client.request("/open", "POST", body=body)
        assert hashlib.sha256(received.body).digest() == hashlib.sha256(body).digest()


def test_a_slow_reader_gets_everything(serve, authority, make_upstream):
    body = os.urandom(3 << 20)
    upstream = make_upstream(scripted(answer(body)))
    gateway = serve(to={"servers": [upstream.address]})
    with Client(gateway.address, tls=authority.trust(), timeout=60) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(client.head("/open", fields={"Connection": "close"}))
        received = bytearray()
        while data := client.socket.recv(1500):
            received += data
        assert bytes(received).endswith(body)


def test_a_response_that_breaks_off_upstream_does_not_look_whole(serve, authority, make_upstream):
    upstream = make_upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 5000))
    gateway = serve(to={"servers": [upstream.address]})
    with Client(gateway.address, tls=authority.trust()) as client:
        with pytest.raises((AssertionError, OSError)):
            client.request("/open")


def test_a_unix_socket_may_speak_tls(start, upstream, authority, directory):
    pair = authority.pair(directory)
    start(
        configuration(upstream, listen=[listener(pair, address="unix:" + directory + "/tls.sock")]), directory=directory
    )
    with Client(directory + "/tls.sock", tls=authority.trust()) as client:
        assert client.request("/open").status == 200


def test_the_admin_listener_may_speak_tls(start, upstream, authority, directory):
    pair = authority.pair(directory)
    admin = {"listen": "127.0.0.1:0", "tls": {"certificates": [pair.entry]}}
    gateway = start(configuration(upstream, admin=admin), directory=directory)
    with Client(gateway.admin, tls=authority.trust()) as client:
        assert client.request("/healthz").status == 200


# MARK: Versions, ciphers and protocols


def test_versions_below_the_minimum_are_refused(serve, authority):
    gateway = serve(min_version="1.3")
    assert served(gateway, authority.trust(TLS13)) == "site"
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        served(gateway, authority.trust(TLS12))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(serve, authority, version):
    gateway = serve()
    context = authority.trust(version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        served(gateway, context)


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"])
def test_weak_ciphers_are_refused(serve, authority, directory, cipher):
    gateway = serve(authority.pair(directory, kind="rsa"))
    context = authority.trust(TLS12)
    context.set_ciphers(cipher + ":@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        served(gateway, context)


def test_the_client_chooses_the_cipher(serve, authority):
    gateway = serve()
    for cipher in ("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"):
        context = authority.trust(TLS12)
        context.set_ciphers(cipher)
        with Client(gateway.address, tls=context) as client:
            assert client.socket.cipher()[0] == cipher


@pytest.mark.parametrize("version", VERSIONS)
def test_http_1_1_is_chosen_by_alpn(serve, authority, version):
    gateway = serve(more=[])
    for offer in (["http/1.1"], ["spdy/1", "http/1.1"]):
        with Client(gateway.address, tls=authority.trust(version, protocols=offer)) as client:
            assert client.socket.selected_alpn_protocol() == "http/1.1"
            assert client.request("/open").status == 200
    with Client(gateway.address, tls=authority.trust(version)) as client:
        assert client.socket.selected_alpn_protocol() is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_speaks_no_protocol_of_ours_is_refused(serve, authority, version):
    gateway = serve()
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        served(gateway, authority.trust(version, protocols=["ftp", "smtp"]))


# MARK: Names


@pytest.mark.parametrize("version", VERSIONS)
def test_the_certificate_is_chosen_by_the_name_that_is_asked_for(serve, authority, directory, version):
    gateway = serve(
        authority.pair(directory, "first", ["first.test", "127.0.0.1"]),
        authority.pair(directory, "wild", ["*.wild.test"]),
        authority.pair(directory, "own", ["own.wild.test"]),
    )
    context = authority.trust(version, check_hostname=False)
    assert served(gateway, context, "first.test") == "first"
    assert served(gateway, context, "a.wild.test") == "wild"
    assert served(gateway, context, "OWN.wild.test") == "own"
    # One label alone stands for the asterisk.
    assert served(gateway, context, "a.b.wild.test") == "first"
    assert served(gateway, context, "wild.test") == "first"
    assert served(gateway, context, "unknown.test") == "first"
    assert served(gateway, context, None) == "first"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_name_or_none_is_refused_where_that_is_asked_for(serve, authority, version):
    gateway = serve(strict_sni=True)
    context = authority.trust(version, check_hostname=False)
    assert served(gateway, context) == "site"
    for name in ("unknown.test", None):
        with pytest.raises(ssl.SSLError, match="unrecognized name"):
            served(gateway, context, name)


def test_an_rsa_and_an_ecdsa_certificate_for_one_name_are_both_used(serve, authority, directory):
    gateway = serve(authority.pair(directory, "rsa", kind="rsa"), authority.pair(directory, "ecdsa"))
    for cipher, subject in (("ECDHE-RSA-AES128-GCM-SHA256", "rsa"), ("ECDHE-ECDSA-AES128-GCM-SHA256", "ecdsa")):
        context = authority.trust(TLS12)
        context.set_ciphers(cipher)
        assert served(gateway, context) == subject


# MARK: Resumption


def resumes(gateway, context, first="localhost", then=None, at=None):
    """True if a session that began at one name is resumed at another."""
    with Client(gateway.address, tls=context, name=first) as client:
        assert client.request("/open").status in (200, 421)
        session = client.socket.session
    with Client(at or gateway.address, tls=context, name=then or first, session=session) as client:
        assert client.request("/open").status in (200, 421)
        return client.socket.session_reused


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_are_resumed_by_every_worker(serve, authority, version):
    gateway = serve(top={"workers": 2})
    context = authority.trust(version)
    assert all(resumes(gateway, context) for _ in range(12))


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_are_not_resumed_without_tickets(serve, authority, version):
    gateway = serve(tickets=False)
    assert not resumes(gateway, authority.trust(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_not_resumed_with_another_certificate_or_listener(serve, authority, directory, version):
    site, other = authority.pair(directory), authority.pair(directory, "other", ["other.test"])
    gateway = serve(site, other, more=[listener(site)])
    context = authority.trust(version, check_hostname=False)
    assert resumes(gateway, context)
    assert not resumes(gateway, context, then="other.test")
    assert not resumes(gateway, context, at=gateway.addresses[1])


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_outlive_a_reload(serve, authority, version):
    gateway = serve()
    context = authority.trust(version)
    with Client(gateway.address, tls=context) as client:
        assert client.request("/open").status == 200
        session = client.socket.session
    gateway.reload()
    with Client(gateway.address, tls=context, session=session) as client:
        assert client.socket.session_reused


# MARK: Clients that speak something else


@pytest.mark.parametrize("first", ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "p"])
def test_a_request_in_clear_is_told_that_the_port_speaks_tls(serve, first):
    gateway = serve()
    with gateway.client() as client:
        client.send(first)
        assert client.response().refusal == (400, "tls_required")
        client.assert_closed()
    assert gateway.access_log()[0]["reason"] == "tls_required"


@pytest.mark.parametrize("first", [b"\0", b"\x15\x03\x01\0\2\2\x28", b"\x80\x2e\1\0\2", b" ", b"\xff" * 20])
def test_other_bytes_are_closed_without_an_answer(serve, first):
    gateway = serve()
    with gateway.client() as client:
        client.send(first)
        client.assert_closed(orderly=False) if len(first) > 4096 else client.assert_closed()


def hello(context, name="localhost"):
    """The two ends of a handshake in memory, and the first bytes of the client's."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return session, incoming, outgoing


def test_a_tls_handshake_on_a_plain_port_is_closed_without_an_answer(start, upstream):
    gateway = start(configuration(upstream))
    _, _, outgoing = hello(unchecked())
    with gateway.client() as client:
        client.send(outgoing.read())
        client.assert_closed()


def finish(client, session, incoming, outgoing):
    """Goes on with a handshake in memory over a socket, and asks for something."""
    while True:
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            if data := outgoing.read():
                client.send(data)
            incoming.write(client.socket.recv(65536))
    session.write(client.head("/open"))
    client.send(outgoing.read())
    answer = b""
    while b"\r\n\r\n" not in answer:
        try:
            answer += session.read(65536)
        except ssl.SSLWantReadError:
            incoming.write(client.socket.recv(65536))
    return answer


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_hello_may_come_in_any_two_pieces(serve, authority, version):
    gateway = serve()
    context = authority.trust(version)
    length = len(hello(context)[2].read())
    for cut in range(1, length):
        session, incoming, outgoing = hello(context)
        data = outgoing.read()
        with gateway.client() as client:
            client.send(data[:cut])
            client.send(data[cut:])
            assert finish(client, session, incoming, outgoing).startswith(b"HTTP/1.1 200")


def test_a_client_hello_may_come_byte_by_byte(serve, authority):
    gateway = serve()
    session, incoming, outgoing = hello(authority.trust())
    with gateway.client() as client:
        for byte in outgoing.read():
            client.send(bytes([byte]))
        assert finish(client, session, incoming, outgoing).startswith(b"HTTP/1.1 200")


# MARK: Slow and many handshakes


def test_a_handshake_has_its_time(serve, authority):
    gateway = serve(top={"limits": {"handshake_timeout": "300ms"}})
    _, _, outgoing = hello(authority.trust())
    with gateway.client() as silent, gateway.client() as half:
        half.send(outgoing.read()[:50])
        half.assert_closed()
        silent.assert_closed()
    with Client(gateway.address, tls=authority.trust()) as client:
        assert client.request("/open").status == 200


def test_half_handshakes_keep_nobody_waiting(serve, authority):
    gateway = serve()
    context = authority.trust()
    with Client(gateway.address, tls=context) as established:
        assert established.request("/open").status == 200
        half = []
        for _ in range(300):
            client = gateway.client()
            client.send(hello(context)[2].read())
            half.append(client)
        for _ in range(20):
            established.timeout = 1.0
            established.socket.settimeout(1.0)
            assert established.request("/open").status == 200
        # All places are taken: a new client gets the place of one that says nothing.
        with Client(gateway.address, tls=context) as late:
            assert late.request("/open").status == 200
        for client in half:
            client.close()


def test_handshakes_leave_others_their_turn(serve, authority):
    gateway = serve()
    context = authority.trust()
    done = threading.Event()
    failures = []

    def shake():
        while not done.is_set():
            try:
                with Client(gateway.address, tls=authority.trust()) as client:
                    client.request("/open")
            except OSError as problem:
                failures.append(problem)

    threads = [threading.Thread(target=shake) for _ in range(4)]
    with Client(gateway.address, tls=context) as client:
        for thread in threads:
            thread.start()
        client.socket.settimeout(1.0)
        for _ in range(100):
            assert client.request("/open").status == 200
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    until(lambda: len(gateway.access_log()) > 100, "the requests of the others")
