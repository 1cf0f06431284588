"""Key sets that are fetched: from an identity provider that rotates, goes down, sends nonsense and is slow."""

import time

import pytest

from lib.identity_provider import KEY_SET, Key, key_set, redirect, response, silence
from lib.issuers import begin, configured, reason, status, until_said, until_status, url_issuer
from lib.tokens import ISSUER, SECRET, base64url, bearer
from lib.waiting import until


# Fetching.


def test_keys_are_fetched_once_for_all_workers(start, upstream, provide):
    key = Key()
    provider = provide(key)
    gateway = start(configured(upstream, url_issuer(provider), workers=4))
    until_said(gateway, f"info: issuer '{ISSUER}': 1 key from {provider.url()}\n")
    until_status(gateway, key.bearer(), 200)
    assert {status(gateway, key.bearer()) for _ in range(16)} == {200}
    assert provider.count() == 1
    (_, lines), = provider.requests
    assert lines[0] == f"GET {KEY_SET} HTTP/1.1"
    fields = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert fields["Host"] == f"127.0.0.1:{provider.port}"
    assert fields["User-Agent"] == "portcullis"
    assert fields["Accept-Encoding"] == "identity"


def test_hosts_are_resolved(start, upstream, provide):
    key = Key()
    provider = provide(key)
    gateway = start(configured(upstream, url_issuer(provider, jwks=provider.url(host="localhost"))))
    until_status(gateway, key.bearer(), 200)
    (_, lines), = provider.requests
    assert f"Host: localhost:{provider.port}" in lines


def test_several_issuers_have_their_own_keys(start, upstream, provide):
    one, two = Key("same", "ES256"), Key("same", "RS256")
    first, second = provide(one), provide(two)
    other = "https://other.test"
    gateway = start(configured(upstream, url_issuer(first), url_issuer(second, issuer=other)))
    until_status(gateway, one.bearer(), 200)
    until_status(gateway, two.bearer(iss=other), 200)
    assert reason(gateway, two.bearer()) == "key_unknown"
    assert reason(gateway, one.bearer(iss=other)) == "key_unknown"


@pytest.mark.parametrize("framing", ["length", "chunked", "until close", "byte by byte", "interim", "http/1.0"])
def test_every_framing_is_read(start, upstream, provide, framing):
    key = Key()
    body = key_set(key).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i : i + 7]), body[i : i + 7]) for i in range(0, len(body), 7))

    def slowly(connection):
        for byte in response(body):
            connection.sendall(bytes([byte]))

    answers = {
        "length": response(body),
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
        "until close": b"HTTP/1.1 200 OK\r\n\r\n" + body,
        "byte by byte": slowly,
        "interim": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + response(body),
        "http/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + body,
    }
    provider = provide()
    provider.answers[KEY_SET] = answers[framing]
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)


# Rotation.


def test_a_new_key_is_noticed_by_the_first_token_that_needs_it(start, upstream, provide):
    old, new = Key("old"), Key("new")
    provider = provide(old)
    gateway = begin(start, upstream, provider)
    until_status(gateway, old.bearer(), 200)
    provider.keys = [old, new]
    assert status(gateway, new.bearer()) == 200
    assert status(gateway, old.bearer()) == 200
    assert provider.count() == 2


def test_tokens_of_a_key_that_is_gone_are_refused_at_once_whatever_is_cached(start, upstream, provide):
    old, new = Key("old"), Key("new")
    provider = provide(old)
    gateway = begin(start, upstream, provider)
    known = old.bearer()
    until_status(gateway, known, 200)
    assert {status(gateway, known) for _ in range(5)} == {200}
    provider.keys = [new]
    assert status(gateway, new.bearer()) == 200
    assert reason(gateway, known) == "key_unknown"


def test_unknown_keys_cause_three_fetches_and_one_more_in_each_cooldown(start, upstream, provide):
    provider = provide(Key())
    gateway = begin(start, upstream, provider, cooldown="2s")
    assert provider.count() == 1
    began = time.monotonic()
    with gateway.client() as client:
        for number in range(300):
            answer = client.request(fields=Key(f"bogus {number % 7}").bearer())
            assert answer.json()["reason"] == "key_unknown"
    assert 4 <= provider.count() <= 1 + 3 + int((time.monotonic() - began) / 2) + 1


def test_only_unknown_keys_of_the_issuer_cause_a_fetch(start, upstream, provide):
    key = Key()
    provider, other = provide(key), provide(Key("other"))
    gateway = start(configured(upstream, url_issuer(provider), url_issuer(other, issuer="https://other.test")))
    until_status(gateway, key.bearer(), 200)
    until_said(gateway, f" from {other.url()}")
    for fields in (
        bearer(), Key("one").bearer(), key.bearer(exp=1), key.bearer(iss="https://evil.test"), key.bearer(aud="x"),
        {"Authorization": "Bearer x"},
    ):  # fmt: skip
        assert status(gateway, fields) == 401
    assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    until(lambda: provider.count() == 2, "a fetch")
    assert other.count() == 1


def test_a_route_that_only_reports_has_keys_fetched_too(start, upstream, provide):
    old, new = Key("old"), Key("new")
    provider = provide(old)
    routes = [{"path": "/", "upstream": "app", "auth": "report"}, {"path": "/strict", "upstream": "app"}]
    gateway = start(configured(upstream, url_issuer(provider), routes=routes))
    until(lambda: gateway.request("/strict", fields=old.bearer()).status == 200, gateway.errors)
    provider.keys = [new]
    assert status(gateway, new.bearer()) == 200
    until(lambda: provider.count() == 2, "a fetch")
    until(lambda: gateway.request("/strict", fields=new.bearer()).status == 200, gateway.errors)


# Redirects.


def test_redirects_are_followed_three_times(start, upstream, provide):
    key = Key()
    first, second = provide(), provide(key)
    first.answers.update({
        KEY_SET: redirect("/b/c", 301), "/b/c": redirect("d?e", 307), "/b/d?e": redirect(second.url(), 308),
    })  # fmt: skip
    gateway = start(configured(upstream, url_issuer(first)))
    until_status(gateway, key.bearer(), 200)
    assert [path for path, _ in first.requests] == [KEY_SET, "/b/c", "/b/d?e"]
    assert second.count() == 1


# What a set may hold.


def test_secrets_and_private_keys_are_not_taken_from_a_url(start, upstream, provide):
    key = Key("good")
    secret = {"kty": "oct", "kid": "secret", "alg": "HS256", "k": base64url(SECRET.encode())}
    provider = provide(key, secret)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    assert reason(gateway, bearer(headers={"kid": "secret"})) == "algorithm_refused"
    until_said(gateway, "not used: key 2 (kid \"secret\"): a shared secret")
    assert base64url(SECRET.encode()) not in gateway.errors()


def test_keys_that_nobody_can_tell_apart_are_not_used(start, upstream, provide):
    one, two, good = Key("twice"), Key("twice"), Key("good")
    provider = provide(one, two, good)
    gateway = begin(start, upstream, provider)
    until_status(gateway, good.bearer(), 200)
    assert status(gateway, one.bearer()) == 401
    assert status(gateway, two.bearer()) == 401
    assert gateway.errors().count("has the same kid") == 2


UNKNOWN = [{"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AAAA"}, {"kty": "OKP", "crv": "Ed448", "kid": "x", "x": "AAAA"}]


def test_keys_of_unknown_kinds_are_skipped_and_said_once(start, upstream, provide):
    key = Key("good")
    provider = provide(*UNKNOWN, key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    # Three more fetches of the same set.
    for number in range(3):
        fetched = provider.count()
        assert status(gateway, Key(f"none{number}").bearer()) == 401
        assert provider.count() > fetched
    assert gateway.errors().count("not used: key ") == 2
    assert "error:" not in gateway.errors()


def test_a_set_of_unknown_kinds_is_told_with_the_kinds(start, upstream, provide):
    gateway = begin(start, upstream, provide(*UNKNOWN))
    until_said(gateway, 'not used: key 2 (kid "x", kty "OKP", crv "Ed448")')
    assert 'not used: key 1 (kid "pq", kty "AKP", alg "ML-DSA-44")' in gateway.errors()
    assert "0 keys from" in gateway.errors() and "all its tokens are refused" in gateway.errors()


def test_an_empty_set_refuses_everybody(start, upstream, provide):
    provider = provide()
    gateway = begin(start, upstream, provider)
    until_said(gateway, "all its tokens are refused")
    until(lambda: reason(gateway, Key().bearer()) == "key_unknown", gateway.errors)


def test_a_thousand_keys_are_a_set(start, upstream, provide):
    keys = [Key(f"k{number}") for number in range(1000)]
    provider = provide(*keys)
    gateway = begin(start, upstream, provider)
    until_said(gateway, "1000 keys")
    until_status(gateway, keys[999].bearer(), 200)
    assert status(gateway, keys[0].bearer()) == 200


def test_names_of_keys_cannot_write_into_the_log(start, upstream, provide):
    provider = provide(Key("good"), {"kty": "X", "kid": "\n2026-01-01T00:00:00Z error: forged\x1b[31m\u202e"})
    gateway = begin(start, upstream, provider)
    until_said(gateway, "not used: key 2")
    assert "\x1b" not in gateway.errors() and "\u202e" not in gateway.errors()
    assert not any(line.startswith("2026-01-01") for line in gateway.errors().splitlines())


# Reload.


def test_a_reload_keeps_the_keys_of_sources_that_stay(start, upstream, provide):
    key, new = Key(), Key("new")
    provider, other = provide(key), provide(new)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    provider.stop()
    added = url_issuer(other, issuer="https://new.test")
    gateway.reload(configured(upstream, url_issuer(provider), added))
    assert status(gateway, key.bearer()) == 200
    until_status(gateway, new.bearer(iss="https://new.test"), 200)
    # What an issuer may do has changed, not where its keys are.
    gateway.reload(configured(upstream, url_issuer(provider, algorithms=["ES256"], max_ttl="1h"), added))
    assert status(gateway, key.bearer()) == 200
    gateway.reload(configured(upstream, url_issuer(provider, algorithms=["RS256"]), added))
    assert status(gateway, key.bearer()) == 401
    asked = other.count()
    gateway.reload(configured(upstream, url_issuer(provider)))
    assert status(gateway, key.bearer()) == 200
    assert reason(gateway, new.bearer(iss="https://new.test")) == "issuer_unknown"
    assert other.count() == asked


def test_a_reload_in_the_middle_of_a_fetch_does_no_harm(start, upstream, provide):
    key = Key()
    provider = provide(key)
    provider.answers[KEY_SET] = silence
    gateway = begin(start, upstream, provider, ready=False)
    until(lambda: provider.count() == 1, "a request")
    other = provide(key)
    gateway.reload(configured(upstream, url_issuer(other)))
    until_status(gateway, key.bearer(), 200)
    gateway.reload(configured(upstream, url_issuer(provider)))
    del provider.answers[KEY_SET]
    until_status(gateway, key.bearer(), 200, timeout=30)
