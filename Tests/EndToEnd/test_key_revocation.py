"""Keys that were stolen: what `key rotate --revoke` ends, and when."""

import os
import time

import jwt
import pytest

from lib.accounts import token_of
from lib.gateway import run
from lib.keys import ISSUER, login, names, signing
from lib.rotation import rotate, rows, seconds
from lib.tokens import authorization
from lib.waiting import until


def stolen(gateway):
    """The private keys of a gateway as somebody has copied them, by their `kid`."""
    folder = os.path.join(gateway.directory, "keys")
    keys = {}
    for name in os.listdir(folder):
        if name.endswith(".pem"):
            with open(os.path.join(folder, name)) as file:
                keys[name.removesuffix(".pem")] = file.read()
    return keys


def forged(keys, kid, iat):
    """A token like the gateway's own, made with a stolen key; `iat` in seconds since 1970, None for none."""
    claims = {"iss": ISSUER, "sub": "mallory", "exp": int(time.time()) + 600, **({} if iat is None else {"iat": int(iat)})}
    return jwt.encode(claims, keys[kid], algorithm="ES256", headers={"kid": kid, "typ": "at+jwt"})


def answers(gateway, token, count=8):
    """The answers to the token on as many connections, so that every worker is asked."""
    return {gateway.request("/protected", fields=authorization(token)).status for _ in range(count)}


def until_all(gateway, token, status):
    until(lambda: answers(gateway, token) == {status}, lambda: f"{status} of all workers: {gateway.errors()!r}")


def rotated(gateway):
    """Rotates; the names of the next, the current and the previous key, from the first worker that knows them."""
    rotate(gateway.directory)
    return until(lambda: len(known := names(gateway)) == 3 and known, "the rotation")


def test_a_revocation_ends_every_key_that_lay_in_one_place(start):
    """A thief of one of them may have all: next, current and previous, whatever is cached."""
    gateway = start(signing(workers=3))
    honest = login(gateway)
    following, current, previous = rotated(gateway)
    keys = stolen(gateway)
    tokens = [honest, *(forged(keys, kid, time.time() - 60) for kid in (following, current, previous))]
    for token in tokens:
        until_all(gateway, token, 200)
    rotate(gateway.directory, "--revoke")
    for token in tokens:
        until_all(gateway, token, 401)
        assert gateway.request("/protected", fields=authorization(token)).refusal == (401, "key_unknown")
    assert set(names(gateway)).isdisjoint(keys) and len(names(gateway)) == 2
    until(lambda: jwt.get_unverified_header(token_of(gateway))["kid"] == names(gateway)[1], "a new signature")
    until_all(gateway, token_of(gateway), 200)
    gateway.stop()
    again = start(signing(), directory=gateway.directory)
    for token in tokens:
        assert again.request("/protected", fields=authorization(token)).status == 401


@pytest.mark.parametrize("place", range(3), ids=["next", "current", "previous"])
def test_tokens_of_a_key_that_is_revoked_alone_are_refused(start, place):
    gateway = start(signing(workers=2))
    login(gateway)
    known = rotated(gateway)
    keys = stolen(gateway)
    tokens = [forged(keys, kid, time.time() - 60) for kid in known]
    for token in tokens:
        until_all(gateway, token, 200)
    rotate(gateway.directory, "--revoke", known[place])
    until_all(gateway, tokens[place], 401)
    for number, token in enumerate(tokens):
        assert answers(gateway, token) == {401 if number == place else 200}
    until_all(gateway, token_of(gateway), 200)


def test_a_previous_key_verifies_nothing_that_was_issued_after_its_time(start):
    gateway = start(signing(workers=2))
    honest = login(gateway)
    keys, (_, kid) = stolen(gateway), names(gateway)
    unaware = forged(keys, kid, None)
    # Kept for its next use before the rotation: that is no way around it.
    until_all(gateway, unaware, 200)
    rotate(gateway.directory)
    retired = int(seconds(rows(gateway.directory)[2]["since"]))
    until_all(gateway, unaware, 401)
    for after, status in ((-60, 200), (0, 200), (3, 200), (4, 401), (60, 401)):
        token = forged(keys, kid, retired + after)
        # What is ahead of the clock is taken once its time has come.
        until_all(gateway, token, status)
    assert gateway.request("/protected", fields=authorization(token)).refusal == (401, "key_unknown")
    code, output, _ = run("token", "inspect", token, directory=gateway.directory)
    assert code == 1 and "that key was retired and verifies what was issued until" in output
    assert answers(gateway, honest) == {200}
    gateway.reload()
    assert answers(gateway, unaware) == {401} and answers(gateway, honest) == {200}
