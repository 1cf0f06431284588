"""Gateways that sign with key pairs, and programs that look at what they sign."""

import os

import jwt

from .accounts import configuration, register, token_of

ISSUER = "https://gate.test"

PAIRS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
SECRETS = ["HS256", "HS384", "HS512"]


def pairs(algorithm=None, directory="keys"):
    """`signing` with a key directory."""
    return {"key_directory": directory, **({"algorithm": algorithm} if algorithm else {})}


def signing(algorithm=None, **changes):
    """A configuration whose accounts sign with key pairs."""
    return configuration(**{"signing": pairs(algorithm), "issuer": ISSUER, **changes})


def key_set(gateway):
    """The key set at `/.well-known/jwks.json`."""
    answer = gateway.request("/.well-known/jwks.json")
    assert answer.status == 200, answer
    return answer.json()["keys"]


def names(gateway):
    """The `kid`s of the published keys: next, current, then those before."""
    return [key["kid"] for key in key_set(gateway)]


def verified(gateway, token, **options):
    """The claims of a token, as PyJWT reads it with nothing but the gateway's URL."""
    key = jwt.PyJWKClient(gateway.url + "/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=[jwt.get_unverified_header(token)["alg"]], **options)


def login(gateway):
    """A token of a user who registers for it."""
    register(gateway)
    return token_of(gateway)


def files(gateway, directory="keys"):
    return sorted(os.listdir(os.path.join(gateway.directory, directory)))
