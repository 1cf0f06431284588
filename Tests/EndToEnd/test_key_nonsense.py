"""Providers of keys that send nonsense, garbage or no end: it is said, and changes nothing."""

import gzip
import random

import pytest

from lib.garbage import serve_garbage
from lib.identity_provider import KEY_SET, Key, key_set, redirect, response
from lib.issuers import begin, reason, status, until_said, until_status
from lib.tokens import ISSUER


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
    "a redirect to nowhere": (response(status=302), "a redirect without exactly one 'Location'"),
    "two redirects at once": (response(status=302, fields=["Location: /a", "Location: /b"]), "a redirect without exactly one 'Location'"),
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


@pytest.mark.heavy
def test_garbage_does_no_harm(start, upstream, provide):
    chance = random.Random(1)
    key = Key()
    provider = provide(key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    for number in range(8):
        serve_garbage(gateway, upstream, provider, chance, number)
        assert status(gateway, key.bearer()) == 200
