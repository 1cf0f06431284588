"""Tokens: good ones made by PyJWT, as an application would, and bad ones made by hand, byte by byte."""

import base64
import hashlib
import hmac
import json
import time

import jwt

ISSUER = "https://issuer.test"
AUDIENCE = "orders"
SECRET = "end-to-end-secret-of-more-than-64-characters-so-that-it-serves-hs512-too"

DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def claims(**changes):
    """The claims of a good token; a change to None takes a claim away."""
    now = int(time.time())
    all_claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600, **changes}
    return {name: value for name, value in all_claims.items() if value is not None}


def token(secret=SECRET, algorithm="HS256", headers=None, **changes):
    """A token as PyJWT makes it."""
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def bearer(**arguments):
    return authorization(token(**arguments))


def authorization(text):
    """The field that a token is sent in."""
    return {"Authorization": "Bearer " + text}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(header=None, payload=None, secret=SECRET, algorithm="HS256"):
    """A token from any JSON text or value, with a true signature over it: what a library would refuse to make."""
    header = {"alg": algorithm, "typ": "JWT"} if header is None else header
    payload = claims() if payload is None else payload
    parts = [part if isinstance(part, (bytes, str)) else json.dumps(part) for part in (header, payload)]
    parts = [part.encode() if isinstance(part, str) else part for part in parts]
    signed = ".".join(base64url(part) for part in parts)
    return signed + "." + base64url(hmac.new(secret.encode(), signed.encode(), DIGESTS[algorithm]).digest())


def tampered(text):
    """The token with one bit of its signature turned over, still canonical base64url."""
    head, _, signature = text.rpartition(".")
    first = "B" if signature[0] != "B" else "C"
    return head + "." + first + signature[1:]
