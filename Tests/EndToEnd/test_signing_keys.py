"""Tokens signed with key pairs: every algorithm, checked by other programs from the gateway's key set."""

import json
import os
import stat
import urllib.request

import authlib.jose
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwk as joserfc_jwk, jwt as joserfc_jwt

from lib.accounts import PASSWORD, configuration, log_in, register, secret, token_of
from lib.gateway import run, write_config
from lib.keys import ISSUER, PAIRS, SECRETS, files, key_set, login, names, pairs, signing, verified
from lib.tokens import authorization, base64url, forged, tampered


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_token_of_every_algorithm_is_taken_and_checked_by_other_programs(start, algorithm):
    gateway = start(signing(algorithm))
    register(gateway)
    answer = log_in(gateway)
    assert answer.status == 200 and answer.json()["expires_in"] == 3600
    token = answer.json()["token"]
    assert gateway.request("/protected", fields=authorization(token)).status == 200
    me = gateway.request("/me", fields=authorization(token)).json()

    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == (algorithm, "at+jwt")
    assert header["kid"] == names(gateway)[1]

    # PyJWT, as it fetches the keys by itself.
    claims = verified(gateway, token, issuer=ISSUER)
    assert claims == me["claims"] and claims["sub"] == claims["user"] == "alice"
    # joserfc and authlib, with the key set as it came.
    with urllib.request.urlopen(gateway.url + "/.well-known/jwks.json") as response:
        keys = json.load(response)
    allowed = joserfc_jwt.decode(token, joserfc_jwk.KeySet.import_key_set(keys), algorithms=[algorithm])
    assert allowed.claims == claims
    assert dict(authlib.jose.JsonWebToken([algorithm]).decode(token, authlib.jose.JsonWebKey.import_key_set(keys))) == claims
    with pytest.raises(jwt.InvalidSignatureError):
        verified(gateway, tampered(token))


@pytest.mark.parametrize("algorithm", SECRETS)
def test_a_secret_is_never_published(start, algorithm):
    gateway = start(configuration(signing={"algorithm": algorithm, "secret_file": "data/secret.key"}))
    token = login(gateway)
    assert gateway.request("/protected", fields=authorization(token)).status == 200
    assert jwt.decode(token, secret(gateway), algorithms=[algorithm])["sub"] == "alice"
    answer = gateway.request("/.well-known/jwks.json")
    assert (answer.status, answer.json()) == (200, {"keys": []})


def test_a_published_key_has_a_public_half_and_nothing_else(start):
    members = {
        "RS256": {"kty", "n", "e"}, "PS512": {"kty", "n", "e"}, "ES256": {"kty", "crv", "x", "y"}, "EdDSA": {"kty", "crv", "x"},
    }  # fmt: skip
    for algorithm, own in members.items():
        keys = key_set(start(signing(algorithm)))
        assert len(keys) == 2
        for key in keys:
            assert set(key) == own | {"kid", "alg", "use"}
            assert (key["alg"], key["use"]) == (algorithm, "sig")
            thumbprint = joserfc_jwk.import_key({name: key[name] for name in own}).thumbprint()
            assert key["kid"] == thumbprint


def test_the_first_keys_are_made_when_it_starts_and_stay(start, directory):
    gateway = start(signing(), directory=directory)
    first = names(gateway)
    assert files(gateway) == sorted(["index"] + [name + ".pem" for name in first])
    for path, mode in [("keys", 0o700)] + [("keys/" + name, 0o600) for name in files(gateway)]:
        assert stat.S_IMODE(os.stat(os.path.join(directory, path)).st_mode) == mode, path
    token = login(gateway)
    gateway.stop()
    again = start(signing(), directory=directory)
    assert names(again) == first
    assert again.request("/protected", fields=authorization(token)).status == 200


def test_checking_a_configuration_makes_no_keys(directory):
    write_config(directory, signing())
    assert run("-t", directory=directory)[0] == 0
    assert not os.path.exists(os.path.join(directory, "keys"))


def test_keys_that_cannot_be_used_are_told_with_their_place(directory):
    write_config(directory, json.dumps(signing()))
    assert run("key", "generate", directory=directory)[0] == 0
    assert run("user", "add", "alice", "--password-stdin", directory=directory, stdin=PASSWORD)[0] == 0
    path = os.path.join(directory, "keys")
    name = next(name for name in os.listdir(path) if name.endswith(".pem"))
    with open(os.path.join(path, name), "w") as file:
        file.write("no key")
    for arguments in (("-t",), (), ("key", "list"), ("token", "issue", "--user", "alice")):
        code, _, errors = run(*arguments, directory=directory)
        assert code == 1 and f"keys/{name}': " in errors, (arguments, errors)
        assert "no key" not in errors
    os.unlink(os.path.join(path, name))
    code, _, errors = run("-t", directory=directory)
    assert code == 1 and "gateway.json:1:" in errors and "the index names this key, but it is not there" in errors


def test_a_directory_with_something_else_in_it_is_not_touched(directory):
    write_config(directory, signing())
    os.mkdir(os.path.join(directory, "keys"))
    with open(os.path.join(directory, "keys", "server.key"), "w"):
        pass
    for arguments in ((), ("key", "rotate"), ("key", "generate")):
        code, _, errors = run(*arguments, directory=directory)
        assert code == 1 and "it holds 'server.key' and no index of keys" in errors
    assert os.listdir(os.path.join(directory, "keys")) == ["server.key"]


def test_a_token_from_the_command_line_is_signed_with_the_current_key(start):
    gateway = start(signing("ES384"))
    register(gateway)
    code, token, errors = run("token", "issue", "--user", "alice", "--scope", "a b", directory=gateway.directory)
    assert (code, errors) == (0, "")
    assert verified(gateway, token.strip())["scope"] == "a b"
    assert gateway.request("/protected", fields=authorization(token.strip())).status == 200


def test_the_signature_is_what_counts(start):
    """Neither another algorithm of the family nor the public key as a secret is any use."""
    gateway = start(signing("RS256"))
    token = login(gateway)
    claims = jwt.decode(token, options={"verify_signature": False})
    key = key_set(gateway)[1]
    public = jwt.PyJWK(key).key
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "at+jwt", "kid": key["kid"]}
    answer = gateway.request("/protected", fields=authorization(forged(header, claims, secret=pem.decode())))
    assert answer.refusal == (401, "algorithm_refused")
    head, _, rest = token.partition(".")
    other = base64url(json.dumps({"alg": "PS256", "typ": "at+jwt", "kid": key["kid"]}).encode()) + "." + rest
    assert gateway.request("/protected", fields=authorization(other)).refusal == (401, "algorithm_refused")
    assert gateway.request("/protected", fields=authorization(tampered(token))).refusal == (401, "signature_invalid")


def test_another_algorithm_is_used_after_it_was_made_known(start, directory):
    """Changing `algorithm` changes nothing that was signed: it is what new keys are made for."""
    gateway = start(signing("ES256"), directory=directory)
    old = login(gateway)
    gateway.reload(signing("EdDSA"))
    for algorithm in ("ES256", "EdDSA"):
        assert run("key", "rotate", directory=directory)[0] == 0
        gateway.reload()
        token = token_of(gateway)
        assert jwt.get_unverified_header(token)["alg"] == algorithm
        for each in (old, token):
            assert gateway.request("/protected", fields=authorization(each)).status == 200
    assert [key["alg"] for key in key_set(gateway)] == ["EdDSA", "EdDSA", "ES256", "ES256"]


def test_going_over_from_a_secret_to_pairs_ends_the_tokens_of_the_secret(start, directory):
    gateway = start(configuration(issuer=ISSUER), directory=directory)
    old = login(gateway)
    gateway.reload(signing())
    assert gateway.request("/protected", fields=authorization(old)).refusal == (401, "algorithm_refused")
    assert gateway.request("/protected", fields=authorization(token_of(gateway))).status == 200
    gateway.reload(configuration(issuer=ISSUER))
    assert gateway.request("/protected", fields=authorization(old)).status == 200
    assert key_set(gateway) == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"algorithm": "RS256", "secret_file": "s"}, "RS256 signs with a key pair: give 'key_directory'"),
        ({"algorithm": "HS256", "key_directory": "k"}, "HS256 signs with a secret: give 'secret_file'"),
        ({**pairs(), "secret_file": "s"}, "'signing' has 'secret_file' or 'key_directory', not both"),
    ],
)
def test_what_does_not_go_together_is_an_error(directory, keys, message):
    write_config(directory, configuration(signing=keys))
    code, _, errors = run("-t", directory=directory)
    assert code == 1 and message in errors
