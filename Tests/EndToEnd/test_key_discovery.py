"""Issuers that say themselves where their keys are (OpenID Connect Discovery 1.0)."""

import json

import pytest

from lib.identity_provider import DESCRIPTION, KEY_SET, Authority, Key, response
from lib.issuers import configured, reason, status, until_said, until_status
from lib.waiting import until


@pytest.fixture
def provider(provide, directory):
    """An identity provider over HTTPS that describes itself."""
    authority = Authority()
    made = provide(Key(), context=authority.context(directory))
    made.ca = authority.write(directory)
    return made


def discovered(provider, **changes):
    whole = {"issuer": provider.issuer, "audience": "any", "discover": True, **changes}
    if provider.context:
        whole["ca"] = provider.ca
    return whole


def bearer(provider, key=None):
    return (key or provider.keys[0]).bearer(iss=provider.issuer)


@pytest.mark.parametrize("issuer", ["", "/", "/realms/a", "/realms/a/"])
def test_keys_are_found(start, upstream, provider, issuer):
    provider.issuer = provider.url(issuer)
    path = issuer.rstrip("/") + DESCRIPTION
    provider.answers[path] = response(json.dumps(provider.description()))
    gateway = start(configured(upstream, discovered(provider)))
    until_status(gateway, bearer(provider), 200)
    assert [request[0] for request in provider.requests] == [path, KEY_SET]
    until_said(gateway, f"1 key from {provider.url(path)}")


def test_keys_are_found_without_tls_where_the_issuer_has_none(start, upstream, provide):
    provider = provide(Key())
    gateway = start(configured(upstream, discovered(provider)))
    until_status(gateway, bearer(provider), 200)


def test_a_rotation_is_noticed_and_so_is_another_place_for_the_keys(start, upstream, provider):
    gateway = start(configured(upstream, discovered(provider)))
    until_status(gateway, bearer(provider), 200)
    new = Key("new")
    description = {**provider.description(), "jwks_uri": provider.url("/moved")}
    provider.answers[DESCRIPTION] = response(json.dumps(description))
    provider.answers["/moved"] = response(json.dumps({"keys": [new.jwk()]}))
    assert status(gateway, bearer(provider, new)) == 200
    assert provider.count(DESCRIPTION) == 2
    assert reason(gateway, bearer(provider)) == "key_unknown"


BAD = {
    "no JSON": ("<html>", "the provider's description of itself is no JSON"),
    "no object": ("[]", "the provider's description of itself is no JSON object"),
    "no issuer": ({"issuer": None}, "the provider's description of itself has no 'issuer'"),
    "another issuer": ({"issuer": "https://evil.test"}, "the provider's description of itself is that of another issuer: it names \"https://evil.test\", and the configuration \"{}\""),
    "an issuer with a slash more": ({"issuer": "{}/"}, "the provider's description of itself is that of another issuer: it names \"{}/\", and the configuration \"{}\", which differ in the slash at the end"),
    "no place for keys": ({"jwks_uri": None}, "the provider's description of itself has no 'jwks_uri'"),
    "a file": ({"jwks_uri": "file:///etc/passwd"}, "the provider's 'jwks_uri' can't be used"),
    "a path": ({"jwks_uri": "/keys"}, "the provider's 'jwks_uri' can't be used"),
    "a place without protection": ({"jwks_uri": "http://127.0.0.1:1/keys"}, "the provider's 'jwks_uri' is not an 'https://' URL"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_description_that_does_not_fit_is_not_believed(start, upstream, provider, name):
    text, said = BAD[name]
    said = said.replace("{}", provider.issuer)
    if isinstance(text, dict):
        changes = {key: value and value.replace("{}", provider.issuer) for key, value in text.items()}
        whole = {**provider.description(), **changes}
        text = json.dumps({key: value for key, value in whole.items() if value is not None})
    provider.answers[DESCRIPTION] = response(text)
    gateway = start(configured(upstream, discovered(provider)))
    until_said(gateway, f"no keys from {provider.url(DESCRIPTION)}: {said}")
    assert gateway.request(fields=bearer(provider)).refusal == (503, "keys_unavailable")
    assert provider.count() == 0
    del provider.answers[DESCRIPTION]
    until_status(gateway, bearer(provider), 200, timeout=30)


def test_the_description_keeps_the_same_limits(start, upstream, provider):
    gateway = start(configured(upstream, discovered(provider)))
    until_status(gateway, bearer(provider), 200)
    for answer, said in (
        (response(status=500), "the answer has status 500"),
        (response(b" " * 1_100_000), "the answer is larger than 1024 KiB"),
        (response(status=302, fields=["Location: http://127.0.0.1:1/"]), "a redirect from 'https://' to 'http://'"),
    ):
        provider.answers[DESCRIPTION] = answer
        until(lambda: reason(gateway, bearer(provider, Key("bogus"))) == "key_unknown" and said in gateway.errors(), gateway.errors)
        assert status(gateway, bearer(provider)) == 200
