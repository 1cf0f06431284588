"""Tokens of the libraries that applications use, for every algorithm, against keys in every form that a file may have."""

import json

import authlib.jose
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws
from joserfc import jwt as joserfc_jwt

from lib.gateway import configuration
from lib.tokens import AUDIENCE, SECRET, claims, forged, tampered

SECRETS = ["HS256", "HS384", "HS512"]
PAIRS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
KEY_SET = "https://key-set.test"


def private_key(algorithm):
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "ES384":
            return ec.generate_private_key(ec.SECP384R1())
        case "ES512":
            return ec.generate_private_key(ec.SECP521R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEYS = {algorithm: private_key(algorithm) for algorithm in PAIRS}


def private_pem(algorithm):
    return KEYS[algorithm].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(algorithm):
    return KEYS[algorithm].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_jwk(algorithm, library):
    """The public key as one of the libraries writes it."""
    if library == "joserfc":
        key = joserfc_jwk.import_key(public_pem(algorithm), family(algorithm)).as_dict()
    else:
        key = json.loads(jwt.algorithms.get_default_algorithms()[algorithm].to_jwk(KEYS[algorithm].public_key()))
        key.pop("key_ops", None)
    return {**key, "kid": algorithm}


def family(algorithm):
    return {"R": "RSA", "P": "RSA", "E": "EC", "H": "oct"}[algorithm[0]] if algorithm != "EdDSA" else "OKP"


def of_pyjwt(algorithm, payload, kid):
    key = SECRET if algorithm in SECRETS else private_pem(algorithm)
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid})


def of_joserfc(algorithm, payload, kid):
    key = joserfc_jwk.import_key(SECRET if algorithm in SECRETS else private_pem(algorithm), family(algorithm))
    registry = joserfc_jws.JWSRegistry(algorithms=[algorithm])
    return joserfc_jwt.encode({"alg": algorithm, "kid": kid}, payload, key, registry=registry)


def of_authlib(algorithm, payload, kid):
    key = SECRET if algorithm in SECRETS else private_pem(algorithm)
    return authlib.jose.JsonWebToken([algorithm]).encode({"alg": algorithm, "kid": kid}, payload, key).decode()


LIBRARIES = {"pyjwt": of_pyjwt, "joserfc": of_joserfc, "authlib": of_authlib}


def issuers():
    secret = json.loads(jwt.algorithms.get_default_algorithms()["HS256"].to_jwk(SECRET))
    keys = [public_jwk(algorithm, "joserfc" if place % 2 else "pyjwt") for place, algorithm in enumerate(PAIRS)]
    keys.append({"kty": "oct", "k": secret["k"], "kid": "secret"})
    files = {"keys.json": json.dumps({"keys": keys})}
    common = {"audience": AUDIENCE}
    whole = [{**common, "issuer": KEY_SET, "algorithms": PAIRS + SECRETS, "jwks": "keys.json"}]
    for algorithm in PAIRS:
        files[f"{algorithm}.pem"] = public_pem(algorithm).decode()
        name = f"https://{algorithm}.test"
        whole.append({**common, "issuer": name, "algorithms": [algorithm], "public_key_file": f"{algorithm}.pem"})
    return whole, files


@pytest.fixture
def everyone(start, upstream):
    trusted, files = issuers()
    return start(configuration(upstream, auth={"issuers": trusted}), files=files)


def judge(gateway, token):
    response = gateway.request("/", fields={"Authorization": "Bearer " + token})
    return response.status if response.status == 200 else response.refusal


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_algorithm_with_keys_in_a_set(library, everyone):
    for algorithm in PAIRS + SECRETS:
        kid = "secret" if algorithm in SECRETS else algorithm
        token = LIBRARIES[library](algorithm, claims(iss=KEY_SET), kid)
        assert judge(everyone, token) == 200, (library, algorithm)
        assert judge(everyone, tampered(token)) == (401, "signature_invalid"), (library, algorithm)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_algorithm_with_keys_in_pem(library, everyone):
    for algorithm in PAIRS:
        token = LIBRARIES[library](algorithm, claims(iss=f"https://{algorithm}.test"), "any")
        assert judge(everyone, token) == 200, (library, algorithm)
        assert judge(everyone, tampered(token)) == (401, "signature_invalid"), (library, algorithm)


def test_a_public_key_is_no_secret(everyone):
    # The libraries refuse to sign with such a secret.
    for algorithm in ("RS256", "ES256", "EdDSA"):
        for secret in (public_pem(algorithm).decode(), public_pem(algorithm).decode().strip()):
            header = {"alg": "HS256", "kid": algorithm}
            assert judge(everyone, forged(header, claims(iss=KEY_SET), secret)) == (401, "key_unknown")
            single = forged(header, claims(iss=f"https://{algorithm}.test"), secret)
            assert judge(everyone, single) == (401, "algorithm_refused")


def test_another_key_under_the_same_name_is_refused(everyone):
    for algorithm in PAIRS:
        key = private_key(algorithm)
        token = jwt.encode(claims(iss=KEY_SET), key, algorithm=algorithm, headers={"kid": algorithm})
        assert judge(everyone, token) == (401, "signature_invalid"), algorithm
