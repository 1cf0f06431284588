"""Providers of keys that are down or too slow: what was fetched before stays in force, and the rest waits its turn."""

import itertools

import pytest

from lib import pace
from lib.identity_provider import KEY_SET, Key, silence
from lib.issuers import begin, configured, reason, status, until_said, until_status, url_issuer
from lib.tokens import ISSUER
from lib.waiting import until


def test_the_gateway_starts_without_keys_and_gets_them_when_they_can_be_had(start, upstream, provide):
    key = Key()
    provider = provide(key)
    provider.stop()
    gateway = begin(start, upstream, provider, ready=False)
    until_said(gateway, f"warning: issuer '{ISSUER}': no keys from {provider.url()}: Connection refused; there are none yet")
    answer = gateway.request(fields=key.bearer())
    assert answer.status == 503
    assert answer.json()["reason"] == "keys_unavailable"
    assert int(answer["retry-after"]) > 0
    assert gateway.request("/open").status == 200
    assert reason(gateway, {}) == "token_missing"
    assert reason(gateway, key.bearer(iss="https://evil.test")) == "issuer_unknown"
    provider.start()
    until_status(gateway, key.bearer(), 200, timeout=30)


def test_another_issuer_is_served_meanwhile(start, upstream, provide):
    key = Key()
    down, up = provide(), provide(key)
    down.stop()
    gateway = start(configured(upstream, url_issuer(down), url_issuer(up, issuer="https://up.test")))
    until_status(gateway, key.bearer(iss="https://up.test"), 200)
    assert status(gateway, key.bearer()) == 503


def test_the_last_keys_stay_in_force_while_the_provider_is_down(start, upstream, provide):
    key, new = Key(), Key("new")
    provider = provide(key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    provider.stop()
    assert reason(gateway, new.bearer()) == "key_unknown"
    until_said(gateway, "those fetched before stay in force, the next try is in 1 s")
    assert status(gateway, key.bearer()) == 200
    provider.keys = [key, new]
    provider.start()
    until_status(gateway, new.bearer(), 200, timeout=30)
    assert f"info: issuer '{ISSUER}': its keys can be fetched again from {provider.url()}" in gateway.errors()


def drip(connection):
    """A byte now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    pace.drip(connection.sendall, itertools.repeat(b" "), every=0.2)


@pytest.mark.parametrize("slowness", [drip, silence])
def test_a_provider_that_is_too_slow_is_given_up(start, upstream, provide, slowness):
    key = Key()
    provider = provide(key)
    provider.answers[KEY_SET] = slowness
    gateway = begin(start, upstream, provider, ready=False)
    until(lambda: provider.count() == 1, "a request")
    assert status(gateway, key.bearer()) == 503
    del provider.answers[KEY_SET]
    until(lambda: "it took longer than 10 s" in gateway.errors(), gateway.errors, timeout=20)
    until_status(gateway, key.bearer(), 200)
