"""The keys of `accounts`: their effects, the files that are made where they are missing, the words of a check and a reload."""

import json
import os
import signal
import time

import jwt
import pytest

from lib.accounts import PASSWORD, PROTECTED, PUBLIC, accounts, configuration, gateway, log_in, post, register, secret, token_of
from lib.gateway import issuer, run, write_config
from lib.waiting import until


def test_without_accounts_none_of_them_exists(start):
    gateway = start({"listen": ["127.0.0.1:0"], "auth": {"issuers": [issuer()]}, "routes": [PUBLIC, PROTECTED]})
    for path, method in (("/register", "POST"), ("/login", "POST"), ("/me", "GET")):
        assert gateway.request(path, method).refusal == (404, "not_found")


def test_paths_can_be_moved_and_registration_closed(start):
    gateway = start(configuration(registration="closed", paths={"register": "/auth/join", "login": "/auth/in", "me": "/auth/who"}))
    assert post(gateway, "/auth/join", {"username": "alice", "password": PASSWORD}).refusal == (403, "registration_closed")
    assert post(gateway, "/auth/in", {"username": "alice", "password": PASSWORD}).status == 401
    assert gateway.request("/auth/who").refusal == (401, "token_missing")
    assert gateway.request("/login", "POST").status == 404


def test_issuer_and_audience_are_in_the_tokens_and_asked_for(start):
    gateway = start(configuration(issuer="https://gateway.test", audience=["shop", "desk"], access_token_ttl="5m"))
    register(gateway)
    text = token_of(gateway)
    claims = jwt.decode(text, secret(gateway), algorithms=["HS256"], audience="desk", issuer="https://gateway.test")
    assert claims["aud"] == ["shop", "desk"] and claims["exp"] - claims["iat"] == 300
    assert jwt.get_unverified_header(text).keys() == {"alg", "typ", "kid"}
    assert jwt.get_unverified_header(text)["typ"] == "at+jwt"
    assert gateway.request("/me", fields={"Authorization": text}).status == 200

    def refused(**changes):
        claims = {"iss": "https://gateway.test", "aud": "shop", "user": "alice", "exp": time.time() + 60, **changes}
        claims = {key: value for key, value in claims.items() if value is not None}
        made = jwt.encode(claims, secret(gateway), algorithm="HS256")
        return gateway.request("/me", fields={"Authorization": made})

    assert refused().status == 200
    assert refused(iss=None).refusal == (401, "issuer_unknown")
    assert refused(aud=None).refusal == (401, "audience_mismatch")
    assert refused(aud="other").refusal == (401, "audience_mismatch")


def test_without_issuer_and_audience_tokens_that_have_them_are_refused(gateway):
    register(gateway)

    def ask(**changes):
        claims = {"user": "alice", "exp": int(time.time()) + 60, **changes}
        text = jwt.encode(claims, secret(gateway), algorithm="HS256", headers={"kid": "whatever"})
        return gateway.request("/me", fields={"Authorization": text})

    assert ask().status == 200
    assert ask(iss="somebody").refusal == (401, "issuer_unknown")
    assert ask(aud="somebody").refusal == (401, "audience_mismatch")
    assert ask(exp=int(time.time()) - 1).refusal == (401, "token_expired")
    assert ask(user="").refusal == (401, "subject_missing")
    assert ask(user=7).refusal == (401, "subject_missing")


def test_roles_of_accounts_open_routes(start):
    routes = [{"path": "/admin", "require": {"roles": ["admin"]}, "respond": {"status": 200, "body": "x"}}]
    gateway = start(configuration(routes=routes))
    register(gateway)
    assert gateway.request("/admin", fields={"Authorization": token_of(gateway)}).refusal == (403, "role_missing")
    assert run("user", "grant", "alice", "admin", directory=gateway.directory)[0] == 0
    assert gateway.request("/admin", fields={"Authorization": token_of(gateway)}).status == 200


@pytest.mark.parametrize(("algorithm", "length"), [("HS256", 43), ("HS384", 64), ("HS512", 86)])
def test_a_secret_that_is_missing_is_made_for_the_algorithm(algorithm, length, start):
    gateway = start(configuration(signing={"algorithm": algorithm, "secret_file": "data/secret.key"}))
    for name in ("secret.key", "accounts.db"):
        assert os.stat(os.path.join(gateway.directory, "data", name)).st_mode & 0o777 == 0o600
    assert len(secret(gateway)) == length
    register(gateway)
    assert jwt.decode(token_of(gateway), secret(gateway), algorithms=[algorithm])["sub"] == "alice"


def test_checking_makes_nothing_and_says_what_would_fail(directory):
    write_config(directory, configuration())
    assert run("-t", directory=directory) == (0, "portcullis: gateway.json: the configuration is fine\n", "")
    assert os.listdir(directory) == ["gateway.json"]

    def errors(**changes):
        write_config(directory, json.dumps(configuration(**changes)))
        code, _, text = run("-t", directory=directory)
        assert code == 1
        return text

    os.mkdir(os.path.join(directory, "data"))
    for name, contents in (("secret.key", "short"), ("accounts.db", "this is no database, " * 100)):
        with open(os.path.join(directory, "data", name), "w") as file:
            file.write(contents)
    text = errors()
    assert "not an SQLite database" in text and text.startswith("gateway.json:1:")
    os.unlink(os.path.join(directory, "data", "accounts.db"))
    assert "the secret has 5 bytes; HS256 needs at least 32" in errors()
    assert "can't be made" in errors(store="sqlite:no/such/accounts.db")
    assert "is no role" in errors(default_roles=["a,b"])


def test_a_reload_keeps_the_accounts_and_takes_the_rest(gateway):
    register(gateway)
    text = token_of(gateway)
    write_config(gateway.directory, {**gateway_config(gateway), "accounts": accounts(registration="closed")})
    gateway.signal(signal.SIGHUP)
    until(lambda: register(gateway, "bob").status == 403, gateway.errors)
    assert gateway.request("/me", fields={"Authorization": text}).status == 200
    assert log_in(gateway).status == 200
    # Another secret: the tokens of the old one are refused at once.
    with open(os.path.join(gateway.directory, "data", "secret.key"), "w") as file:
        file.write("y" * 43)
    gateway.signal(signal.SIGHUP)
    until(lambda: gateway.request("/me", fields={"Authorization": text}).status == 401, gateway.errors)
    assert gateway.request("/me", fields={"Authorization": token_of(gateway)}).status == 200


def gateway_config(gateway):
    with open(gateway.config) as file:
        return json.load(file)
