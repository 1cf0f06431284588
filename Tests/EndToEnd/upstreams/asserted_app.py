"""A Flask application that believes nothing but the gateway's assertion, checked with the keys that the gateway publishes."""

import os

import jwt
from flask import Flask, request

app = Flask(__name__)
keys = jwt.PyJWKClient(os.environ["GATEWAY"] + "/.well-known/jwks.json", cache_jwk_set=True, lifespan=300)


@app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "DELETE"])
@app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE"])
def seen(path):
    assertion = request.headers.get("X-Auth-Assertion", "")
    try:
        header = jwt.get_unverified_header(assertion)
        if header["typ"] != "assertion+jwt":
            return {"refused": "it is no assertion"}, 403
        claims = jwt.decode(
            assertion, keys.get_signing_key_from_jwt(assertion), algorithms=[header["alg"]], audience=os.environ["NAME"],
            issuer=os.environ["ISSUER"], options={"require": ["exp", "iat", "sub", "jti"]},
        )  # fmt: skip
    except jwt.PyJWTError as problem:
        return {"refused": str(problem)}, 403
    # RAW_URI is the target as it came, which Flask has decoded.
    here = {"method": request.method, "host": request.host, "path": request.environ["RAW_URI"].partition("?")[0]}
    for name, value in here.items():
        if claims.get(name, value) != value:
            return {"refused": f"{name} is {value!r}, asserted was {claims[name]!r}"}, 403
    return {"claims": claims, "kid": header["kid"], "assertion": assertion}
