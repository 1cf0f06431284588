"""Certificates of clients: who gets in, and what a resumed session may not carry."""

import base64
import hashlib
import ssl

import pytest

from lib.certificates import CLIENT, SERVER, FileAuthority
from lib.client import Client
from lib.gateway import configuration
from lib.tokens import bearer
from lib.waiting import settled, until

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = [TLS12, TLS13]


class Parties:
    """An authority for the server, one for its clients, and one that nobody asked for."""

    def __init__(self, directory):
        self.directory = directory
        self.server, self.clients, self.strangers = (FileAuthority(name) for name in ("servers", "clients", "strangers"))
        self.site = self.server.pair(directory)
        self.ca = self.clients.write(directory, "clients.pem")
        self.alice = self.client("alice")
        self.stranger = self.strangers.pair(directory, "stranger", (), usage=CLIENT)

    def client(self, name, **changes):
        return self.clients.pair(self.directory, name, (), usage=CLIENT, **changes)

    def listener(self, *pairs, **clients):
        clients = {"ca": self.ca, **clients}
        certificates = [pair.entry for pair in pairs or (self.site,)]
        return {"address": "127.0.0.1:0", "tls": {"certificates": certificates, "client_certificates": clients}}

    def trust(self, version, client=None, **changes):
        return self.server.trust(version, client=client, **changes)


@pytest.fixture
def parties(directory):
    return Parties(directory)


@pytest.fixture
def serve(start, upstream, parties, directory):
    def make(*listeners):
        return start(configuration(upstream, listen=list(listeners) or [parties.listener()]), directory=directory)

    return make


def enters(gateway, context, name="localhost", session=None, at=None):
    """The client's connection gets an answer; its session, and whether it was resumed."""
    with Client(at or gateway.address, tls=context, name=name, session=session) as client:
        assert client.request("/open").status in (200, 421)
        return client.socket.session, client.socket.session_reused


def assert_refused(gateway, context, name="localhost", session=None, at=None):
    # In TLS 1.3 the client has finished by the time that the server looks at its certificate.
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        enters(gateway, context, name, session, at)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_required_certificate_is_required(serve, parties, version):
    gateway = serve()
    enters(gateway, parties.trust(version, parties.alice))
    assert_refused(gateway, parties.trust(version))
    assert_refused(gateway, parties.trust(version, parties.stranger))


@pytest.mark.parametrize("version", VERSIONS)
def test_an_optional_certificate_may_be_left_out_but_not_be_wrong(serve, parties, version):
    gateway = serve(parties.listener(mode="optional"))
    enters(gateway, parties.trust(version, parties.alice))
    enters(gateway, parties.trust(version))
    assert_refused(gateway, parties.trust(version, parties.stranger))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("fault", [{"days": (-10, -1)}, {"days": (1, 10)}])
def test_a_certificate_that_does_not_count_now_is_refused(serve, parties, version, fault):
    gateway = serve()
    assert_refused(gateway, parties.trust(version, parties.client("bob", **fault)))


def test_a_certificate_for_servers_is_none_for_clients(serve, parties, directory):
    gateway = serve()
    assert_refused(gateway, parties.trust(TLS13, parties.clients.pair(directory, "bob", (), usage=SERVER)))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_revoked_certificate_is_refused(serve, parties, directory, version):
    bob = parties.client("bob")
    revoked = parties.clients.list(directory, bob)
    gateway = serve(parties.listener(crl=revoked))
    enters(gateway, parties.trust(version, parties.alice))
    assert_refused(gateway, parties.trust(version, bob))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_list_ends_sessions_too(serve, parties, directory, version):
    bob = parties.client("bob")
    gateway = serve(parties.listener(crl=parties.clients.list(directory)))
    context = parties.trust(version, bob)
    session, _ = enters(gateway, context)
    assert enters(gateway, context, session=session)[1]
    session, _ = enters(gateway, context)
    parties.clients.list(directory, bob)

    def is_refused():
        try:
            enters(gateway, context)
            return False
        except (ssl.SSLError, ConnectionError, AssertionError):
            return True

    until(is_refused, "the new list to be in force")
    assert_refused(gateway, context, session=session)


def test_an_expired_list_is_told_and_refuses_everybody(serve, parties, directory):
    gateway = serve(parties.listener(crl=parties.clients.list(directory, days=(-10, -1))))
    assert "every client certificate is refused until there is a new one" in gateway.errors()
    assert_refused(gateway, parties.trust(TLS13, parties.alice))


# MARK: Resumption


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_with_a_certificate_is_resumed_at_its_listener(serve, parties, version):
    gateway = serve()
    context = parties.trust(version, parties.alice)
    session, _ = enters(gateway, context)
    assert enters(gateway, context, session=session)[1]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mode", ["required", "optional"])
def test_a_session_without_a_certificate_opens_no_listener_that_asks_for_one(serve, parties, version, mode):
    plain = {"address": "127.0.0.1:0", "tls": {"certificates": [parties.site.entry]}}
    gateway = serve(plain, parties.listener(mode=mode))
    context = parties.trust(version)
    session, _ = enters(gateway, context)
    assert enters(gateway, context, session=session)[1]
    session, _ = enters(gateway, context)
    if mode == "required":
        assert_refused(gateway, context, session=session, at=gateway.addresses[1])
    else:
        assert not enters(gateway, context, session=session, at=gateway.addresses[1])[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_an_optional_listener_opens_no_requiring_one(serve, parties, version):
    gateway = serve(parties.listener(mode="optional"), parties.listener())
    context = parties.trust(version)
    session, _ = enters(gateway, context)
    assert_refused(gateway, context, session=session, at=gateway.addresses[1])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_one_name_is_not_resumed_at_another(serve, parties, directory, version):
    other = parties.server.pair(directory, "other", ["other.test"])
    gateway = serve(parties.listener(parties.site, other))
    context = parties.trust(version, parties.alice, check_hostname=False)
    session, _ = enters(gateway, context)
    assert not enters(gateway, context, "other.test", session)[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_changed_authority_ends_sessions(serve, parties, directory, version):
    gateway = serve()
    context = parties.trust(version, parties.alice)
    session, _ = enters(gateway, context)
    parties.strangers.write(directory, "clients.pem")
    gateway.reload()
    assert_refused(gateway, context, session=session)
    enters(gateway, parties.trust(version, parties.stranger))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ticket_carries_no_certificate_that_has_expired(serve, parties, version):
    """The certificate ends within seconds of the first handshake; the ticket lives on."""
    brief = parties.client("brief", days=(-1, 3 / 86_400))
    gateway = serve()
    context = parties.trust(version, brief)
    session, _ = enters(gateway, context)

    def is_refused():
        try:
            return not enters(gateway, context, session=session) and False
        except (ssl.SSLError, ConnectionError, AssertionError):
            return True

    until(is_refused, "the certificate's end")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_not_resumed_past_the_end_of_the_list(serve, parties, directory, version):
    gateway = serve(parties.listener(crl=parties.clients.list(directory, days=(-1, 4 / 86_400))))
    context = parties.trust(version, parties.alice)
    session, _ = enters(gateway, context)

    def is_refused():
        try:
            return not enters(gateway, context, session=session) and False
        except (ssl.SSLError, ConnectionError, AssertionError):
            return True

    until(is_refused, "the list's end")


def test_the_log_says_at_its_finest_why_a_client_was_refused(start, upstream, parties, directory):
    config = configuration(upstream, listen=[parties.listener()])
    config["log"]["level"] = "debug"
    gateway = start(config, directory=directory)
    assert_refused(gateway, parties.trust(TLS13, parties.stranger))
    text = "its certificate comes from an authority that is not trusted"
    until(lambda: "TLS handshake" in gateway.errors() and text in gateway.errors(), gateway.errors)


@pytest.mark.parametrize("file", ["ca", "crl"])
def test_files_that_do_not_serve_stop_the_start(start, upstream, parties, directory, file):
    from lib.gateway import run, write_config, write_files
    from lib.tokens import SECRET

    write_files(directory, {"secret.key": SECRET, "empty.pem": ""})
    clients = {file: directory + "/empty.pem"}
    config = configuration(upstream, listen=[parties.listener(**clients)])
    code, _, errors = run("-t", "-c", write_config(directory, config), directory=directory)
    assert code == 1 and "empty.pem' can't be used: it holds no" in errors, errors


# MARK: Identity


IDENTITY = {"X-Subject": "tls:subject", "X-Names": "tls:san", "X-Fingerprint": "tls:fingerprint"}


def identified(parties, upstream, **clients):
    routes = [
        {"path": "/", "upstream": "app", "auth": "none"},
        {"path": "/with", "upstream": "app", "auth": "certificate"},
        {"path": "/alice", "upstream": "app", "auth": "certificate", "require": {"claims": {"tls:subject": "CN=alice"}}},
        {"path": "/token", "upstream": "app"},
    ]
    return configuration(
        upstream, routes=routes, listen=[parties.listener(**clients)], auth={"identity_headers": {**IDENTITY, "X-User": "sub"}}
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_resumed", [False, True])
def test_upstreams_are_told_whose_certificate_it_is(start, upstream, parties, directory, version, is_resumed):
    gateway = start(identified(parties, upstream), directory=directory)
    context = parties.trust(version, parties.alice)
    session = enters(gateway, context)[0] if is_resumed else None
    with Client(gateway.address, tls=context, session=session) as client:
        assert client.socket.session_reused == is_resumed
        forged = {"X-Subject": "CN=root", "x_fingerprint": "00", "Client-Cert": ":AAAA:", "Client-Cert-Chain": ":AAAA:"}
        assert client.request("/with", fields=forged).status == 200
        assert client.request("/alice").status == 200
    seen = upstream.exchanges[-2]
    assert seen["x-subject"] == "CN=alice"
    assert seen["x-fingerprint"] == hashlib.sha256(parties.alice.der).hexdigest()
    assert not seen.all("client-cert") + seen.all("client-cert-chain") + seen.all("x_fingerprint")
    until(lambda: gateway.access_log(2)[-1].get("user") == "CN=alice", gateway.output)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_route_may_ask_for_a_certificate(start, upstream, parties, directory, version):
    gateway = start(identified(parties, upstream, mode="optional"), directory=directory)
    with Client(gateway.address, tls=parties.trust(version)) as client:
        assert client.request("/").status == 200
        refused = client.request("/with")
        assert refused.refusal == (401, "certificate_missing")
        assert refused["www-authenticate"].startswith("Bearer")
    with Client(gateway.address, tls=parties.trust(version, parties.client("bob"))) as client:
        assert client.request("/with").status == 200
        assert client.request("/alice").refusal == (403, "claim_mismatch")


def test_a_certificate_that_is_parked_with_its_connection_is_still_there(start, upstream, parties, directory):
    gateway = start(identified(parties, upstream), directory=directory)
    with Client(gateway.address, tls=parties.trust(TLS13, parties.alice)) as client:
        assert client.request("/alice").status == 200
        # A quiet connection is put aside after a moment, and its buffers are given back.
        settled(lambda: gateway.memory()["VmRSS"], "the memory")
        assert client.request("/alice").status == 200
        gateway.reload()
        assert client.request("/alice").status == 200


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_bound_token_counts_over_its_own_connection_alone(start, upstream, parties, directory, version, is_resumed):
    gateway = start(identified(parties, upstream, mode="optional"), directory=directory)
    digest = hashlib.sha256(parties.alice.der).digest()
    thumbprint = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    fields = bearer(cnf={"x5t#S256": thumbprint})
    own, others, none = (parties.trust(version, client) for client in (parties.alice, parties.client("bob"), None))
    for context, status in ((own, 200), (others, 401), (none, 401), (own, 200)):
        session = enters(gateway, context)[0] if is_resumed else None
        with Client(gateway.address, tls=context, session=session) as client:
            answer = client.request("/token", fields=fields)
            assert answer.status == status
            if status == 401:
                assert answer.refusal == (401, "token_binding_failed")
