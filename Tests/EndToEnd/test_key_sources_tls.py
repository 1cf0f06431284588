"""Keys that are fetched over HTTPS: whom the gateway believes, and whom not."""

import os
import ssl

import pytest

from lib.gateway import run, write_config, write_files
from lib.identity_provider import KEY_SET, Authority, Key, key_set, response
from lib.issuers import begin, configured, reason, status, until_said, until_status, url_issuer
from lib.tokens import ISSUER
from lib.waiting import until


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def provider(provide, authority, directory):
    """An identity provider with a key and a good certificate; `provider.ca` is its authority's file."""
    made = provide(Key(), context=authority.context(directory))
    made.ca = authority.write(directory)
    return made


def refused(start, upstream, provider, said, **changes):
    """A gateway that does not get the keys, says why, and serves on."""
    gateway = begin(start, upstream, provider, ready=False, **changes)
    until_said(gateway, f"no keys from {changes.get('jwks', provider.url())}: {said}")
    answer = gateway.request(fields=provider.keys[0].bearer())
    assert answer.refusal == (503, "keys_unavailable")
    assert gateway.request("/open").status == 200
    assert provider.count() == 0, "it asked all the same"
    assert "error:" not in gateway.errors().replace("info:", "")
    return gateway


def test_keys_come_over_https(start, upstream, provider):
    key = provider.keys[0]
    gateway = begin(start, upstream, provider, ca=provider.ca)
    until_status(gateway, key.bearer(), 200)
    new = Key("new")
    provider.keys = [new]
    until_status(gateway, new.bearer(), 200)
    assert status(gateway, key.bearer()) == 401
    assert provider.failures == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_spoken(start, upstream, provider, authority, directory, version):
    provider.context = authority.context(directory, version=version)
    gateway = begin(start, upstream, provider, ca=provider.ca)
    until_status(gateway, provider.keys[0].bearer(), 200)


def test_a_name_is_told_to_the_server_and_found_in_its_certificate(start, upstream, provide, authority, directory):
    asked = []
    context = authority.context(directory, "localhost")
    context.sni_callback = lambda connection, name, context: asked.append(name)
    provider = provide(Key(), context=context)
    gateway = begin(
        start, upstream, provider, ready=False, ca=authority.write(directory), jwks=provider.url(host="localhost")
    )
    until_status(gateway, provider.keys[0].bearer(), 200)
    assert asked == ["localhost"]


def test_the_authorities_of_the_system_are_those_that_the_environment_names(start, upstream, provider):
    config = configured(upstream, url_issuer(provider))
    gateway = start(config, env={"SSL_CERT_FILE": provider.ca})
    until_status(gateway, provider.keys[0].bearer(), 200)


def test_a_large_set_comes_over_https(start, upstream, provider):
    provider.keys = [Key(f"key {number}") for number in range(900)]
    gateway = begin(start, upstream, provider, ca=provider.ca)
    until_said(gateway, "900 keys")
    until_status(gateway, provider.keys[-1].bearer(), 200)


# Certificates.


def test_an_authority_that_nobody_has_named_is_not_believed(start, upstream, provider):
    refused(start, upstream, provider, "its certificate comes from an authority that is not trusted")


def test_another_authority_of_the_same_name_is_not_believed(start, upstream, provider, directory):
    other = Authority().write(directory, "other.pem")
    refused(start, upstream, provider, "its certificate comes from an authority that is not trusted", ca=other)


def test_an_expired_certificate_is_not_believed(start, upstream, provider, authority, directory):
    provider.context = authority.context(directory, days=(-30, -1))
    refused(start, upstream, provider, "its certificate has expired", ca=provider.ca)


def test_a_certificate_of_tomorrow_is_not_believed(start, upstream, provider, authority, directory):
    provider.context = authority.context(directory, days=(1, 30))
    refused(start, upstream, provider, "its certificate is not valid yet", ca=provider.ca)


@pytest.mark.parametrize("names", [("localhost",), ("127.0.0.2",), ("login.example.com", "*.example.com")])
def test_a_certificate_for_another_address_is_not_believed(start, upstream, provider, authority, directory, names):
    """Its subject's common name is 127.0.0.1, which counts for nothing."""
    provider.context = authority.context(directory, *names)
    refused(start, upstream, provider, "its certificate is not for '127.0.0.1'", ca=provider.ca)


@pytest.mark.parametrize("names", [("127.0.0.1",), ("localhos",), ("*host",), ("local*",), ("*",), ("localhost.evil.test",)])
def test_a_certificate_for_another_name_is_not_believed(start, upstream, provider, authority, directory, names):
    provider.context = authority.context(directory, *names)
    url = provider.url(host="localhost")
    refused(start, upstream, provider, "its certificate is not for 'localhost'", ca=provider.ca, jwks=url)


def test_a_certificate_signed_by_itself_is_not_believed(start, upstream, provider, directory):
    lone = Authority("lone")
    path = os.path.join(directory, "lone.pem")
    from cryptography.hazmat.primitives import serialization as form

    key = lone.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()
    write_files(directory, {"lone.pem": lone.pem() + key})
    provider.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    provider.context.load_cert_chain(path)
    refused(start, upstream, provider, "its certificate is signed by itself and not trusted", ca=provider.ca)


# What is no TLS.


def test_old_versions_are_not_spoken(start, upstream, provider, authority, directory):
    provider.context = authority.context(directory, version=ssl.TLSVersion.TLSv1_1)
    refused(start, upstream, provider, "it ", ca=provider.ca)


def test_plain_http_where_https_was_asked_for_is_said(start, upstream, provide, directory, authority):
    provider = provide(Key())

    def answer(connection, **_):
        connection.recv(10_000)
        connection.sendall(response("<h1>Bad Request</h1>", 400))
        raise OSError("enough")

    provider.context = type("Plain", (), {"wrap_socket": staticmethod(answer)})()
    refused(start, upstream, provider, "what answers there does not speak TLS", ca=authority.write(directory))


def test_https_where_plain_http_was_asked_for_is_said(start, upstream, provider):
    url = provider.url().replace("https:", "http:")
    gateway = begin(start, upstream, provider, ready=False, jwks=url)
    until_said(gateway, f"no keys from {url}: ")
    assert status(gateway, provider.keys[0].bearer()) == 503


def test_a_server_that_hangs_up_in_the_handshake_is_said(start, upstream, provide, directory, authority):
    provider = provide(Key())
    provider.context = type("Hangup", (), {"wrap_socket": staticmethod(hang_up)})()
    refused(start, upstream, provider, "", ca=authority.write(directory))


def hang_up(connection, **_):
    connection.recv(100)
    raise OSError("enough")


def test_a_server_that_says_nothing_is_given_up(start, upstream, provide, directory, authority):
    provider = provide(Key())

    def wait(connection, **_):
        while connection.recv(10_000):
            pass
        raise OSError("enough")

    provider.context = type("Silence", (), {"wrap_socket": staticmethod(wait)})()
    gateway = begin(start, upstream, provider, ready=False, ca=authority.write(directory))
    until(lambda: "it took longer than 10 s" in gateway.errors(), gateway.errors, timeout=20)


def test_an_end_without_a_farewell_is_no_end(start, upstream, provider):
    """Without a length, only the end of TLS says that nothing was cut off."""
    key = provider.keys[0]
    gateway = begin(start, upstream, provider, ca=provider.ca)
    until_status(gateway, key.bearer(), 200)
    body = key_set(Key("cut")).encode()

    def cut(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body)
        connection.shutdown(2)

    provider.answers[KEY_SET] = cut
    assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    until_said(gateway, f"warning: issuer '{ISSUER}': no keys from {provider.url()}: it closed the connection too early")
    assert status(gateway, key.bearer()) == 200
    # With a farewell it is one.
    provider.answers[KEY_SET] = b"HTTP/1.1 200 OK\r\n\r\n" + key_set(Key("whole"), key).encode()
    until_said(gateway, "2 keys from")


# Redirects.


def test_a_redirect_from_https_to_http_is_not_followed(start, upstream, provide, provider):
    plain = provide(Key("evil"))
    gateway = begin(start, upstream, provider, ca=provider.ca)
    key = provider.keys[0]
    until_status(gateway, key.bearer(), 200)
    provider.answers[KEY_SET] = response(status=302, fields=[f"Location: {plain.url()}"])
    assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    until_said(gateway, f"no keys from {provider.url()}: a redirect from 'https://' to 'http://'")
    assert plain.count() == 0
    assert status(gateway, key.bearer()) == 200


def test_a_redirect_from_http_to_https_is_followed(start, upstream, provide, provider):
    plain = provide()
    plain.answers[KEY_SET] = response(status=302, fields=[f"Location: {provider.url()}"])
    config = configured(upstream, url_issuer(plain))
    gateway = start(config, env={"SSL_CERT_FILE": provider.ca})
    until_status(gateway, provider.keys[0].bearer(), 200)


# Authorities.


def test_authorities_that_are_replaced_count_at_the_next_fetch(start, upstream, provider, directory):
    good = open(provider.ca).read()
    write_files(directory, {"ca.pem": Authority().pem()})
    gateway = begin(start, upstream, provider, ready=False, ca=provider.ca)
    until_said(gateway, "its certificate comes from an authority that is not trusted: name it with 'ca'")
    write_files(directory, {"ca.pem": good})
    until_status(gateway, provider.keys[0].bearer(), 200, timeout=30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "it can't be read: No such file or directory"),
        ("", "it holds no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "its certificate is damaged"),
        (Key().pem(), "it holds no certificate in PEM form"),
    ],
    ids=["missing", "empty", "damaged", "a key"],
)
def test_the_check_of_a_configuration_reads_the_authorities(directory, text, said):
    if text is not None:
        write_files(directory, {"ca.pem": text})
    issuer = {"issuer": "i", "audience": "any", "jwks": "https://127.0.0.1:1/keys", "ca": "ca.pem"}
    config = configured(None, issuer, routes=[{"exact": "/", "respond": {"status": 200}}])
    write_config(directory, config)
    code, _, errors = run("-t", directory=directory)
    assert code == 1
    assert f"error: 'ca.pem': {said}" in errors
