"""Keys in files: key sets, public keys and secrets, read again when they change."""

import json
import os

import pytest

from lib.gateway import configuration, issuer, run, write_config, write_files
from lib.identity_provider import ALGORITHMS, Key, key_set
from lib.tokens import ISSUER, SECRET, base64url, bearer, claims, token
from lib.waiting import until

KEY_SETS = {"secret_file": None, "jwks": "keys.json", "algorithms": None}


def file_issuer(**changes):
    """An issuer with keys in `keys.json`; a change to None takes a key away."""
    whole = {**issuer(), **KEY_SETS, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def begin(start, upstream, files, directory=None, **changes):
    named = {"directory": directory} if directory else {}
    return start(configuration(upstream, auth={"issuers": [file_issuer(**changes)]}), files=files, **named)


def replace(gateway, name, text):
    """Writes a file anew and moves it over the old one, as one should."""
    write_files(gateway.directory, {name + ".new": text})
    os.rename(os.path.join(gateway.directory, name + ".new"), os.path.join(gateway.directory, name))


def status(gateway, fields):
    return gateway.request(fields=fields).status


def until_status(gateway, fields, expected):
    until(lambda: status(gateway, fields) == expected, lambda: f"{expected}: {gateway.errors()!r}")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_set_serves_every_algorithm(start, upstream, algorithm):
    key = Key("one", algorithm)
    gateway = begin(start, upstream, {"keys.json": key_set(key)})
    assert status(gateway, key.bearer()) == 200
    assert gateway.request(fields=Key("one", algorithm).bearer()).json()["reason"] == "signature_invalid"
    assert gateway.request(fields=Key("two", algorithm).bearer()).json()["reason"] == "key_unknown"
    assert gateway.request(fields=bearer()).json()["reason"] == "algorithm_refused"


@pytest.mark.parametrize("in_key", ["EdDSA", "Ed25519", None])
@pytest.mark.parametrize("in_configuration", ["EdDSA", "Ed25519", None])
def test_Ed25519_is_another_name_for_EdDSA(start, upstream, in_key, in_configuration):
    key = Key("one", "EdDSA")
    algorithms = in_configuration and [in_configuration]
    gateway = begin(start, upstream, {"keys.json": key_set(key.jwk(alg=in_key))}, algorithms=algorithms)
    for name in ("EdDSA", "Ed25519"):
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": name, "kid": "one"}, claims()))
        good = {"Authorization": f"Bearer {text}.{base64url(key.private.sign(text.encode()))}"}
        assert status(gateway, good) == 200
    wrong = text.replace(base64url(json.dumps({"alg": name, "kid": "one"}).encode()), base64url(b'{"alg":"Ed448","kid":"one"}'))
    bad = {"Authorization": f"Bearer {wrong}.{base64url(key.private.sign(wrong.encode()))}"}
    assert gateway.request(fields=bad).json()["reason"] == "algorithm_refused"


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES512", "EdDSA"])
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_public_key_stands_alone_in_its_file(start, upstream, algorithm, form):
    key = Key("one", algorithm)
    text = key.pem() if form == "pem" else json.dumps(key.jwk())
    gateway = begin(start, upstream, {"key": text}, jwks=None, public_key_file="key")
    assert status(gateway, key.bearer()) == 200
    assert gateway.request(fields=Key("one", algorithm).bearer()).json()["reason"] == "signature_invalid"
    other = gateway.request(fields={"Authorization": "Bearer " + key.token(headers={"kid": "other"})})
    # A key without a name serves any.
    assert other.status == 200 if form == "pem" else other.json()["reason"] == "key_unknown"


def test_secrets_and_public_keys_in_one_file_serve_their_own_algorithms(start, upstream):
    key = Key("public", "ES256")
    secret = {"kty": "oct", "kid": "secret", "alg": "HS256", "k": base64url(SECRET.encode())}
    files = {"keys.json": key_set(key, secret)}
    gateway = begin(start, upstream, files, algorithms=["ES256", "HS256"])
    assert status(gateway, key.bearer()) == 200
    assert status(gateway, bearer(headers={"kid": "secret"})) == 200
    confused = token(secret=key.pem().replace("-----", "_____"), headers={"kid": "public"})
    assert gateway.request(fields={"Authorization": "Bearer " + confused}).json()["reason"] == "key_unknown"


def test_a_secret_in_a_set_is_not_used_unless_somebody_has_asked_for_it(start, upstream):
    secret = {"kty": "oct", "kid": "secret", "k": base64url(SECRET.encode())}
    gateway = begin(start, upstream, {"keys.json": key_set(Key(), secret)})
    assert gateway.request(fields=bearer(headers={"kid": "secret"})).json()["reason"] == "algorithm_refused"
    assert "keys.json': not used: key 2 (kid \"secret\")" in gateway.errors()
    assert SECRET not in gateway.errors()


def test_a_changed_file_is_noticed_and_tokens_of_a_key_that_is_gone_are_refused(start, upstream):
    old, new = Key("old"), Key("new")
    gateway = begin(start, upstream, {"keys.json": key_set(old)})
    assert status(gateway, old.bearer()) == 200
    known = old.bearer()
    assert status(gateway, known) == 200
    replace(gateway, "keys.json", key_set(old, new))
    until_status(gateway, new.bearer(), 200)
    assert status(gateway, known) == 200
    replace(gateway, "keys.json", key_set(new))
    until_status(gateway, known, 401)
    assert gateway.request(fields=known).json()["reason"] == "key_unknown"
    assert status(gateway, new.bearer()) == 200
    path = os.path.join(gateway.directory, "keys.json")
    assert f"info: issuer '{ISSUER}': 2 keys from '{path}'\n" in gateway.errors()
    assert f"info: issuer '{ISSUER}': 1 key from '{path}'\n" in gateway.errors()


def test_a_link_that_is_pointed_elsewhere_is_noticed(start, upstream, directory):
    """As Kubernetes swaps the volumes of secrets: `keys.json` leads through `..data`, which is replaced."""
    old, new = Key("old"), Key("new")
    for folder, key in (("..1", old), ("..2", new)):
        os.mkdir(os.path.join(directory, folder))
        write_files(os.path.join(directory, folder), {"keys.json": key_set(key)})
    os.symlink("..1", os.path.join(directory, "..data"))
    os.symlink("..data/keys.json", os.path.join(directory, "keys.json"))
    gateway = begin(start, upstream, {}, directory=directory)
    assert status(gateway, old.bearer()) == 200
    os.symlink("..2", os.path.join(directory, "..new"))
    os.rename(os.path.join(directory, "..new"), os.path.join(directory, "..data"))
    until_status(gateway, new.bearer(), 200)
    assert status(gateway, old.bearer()) == 401


def test_a_file_that_is_written_to_in_place_is_noticed(start, upstream):
    old, new = Key("one"), Key("two")
    gateway = begin(start, upstream, {"keys.json": key_set(old)})
    assert len(key_set(old)) == len(key_set(new))
    write_files(gateway.directory, {"keys.json": key_set(new)})
    until_status(gateway, new.bearer(), 200)
    assert status(gateway, old.bearer()) == 401


def test_a_changed_secret_is_noticed(start, upstream):
    gateway = start(configuration(upstream))
    assert status(gateway, bearer()) == 200
    replace(gateway, "secret.key", SECRET[::-1])
    until_status(gateway, bearer(), 401)
    assert status(gateway, bearer(secret=SECRET[::-1])) == 200


@pytest.mark.parametrize("damage", ["", "{", "<html>", '{"keys": 1}', '{"keys": {}}', "[]", "\x00", None])
def test_what_is_no_key_set_changes_nothing_but_is_said(start, upstream, damage):
    key, next_key = Key("one"), Key("two")
    gateway = begin(start, upstream, {"keys.json": key_set(key)})
    if damage is None:
        os.remove(os.path.join(gateway.directory, "keys.json"))
    else:
        replace(gateway, "keys.json", damage)
    until(lambda: "error: issuer" in gateway.errors(), gateway.errors)
    assert "keys.json' can't be used" in gateway.errors()
    assert status(gateway, key.bearer()) == 200
    replace(gateway, "keys.json", key_set(next_key))
    until_status(gateway, next_key.bearer(), 200)
    assert gateway.errors().count("can't be used") == 1


def test_a_set_that_was_emptied_refuses_everybody(start, upstream):
    key = Key()
    gateway = begin(start, upstream, {"keys.json": key_set(key)})
    assert status(gateway, key.bearer()) == 200
    replace(gateway, "keys.json", key_set())
    until_status(gateway, key.bearer(), 401)
    assert "keys.json': all its tokens are refused" in gateway.errors()


def test_a_reload_takes_the_file_as_it_is(start, upstream):
    old, new = Key("old"), Key("new")
    gateway = begin(start, upstream, {"keys.json": key_set(old)})
    replace(gateway, "keys.json", key_set(new))
    gateway.reload()
    assert status(gateway, new.bearer()) == 200
    assert status(gateway, old.bearer()) == 401
    replace(gateway, "keys.json", "{")
    gateway.reload(in_force=False)
    assert status(gateway, new.bearer()) == 200


BROKEN = {
    "missing": (None, "'keys.json': it can't be read: No such file or directory"),
    "no JSON": ("{", "'keys.json': not JSON"),
    "no set": ('{"key": []}', "'keys.json': not a JWK Set"),
    "empty": ("", "'keys.json': neither a PEM public key"),
    "no key at all": (key_set(), "it holds no key that serves the issuer's algorithms"),
    "no key that serves": (key_set({"kty": "oct", "k": "AAAA"}), "it holds no key that serves the issuer's algorithms"),
    "kinds that nobody knows": (
        key_set({"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AAAA"}, {"kty": "OKP", "crv": "Ed448", "x": "AAAA"}),
        "it holds no key that serves the issuer's algorithms (RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA): "
        'key 1 (kid "pq", kty "AKP", alg "ML-DSA-44"): alg "ML-DSA-44" is not one that this gateway verifies; '
        'key 2 (kty "OKP", crv "Ed448"): crv "Ed448" is not one of this kty that signs',
    ),
    "thousands": (key_set(*[Key().jwk()] * 1001), "'keys.json': 1001 keys; at most 1000 are accepted"),
    "too large": (" " * 1024 * 1024 + key_set(), "'keys.json': it can't be read: File too large"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_of_a_configuration_reads_the_keys(directory, name):
    text, said = BROKEN[name]
    if text is not None:
        write_files(directory, {"keys.json": text})
    config = configuration(auth={"issuers": [file_issuer()]}, routes=[{"exact": "/", "respond": {"status": 200}}])
    write_config(directory, config)
    code, _, errors = run("-t", directory=directory)
    assert code == 1
    assert "gateway.json:" in errors and said in errors


def test_the_check_tells_of_keys_that_are_not_used(directory):
    write_files(directory, {"keys.json": key_set(Key("one"), Key("two").jwk(use="enc"), {"kty": "XYZ", "kid": "\x1b[31m"})})
    config = configuration(auth={"issuers": [file_issuer()]}, routes=[{"exact": "/", "respond": {"status": 200}}])
    write_config(directory, config)
    code, _, errors = run("-t", directory=directory)
    assert code == 0
    assert errors.count("warning: 'keys.json': not used: key ") == 2
    assert "key 2 (kid \"two\"): use is \"enc\"" in errors
    assert "\x1b" not in errors


def test_a_misspelt_algorithm_is_the_only_error(directory):
    write_files(directory, {"key.pem": Key("one", "EdDSA").pem()})
    issuers = [file_issuer(jwks=None, public_key_file="key.pem", algorithms=["ed25519"])]
    write_config(directory, configuration(auth={"issuers": issuers}, routes=[{"exact": "/", "respond": {"status": 200}}]))
    code, _, errors = run("-t", directory=directory)
    assert (code, errors.count(" error: ")) == (1, 1)
    assert 'did you mean "Ed25519"?' in errors
