"""Providers of keys that send nonsense, garbage or no end: it is said, and changes nothing."""

import gzip
import os
import random

import pytest

from lib.identity_provider import KEY_SET, Key, key_set, redirect, response
from lib.issuers import begin, configured, reason, status, until_said, until_status, url_issuer
from lib.tokens import ISSUER
from lib.waiting import until


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
