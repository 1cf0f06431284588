"""A shared secret that is a key, which others know, is refused; one that holds more than its author saw is warned about."""

import base64
import hashlib
import hmac
import json
import os

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lib import accounts
from lib.gateway import configuration, issuer, run, write_config
from lib.identity_provider import Authority, Key, key_set
from lib.tokens import SECRET, base64url, bearer, claims
from lib.waiting import until

POINT, MODULUS = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWK, MARK = json.dumps(Key("a").jwk()).encode(), b"\xef\xbb\xbf"
OCT = {"kty": "oct", "kid": "a", "k": base64url(SECRET.encode())}

Encoding, Public, Private = serialization.Encoding, serialization.PublicFormat, serialization.PrivateFormat


def public(key, encoding=Encoding.DER, form=Public.SubjectPublicKeyInfo):
    return key.public_key().public_bytes(encoding, form)


def private(key, encoding=Encoding.DER, form=Private.PKCS8, protection=None):
    return key.private_bytes(encoding, form, protection or serialization.NoEncryption())


PEM, DER, JSON, SSH = "a key in PEM", "a key in DER", "a JSON Web Key", "an SSH key"
FORMS = {
    "PEM": (PEM, public(POINT, Encoding.PEM)),
    "PEM behind a mark": (PEM, MARK + public(POINT, Encoding.PEM)),
    "PEM in UTF-16": (PEM, public(POINT, Encoding.PEM).decode().encode("utf-16")),
    "PEM behind a text": (PEM, b"subject=CN = login.example.com\n\n" + public(MODULUS, Encoding.PEM)),
    "PEM as one line": (PEM, public(POINT, Encoding.PEM).replace(b"\n", b"\\n")),
    "PEM of PKCS #1": (PEM, public(MODULUS, Encoding.PEM, Public.PKCS1)),
    "PEM of a private key": (PEM, private(POINT, Encoding.PEM)),
    "PEM of a certificate": (PEM, Authority().pem().encode()),
    "PEM in base64": (PEM, base64.b64encode(public(POINT, Encoding.PEM))),
    "SSH2": (PEM, b'---- BEGIN SSH2 PUBLIC KEY ----\nComment: "me"\nAAAAC3NzaC1lZDI1NTE5AAAAIA==\n---- END SSH2 PUBLIC KEY ----\n'),
    "OpenSSH, private": (PEM, private(POINT, Encoding.PEM, Private.OpenSSH)),
    "OpenSSH, Ed25519": (SSH, public(Key("a", "EdDSA").private, Encoding.OpenSSH, Public.OpenSSH) + b" me@host\n"),
    "OpenSSH, RSA": (SSH, public(MODULUS, Encoding.OpenSSH, Public.OpenSSH)),
    "OpenSSH, ECDSA": (SSH, MARK + public(POINT, Encoding.OpenSSH, Public.OpenSSH)),
    "OpenSSH, a security key": (SSH, b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIA== me\n"),
    "a JWK": (JSON, JWK),
    "a JWK behind a mark and blanks": (JSON, MARK + b"\r\n \t" + JWK),
    "a JWK with a secret": (JSON, json.dumps(OCT).encode()),
    "a JWK with escapes": (JSON, JWK.replace(b'"kty"', b'"\\u006b\\u0074y"')),
    "a JWK Set": (JSON, key_set(Key("a")).encode()),
    "a list of JWKs": (JSON, b"[" + JWK + b"]"),
    "SPKI": (DER, public(POINT)),
    "SPKI of Ed25519": (DER, public(Key("a", "EdDSA").private)),
    "SPKI of RSA and a newline": (DER, public(MODULUS) + b"\n"),
    "SPKI in base64": (DER, base64.b64encode(public(MODULUS))),
    "PKCS #1": (DER, public(MODULUS, form=Public.PKCS1)),
    "PKCS #1, private": (DER, private(MODULUS, form=Private.TraditionalOpenSSL)),
    "PKCS #8": (DER, private(POINT)),
    "PKCS #8 of Ed25519": (DER, private(Key("a", "EdDSA").private)),
    "PKCS #8, encrypted": (DER, private(POINT, protection=serialization.BestAvailableEncryption(b"x"))),
    "an EC key of SEC 1": (DER, private(POINT, form=Private.TraditionalOpenSSL)),
    "a certificate": (DER, Authority().certificate.public_bytes(Encoding.DER)),
}  # fmt: skip


def write(directory, name, contents):
    """Writes the file for its owner alone, in one step for those that read it."""
    draft = os.path.join(directory, name + ".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(contents)
    os.rename(draft, os.path.join(directory, name))


def signed(secret):
    """A token under the bytes, whatever they are: PyJWT would refuse."""
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims()))
    return {"Authorization": f"Bearer {text}.{base64url(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"}


def spellings(contents):
    """The texts that a program may take for the secret in the file."""
    return {contents, contents.removesuffix(b"\n"), contents.strip(), contents.removeprefix(MARK), contents + b"\n"}


def check(directory, config):
    write_config(directory, config)
    code, _, errors = run("-t", directory=directory)
    return code, errors


@pytest.mark.parametrize("form", FORMS)
def test_t_refuses_an_issuers_secret_that_is_a_key(form, directory):
    words, contents = FORMS[form]
    write(directory, "secret.key", contents)
    code, errors = check(directory, configuration(routes=[{"path": "/", "respond": {"status": 200}}]))
    assert code == 1
    assert f": error: 'secret.key': it is {words}, not a secret" in errors


@pytest.mark.parametrize("form", FORMS)
def test_t_refuses_the_accounts_secret_that_is_a_key(form, directory):
    words, contents = FORMS[form]
    os.mkdir(os.path.join(directory, "data"))
    write(directory, "data/secret.key", contents)
    code, errors = check(directory, accounts.configuration())
    assert code == 1
    assert f": error: 'data/secret.key': it is {words}, not a secret" in errors


def test_the_error_says_where_an_issuers_key_belongs(directory):
    for form, key in (("PEM", "public_key_file"), ("a JWK Set", "jwks")):
        write(directory, "secret.key", FORMS[form][1])
        _, errors = check(directory, configuration(routes=[{"path": "/", "respond": {"status": 200}}]))
        assert f"named with '{key}'" in errors


def test_a_running_gateway_takes_no_key_for_its_secret(start, upstream):
    gateway = start(configuration(upstream))
    for form in ("PEM", "PEM behind a mark", "OpenSSH, RSA", "a JWK", "SPKI"):
        words, contents = FORMS[form]
        before = gateway.errors().count("can't be used")
        write(gateway.directory, "secret.key", contents)
        until(lambda: gateway.errors().count("can't be used") > before, gateway.errors)
        assert f"it is {words}" in gateway.errors().splitlines()[-1], form
        for secret in spellings(contents):
            assert gateway.request(fields=signed(secret)).refusal == (401, "signature_invalid"), form
    assert gateway.request(fields=bearer()).status == 200


def test_no_secret_of_a_key_set_is_a_key(start, upstream):
    keys = [{"kty": "oct", "kid": form, "k": base64url(contents)} for form, (_, contents) in FORMS.items()]
    config = configuration(upstream, auth={"issuers": [issuer(secret_file=None, jwks="keys.json")]})
    del config["auth"]["issuers"][0]["secret_file"]
    gateway = start(config, files={"keys.json": json.dumps({"keys": [*keys, {**OCT, "kid": "good"}]})})
    for number, (form, (words, contents)) in enumerate(FORMS.items()):
        assert f'not used: key {number + 1} (kid "{form}"): it is {words}, not a secret' in gateway.errors()
        for secret in spellings(contents):
            assert gateway.request(fields=signed(secret)).status == 401, form
    assert gateway.request(fields=bearer(headers={"kid": "good"})).status == 200


NOTED = {
    "a blank": (SECRET + " ", "ends with a blank"),
    "a tab and a newline": (SECRET + "\t\n", "ends with a blank"),
    "two newlines": (SECRET + "\n\n", "ends with 2 newlines"),
    "newlines of Windows": (SECRET + "\r\n\r\n", "ends with 2 newlines"),
    "a mark": ("\ufeff" + SECRET, "begins with a byte order mark"),
}


@pytest.mark.parametrize("noted", NOTED)
def test_what_the_author_did_not_see_is_part_of_the_secret_and_warned_about(noted, directory, start, upstream):
    text, words = NOTED[noted]
    config = configuration(upstream, accounts=accounts.accounts())
    os.mkdir(os.path.join(directory, "data"))
    for name in ("secret.key", "data/secret.key"):
        write(directory, name, text.encode())
    code, errors = check(directory, config)
    assert code == 0
    for name in ("secret.key", "data/secret.key"):
        assert f": warning: '{name}': the secret {words}" in errors
    gateway = start(config, directory=directory, files={"secret.key": text})
    assert errors.count("the secret ") == gateway.errors().count("the secret ") == 2
    secret = text.encode().removesuffix(b"\n").removesuffix(b"\r")
    assert gateway.request(fields=signed(secret)).status == 200
    assert gateway.request(fields=bearer()).status == 401


@pytest.mark.parametrize("text", [SECRET, SECRET + "\n", SECRET + "\r\n", " " + SECRET])
def test_one_newline_at_the_end_is_as_it_should_be(text, directory):
    write(directory, "secret.key", text.encode())
    code, errors = check(directory, configuration(routes=[{"path": "/", "respond": {"status": 200}}]))
    assert (code, errors) == (0, "")
