"""Key sets that are fetched: from an identity provider that rotates, goes down, sends nonsense and is slow."""

import gzip
import itertools
import os
import random
import time

import pytest

from lib import pace
from lib.identity_provider import KEY_SET, Key, key_set, response
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


# Outages.


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


def silence(connection):
    connection.recv(1)


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


# Nonsense.


def redirect(location, status=302):
    return response(status=status, fields=[f"Location: {location}"])


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def endless_head(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Filler: " + b"x" * 8000 + b"\r\n")


GOOD = key_set(Key("nonsense")).encode()
NONSENSE = {
    "HTML": (response("<html><body>Sorry!</body></html>"), "not JSON"),
    "nothing": (response(""), "not JSON"),
    "truncated JSON": (response(GOOD[:-10]), "not JSON"),
    "JSON and more": (response(GOOD + b"x"), "not JSON"),
    "two members of one name": (response('{"keys": [], "keys": []}'), "not JSON"),
    "deep JSON": (response("[" * 100_000), "not JSON"),
    "not UTF-8": (response(b'{"keys": ["\xff"]}'), "not JSON"),
    "a list": (response("[]"), "not a JWK Set"),
    "keys that are no list": (response('{"keys": {}}'), "not a JWK Set"),
    "10,000 keys": (response(key_set(*[{"kty": "EC", "kid": str(n)} for n in range(10_000)])), "10000 keys; at most 1000"),
    "a server error": (response("down", 500), "the answer has status 500"),
    "not found": (response("?", 404), "the answer has status 404"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", "the answer has status 204"),
    "a part": (response(GOOD, 206), "the answer has status 206"),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "the answer has status 304"),
    "switching protocols": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "the answer has status 101"),
    "gzip": (response(gzip.compress(GOOD), fields=["Content-Encoding: gzip"]), "the answer is compressed"),
    "gzip that nobody speaks of": (response(gzip.compress(GOOD)), "not JSON"),
    "a length that is too long": (response(GOOD, length=len(GOOD) + 10), "the answer broke off"),
    "a length that is too short": (response(GOOD, length=len(GOOD) - 10), "not JSON"),
    "a length that is none": (response(GOOD, length="x"), "the answer is malformed (malformed_content_length)"),
    "two lengths": (response(GOOD, fields=["Content-Length: 5"]), "the answer is malformed (repeated_content_length)"),
    "both framings": (response(GOOD, fields=["Transfer-Encoding: chunked"]), "the answer is malformed (conflicting_framing)"),
    "chunks that are none": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "the answer is malformed (malformed_chunk_size)"),
    "chunks that end early": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "the answer broke off"),
    "a megabyte and more, announced": (response(b" " * 1_100_000), "the answer is larger than 1024 KiB"),
    "no end": (endless, "the answer is larger than 1024 KiB"),
    "a head without end": (endless_head, "the answer is malformed (head_too_large)"),
    "a head that breaks off": (b"HTTP/1.1 200 OK\r\nContent-", "the answer broke off"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer is malformed (malformed_status_line)"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "the answer is malformed"),
    "interim responses without end": (b"HTTP/1.1 100 Continue\r\n\r\n" * 100, "the answer is malformed (interim_responses)"),
    "a hang-up": (lambda connection: connection.close(), "the answer broke off"),
    "a redirect to itself": (redirect(KEY_SET), "more than 3 redirects"),
    "a redirect to nowhere": (response(status=302), "a redirect that doesn't say whereto"),
    "two redirects at once": (response(status=302, fields=["Location: /a", "Location: /b"]), "a redirect that doesn't say whereto"),
    "a redirect to a file": (redirect("file:///etc/passwd"), "a redirect to a URL that can't be used"),
    "a redirect with a password": (redirect("http://me:secret@127.0.0.1/"), "a redirect to a URL that can't be used"),
    "a redirect to a bad host": (redirect("http://a..b/"), "a redirect to a URL that can't be used"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_said_and_changes_nothing(start, upstream, provide, name):
    answer, said = NONSENSE[name]
    key = Key()
    provider = provide(key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    provider.answers[KEY_SET] = answer
    assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    until_said(gateway, f"warning: issuer '{ISSUER}': no keys from {provider.url()}: {said}")
    assert status(gateway, key.bearer()) == 200
    assert gateway.request("/open").status == 200
    del provider.answers[KEY_SET]
    until_said(gateway, "can be fetched again")


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
    until_said(gateway, "not used is key 2 (kid \"secret\"): a shared secret")
    assert base64url(SECRET.encode()) not in gateway.errors()


def test_keys_that_nobody_can_tell_apart_are_not_used(start, upstream, provide):
    one, two, good = Key("twice"), Key("twice"), Key("good")
    provider = provide(one, two, good)
    gateway = begin(start, upstream, provider)
    until_status(gateway, good.bearer(), 200)
    assert status(gateway, one.bearer()) == 401
    assert status(gateway, two.bearer()) == 401
    assert gateway.errors().count("has the same kid") == 2


def test_an_empty_set_refuses_everybody(start, upstream, provide):
    provider = provide()
    gateway = begin(start, upstream, provider)
    until_said(gateway, "none of its tokens is good")
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
    until_said(gateway, "not used is key 2")
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


# Garbage.


def garbage(random_source):
    """A response that was right before somebody got at it."""
    body = key_set(Key("fuzz")).encode()
    if random_source.random() < 0.3:
        whole = bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    else:
        whole = bytearray(response(body))
    for _ in range(random_source.randrange(1, 12)):
        if len(whole) < 2:
            break
        place = random_source.randrange(len(whole))
        match random_source.randrange(5):
            case 0:
                whole[place] = random_source.randrange(256)
            case 1:
                del whole[place : place + random_source.randrange(1, 40)]
            case 2:
                whole[place:place] = random_source.randbytes(random_source.randrange(1, 40))
            case 3:
                whole[place:place] = random_source.choice([b"\r\n", b"\n", b"\x00", b"\r\n\r\n", b"{", b'"', b"0\r\n\r\n"])
            case 4:
                del whole[place + 1 :]
    return bytes(whole)


@pytest.mark.heavy
def test_garbage_does_no_harm(start, upstream, provide):
    seed = int(os.environ.get("SEED", "1"))
    source = random.Random(seed)
    key = Key()
    provider = provide(key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    # Every entry is an issuer, so that many are asked at once.
    names = [f"https://fuzz{number}.test" for number in range(40)]
    for round_number in range(8):
        for number in range(len(names)):
            provider.answers[f"/fuzz/{round_number}/{number}"] = garbage(source)
        issuers = [
            url_issuer(provider, issuer=name, jwks=provider.url(f"/fuzz/{round_number}/{number}"))
            for number, name in enumerate(names)
        ]
        gateway.reload(configured(upstream, url_issuer(provider), *issuers))
        for number in range(len(names)):
            path = f"/fuzz/{round_number}/{number}"
            until(lambda: f"{provider.url(path)}: " in gateway.errors() or f"from {provider.url(path)}\n" in gateway.errors(),
                  lambda: f"seed {seed}: {path}: {provider.answers[path]!r} {gateway.errors()[-2000:]}", timeout=30)
        assert status(gateway, key.bearer()) == 200, f"seed {seed}"
