"""Gateways with accounts of their own, and clients of the hosted endpoints."""

import json
import os

import pytest

PASSWORD = "correct horse battery"

JSON = {"Content-Type": "application/json"}

PUBLIC = {"exact": "/", "auth": "none", "respond": {"status": 200, "body": "Welcome to the API gateway!"}}
PROTECTED = {"exact": "/protected", "respond": {"status": 200, "json": {"message": "This is a protected route!"}}}


def accounts(**changes):
    """`accounts` that most tests start from: no issuer, a database and a secret that the gateway makes in `data`."""
    return {
        "store": "sqlite:data/accounts.db",
        "signing": {"algorithm": "HS256", "secret_file": "data/secret.key"},
        "default_roles": ["user"],
        **changes,
    }


def configuration(auth=None, routes=(), **changes):
    """A configuration with accounts as its only issuer; `changes` are keys of `accounts`, but for those of the top level."""
    top = {key: changes.pop(key) for key in ("cors", "upstreams", "trusted_proxies", "limits", "workers", "admin") if key in changes}
    return {
        "listen": ["127.0.0.1:0"], "workers": 1, "accounts": accounts(**changes), "routes": [PUBLIC, PROTECTED, *routes],
        "drain_timeout": "2s", **({"auth": auth} if auth else {}), **top,
    }  # fmt: skip


def post(client, path, value, fields=None):
    """Posts a JSON value, or bytes as they are, on a connection that is there or on one of its own."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return client.request(path, "POST", {**JSON, **(fields or {})}, body)


def register(client, username="alice", password=PASSWORD, **named):
    return post(client, "/register", {"username": username, "password": password}, **named)


def log_in(client, username="alice", password=PASSWORD, **named):
    return post(client, "/login", {"username": username, "password": password}, **named)


def token_of(client, username="alice", password=PASSWORD):
    """A token of a fresh login."""
    response = log_in(client, username, password)
    assert response.status == 200, response
    return response.json()["token"]


def secret(gateway):
    with open(os.path.join(gateway.directory, "data", "secret.key")) as file:
        return file.read()


# A fixture: whoever imports its name has it.


@pytest.fixture
def gateway(start):
    """One with nothing but accounts."""
    return start(configuration())
