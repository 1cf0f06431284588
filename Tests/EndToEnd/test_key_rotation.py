"""`portcullis key generate|list|rotate`, alone, beside a running gateway, under load and broken off."""

import os
import threading

import jwt
import pytest

from lib.accounts import token_of
from lib.keys import files, key_set, login, names, pairs, signing, verified
from lib.rotation import rotate, signs_with
from lib.tokens import authorization
from lib.upstreams import free_port
from lib.waiting import until


def test_a_running_gateway_notices_a_rotation(start):
    gateway = start(signing())
    old = login(gateway)
    first = names(gateway)
    assert rotate(gateway.directory) == first[0]
    signs_with(gateway, first[0])
    assert names(gateway)[1:] == first
    fresh = token_of(gateway)
    for token in (old, fresh):
        assert gateway.request("/protected", fields=authorization(token)).status == 200
        assert verified(gateway, token)["sub"] == "alice"
    assert files(gateway) == sorted(["index"] + [name + ".pem" for name in names(gateway)])


def test_a_damaged_directory_leaves_the_keys_in_force(start):
    gateway = start(signing())
    token = login(gateway)
    index = os.path.join(gateway.directory, "keys", "index")
    with open(index) as file:
        good = file.read()
    before = names(gateway)
    with open(index, "w") as file:
        file.write("nonsense\n")
    until(lambda: "keys/index': it was not written by this program" in gateway.errors(), "a word about the index")
    assert gateway.request("/protected", fields=authorization(token)).status == 200
    assert token_of(gateway) and names(gateway) == before
    with open(index + ".new", "w") as file:
        file.write(good)
    os.rename(index + ".new", index)
    first = rotate(gateway.directory)
    signs_with(gateway, first)


def test_a_reload_takes_up_a_rotation(start):
    gateway = start(signing())
    login(gateway)
    name = rotate(gateway.directory)
    gateway.reload()
    assert jwt.get_unverified_header(token_of(gateway))["kid"] == name


@pytest.mark.heavy
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_no_valid_token_is_refused_while_keys_are_rotated_under_load(start, algorithm):
    """Several workers and clients that log in and use what they have got, all through a series of rotations."""
    gateway = start(signing(algorithm, workers=2, throttle=False))
    tokens = [login(gateway)]
    problems, count = [], 0
    done = threading.Event()

    def log_in_again():
        # On a busy machine a password takes its time.
        with gateway.client(timeout=60) as client:
            while not done.is_set():
                tokens.append(token_of(client))

    def use():
        nonlocal count
        # A connection each time, so that each worker gets its share.
        number = 0
        while not done.is_set() and not problems:
            with gateway.client() as client:
                for _ in range(4):
                    number += 1
                    token = tokens[-1] if number % 2 else tokens[number % len(tokens)]
                    answer = client.request("/protected", fields=authorization(token))
                    count += 1
                    if answer.status != 200:
                        problems.append((answer, jwt.get_unverified_header(token), key_set(gateway)))
                        return

    threads = [threading.Thread(target=each) for each in (log_in_again, log_in_again, use, use, use)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            name = rotate(gateway.directory)
            until(lambda name=name: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 60)
        # Faster than anybody can notice: the gateway sees the last of them only.
        for _ in range(5):
            name = rotate(gateway.directory)
        until(lambda: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 60)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not problems, problems
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) >= 6
    assert count > 100
    for token in tokens:
        assert gateway.request("/protected", fields=authorization(token)).status == 200


@pytest.mark.parametrize("source", ["jwks", "discover"])
def test_another_gateway_takes_the_tokens_through_every_rotation(start, source):
    """With nothing but the first one's URL: what is next is known there before it signs, what isn't is fetched."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    first = start({**signing("EdDSA", issuer=url), "listen": [f"127.0.0.1:{port}"]})
    keys = {"jwks": url + "/.well-known/jwks.json"} if source == "jwks" else {"discover": True}
    auth = {"issuers": [{"issuer": url, "audience": "any", **keys}], "jwks_cooldown": "1s"}
    route = {"exact": "/protected", "respond": {"status": 200, "json": {}}}
    second = start({"listen": ["127.0.0.1:0"], "workers": 1, "auth": auth, "routes": [route]})
    tokens = [login(first)]
    until(lambda: second.request("/protected", fields=authorization(tokens[0])).status == 200, "the keys at the other gateway")
    for number in range(4):
        signs_with(first, rotate(first.directory))
        tokens.append(token_of(first))
        if number == 0:
            assert second.request("/protected", fields=authorization(tokens[-1])).status == 200
        until(lambda: second.request("/protected", fields=authorization(tokens[-1])).status == 200, "the new key at the other gateway")
        for token in tokens:
            assert second.request("/protected", fields=authorization(token)).status == 200


def test_two_gateways_share_a_directory(start, directory):
    shared = os.path.join(directory, "keys")
    first = start(signing(signing=pairs(directory=shared)))
    second = start(signing(signing=pairs(directory=shared)))
    token = login(first)
    assert second.request("/protected", fields=authorization(token)).status == 200
    name = rotate(first.directory)
    signs_with(first, name)
    assert second.request("/protected", fields=authorization(token_of(first))).status == 200
    assert second.request("/protected", fields=authorization(token)).status == 200
    until(lambda: names(second) == names(first), "the other gateway to notice")
