"""The rules that all endpoints of the accounts share, by a table of all of them."""

import json

import pytest

from lib.accounts import JSON, PASSWORD, configuration, log_in, register
from lib.gateway import Gateway, issuer
from lib.tokens import token

ORIGIN = "https://app.example.com"

# path, method, whether a token is needed, and the body: what is asked for, nothing, or an object if there is one
ENDPOINTS = [
    ("/register", "POST", False, {"username": "bob", "password": PASSWORD}),
    ("/login", "POST", False, {"username": "alice", "password": PASSWORD}),
    ("/refresh", "POST", False, {"refresh_token": "A" * 43}),
    ("/password", "POST", True, {"current": PASSWORD, "new": PASSWORD}),
    ("/logout", "POST", True, "optional"),
    ("/sessions", "GET", True, None),
    ("/sessions", "DELETE", True, None),
    ("/sessions/AAAAAAAAAAAAAAAAAAAAAA", "DELETE", True, None),
    ("/me", "GET", True, None),
]
IDS = [f"{method} {path}" for path, method, _, _ in ENDPOINTS]
METHODS = {"/sessions": {"GET", "HEAD", "DELETE"}, "/me": {"GET", "HEAD"}}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    config = configuration(cors={"origins": [ORIGIN]}, auth={"issuers": [issuer()]}, throttle=False)
    gateway = Gateway(directory=str(tmp_path_factory.mktemp("gateway")), config=config)
    assert register(gateway).status == 201
    yield gateway
    gateway.stop()


def fresh(gateway):
    return {"Authorization": "Bearer " + log_in(gateway).json()["token"]}


def ask(gateway, path, method, needs_token, body=None, fields=None):
    return gateway.request(path, method, {**(fresh(gateway) if needs_token else {}), **(fields or {})}, body)


@pytest.mark.parametrize(("path", "method", "needs_token", "body"), ENDPOINTS, ids=IDS)
def test_other_methods_are_405_with_those_that_there_are(path, method, needs_token, body, gateway):
    allowed = METHODS.get(path, {method})
    for other in {"GET", "PUT", "POST", "DELETE", "PATCH"} - allowed:
        answer = gateway.request(path, other)
        assert answer.refusal == (405, "method_not_allowed")
        assert set(answer["allow"].split(", ")) == allowed
        assert answer["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "method", "needs_token", "body"), [each for each in ENDPOINTS if each[3]], ids=[i for i, e in zip(IDS, ENDPOINTS) if e[3]])
def test_a_body_is_json_and_an_object_and_not_too_long(path, method, needs_token, body, gateway):
    text = json.dumps({} if body == "optional" else body).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        assert ask(gateway, path, method, needs_token, text, {"Content-Type": kind}).refusal == (415, "unsupported_media_type")
    assert ask(gateway, path, method, needs_token, text, {**JSON, "Content-Encoding": "gzip"}).status == 415
    for malformed in (b"{", b"nonsense", b"[]", b"null", b'{"a": 1, "a": 2}', b"\xff\xfe"):
        assert ask(gateway, path, method, needs_token, malformed, JSON).refusal == (400, "invalid_body")
    assert ask(gateway, path, method, needs_token, b" " * 16_385, JSON).refusal == (413, "body_too_large")


@pytest.mark.parametrize(("path", "method", "needs_token", "body"), [each for each in ENDPOINTS if isinstance(each[3], dict)], ids=[i for i, e in zip(IDS, ENDPOINTS) if isinstance(e[3], dict)])
def test_members_are_there_and_strings(path, method, needs_token, body, gateway):
    for name in body:
        for value in (1, None, True, [], {}):
            wrong = json.dumps({**body, name: value}).encode()
            assert ask(gateway, path, method, needs_token, wrong, JSON).refusal == (400, "invalid_body")
        missing = json.dumps({key: value for key, value in body.items() if key != name}).encode()
        assert ask(gateway, path, method, needs_token, missing, JSON).refusal == (400, "invalid_body")


@pytest.mark.parametrize(("path", "method", "needs_token", "body"), ENDPOINTS, ids=IDS)
def test_tokens_are_asked_for_where_they_are_needed_and_only_the_accounts_own(path, method, needs_token, body, gateway):
    text = json.dumps(body).encode() if isinstance(body, dict) else None
    fields = JSON if text else {}
    answer = gateway.request(path, method, fields, text)
    assert (answer.status == 401 and answer.error["reason"] == "token_missing") == needs_token
    if needs_token:
        assert answer["www-authenticate"].startswith("Bearer ")
        assert gateway.request(path, method, {**fields, "Authorization": "Bearer " + token()}, text).refusal == (403, "issuer_not_allowed")
        assert gateway.request(path, method, {**fields, "Authorization": "Bearer x.y.z"}, text).status == 401


@pytest.mark.parametrize(("path", "method", "needs_token", "body"), ENDPOINTS, ids=IDS)
def test_no_answer_is_for_caches_and_pages_may_read_each(path, method, needs_token, body, gateway):
    text = json.dumps(body).encode() if isinstance(body, dict) else None
    fields = {**(JSON if text else {}), "Origin": ORIGIN}
    good = ask(gateway, path, method, needs_token, text, fields)
    bad = gateway.request(path, method, {**fields, "Authorization": "Bearer x.y.z", "Content-Type": "text/plain"}, text or b"")
    for answer in (good, bad):
        assert answer["cache-control"] == "no-store", answer
        assert answer["access-control-allow-origin"] == ORIGIN, answer
    preflight = gateway.request(path, "OPTIONS", {"Origin": ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"})
    assert preflight.status == 204 and method in preflight["access-control-allow-methods"]
    stranger = gateway.request(path, "OPTIONS", {"Origin": "https://evil.test", "Access-Control-Request-Method": method})
    assert stranger.status == 204 and stranger["access-control-allow-origin"] is None
