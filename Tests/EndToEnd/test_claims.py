"""One reading of a claim: requirements, identity fields, assertion, log and `explain` agree about roles, scope and subject."""

import json

import pytest

from lib.gateway import configuration, issuer, run
from lib.tokens import bearer, claims, forged

import jwt

FIELDS = {
    "X-Auth-User": "sub", "X-Auth-Roles": "roles", "X-Auth-Scope": "scope", "X-Own-Roles": "realm.roles", "X-Own-Scope": "scp",
    "X-Own-Subject": "user_id", "X-Number": "tenant",
}  # fmt: skip

ROUTES = [
    {"path": "/", "upstream": "app"},
    {"path": "/admin", "upstream": "app", "require": {"roles": ["admin"]}},
    {"path": "/claim", "upstream": "app", "require": {"claims": {"roles": "admin"}}},
    {"path": "/a", "upstream": "app", "require": {"scope": ["a"]}},
    {"path": "/tenant", "upstream": "app", "require": {"claims": {"tenant": [7, 9007199254740991]}}},
]


def gateway_of(start, upstream, names=None, **more):
    auth = {
        "identity_headers": FIELDS, "issuers": [issuer(**({"claims": names} if names else {}), **more)],
        "identity_assertion": {"header": "X-Assertion", "issuer": "https://gate.test", "key_directory": "keys"},
    }  # fmt: skip
    return start(configuration(upstream, routes=ROUTES, auth=auth))


def asserted(upstream):
    return jwt.decode(upstream.last["X-Assertion"], options={"verify_signature": False})


def explained(gateway, target, fields):
    host = gateway.client().host
    code, output, errors = run(
        "explain", "GET", target, "-H", "Host: " + host, *(word for pair in fields.items() for word in ("-H", "%s: %s" % pair)),
        "-c", gateway.config,
    )  # fmt: skip
    assert code == 0, errors
    return output


@pytest.mark.parametrize(
    "roles, meant, field",
    [
        (["admin", "user"], ["admin", "user"], "admin,user"),
        ("admin", ["admin"], "admin"),
        ({"admin": {"1": "a.example"}, "user": {}}, ["admin", "user"], "admin,user"),
        (["admin", 1], [], None),
        (["admin", None], [], None),
        ([["admin"]], [], None),
        (7, [], None),
        (True, [], None),
        ("admin,user", ["admin,user"], "admin%2Cuser"),
        (["admin,user"], ["admin,user"], "admin%2Cuser"),
        ({"admin,user": {}}, ["admin,user"], "admin%2Cuser"),
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_roles_are_the_same_for_everybody(roles, meant, field, mapped, start, upstream):
    gateway = gateway_of(start, upstream, {"roles": "realm.roles"} if mapped else None)
    fields = bearer(**({"realm": {"roles": roles}, "roles": ["admin"]} if mapped else {"roles": roles}))
    assert gateway.request("/", fields=fields).status == 200
    assert upstream.last["X-Auth-Roles"] == field
    if mapped:
        assert upstream.last["X-Own-Roles"] == field, "by the issuer's own name too"
        assert asserted(upstream).get("realm.roles") == (meant if field and not isinstance(roles, str) else roles if field else None)
    assert asserted(upstream).get("roles", []) == meant
    for path, word in (("/admin", "role_missing"), ("/claim", "claim_mismatch")):
        response = gateway.request(path, fields=fields)
        assert response.status == 200 if "admin" in meant else response.refusal == (403, word), path
        output = explained(gateway, path, fields)
        assert (word in output) == ("admin" not in meant)
        if path == "/admin":
            assert "the token has " + (", ".join(json.dumps(role) for role in meant) or "none") in output


@pytest.mark.parametrize(
    "scope, meant, field",
    [
        ("a b", ["a", "b"], "a b"),
        (["a", "b"], ["a", "b"], "a,b"),
        (["a b"], ["a", "b"], "a b"),
        (["b a", "c"], ["b", "a", "c"], "b a,c"),
        ("b,a", ["b,a"], "b%2Ca"),
        ("b\ta", ["b\ta"], "b%09a"),
        ("b\u00a0a", ["b\u00a0a"], "b%C2%A0a"),
        (["a", 1], [], None),
        ({"a": 1}, [], None),
        (1, [], None),
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_a_scope_is_the_same_for_everybody(scope, meant, field, mapped, start, upstream):
    gateway = gateway_of(start, upstream, {"scope": "scp"} if mapped else None)
    fields = bearer(**({"scp": scope, "scope": "a"} if mapped else {"scope": scope}))
    assert gateway.request("/", fields=fields).status == 200
    assert upstream.last["X-Auth-Scope"] == field
    if mapped:
        assert upstream.last["X-Own-Scope"] == field, "by the issuer's own name too"
    assert asserted(upstream).get("scope") == (" ".join(meant) or None)
    response = gateway.request("/a", fields=fields)
    assert response.status == 200 if "a" in meant else response.refusal == (403, "scope_missing")
    assert ("scope_missing" in explained(gateway, "/a", fields)) == ("a" not in meant)


@pytest.mark.parametrize("name", ["sub", "user_id"])
@pytest.mark.parametrize("number", ["42", "281674916028284930", "123456789012345678901234567890123456789012345678901234567890"])
def test_a_whole_number_names_the_subject_where_the_issuer_says_so(name, number, start, upstream):
    gateway = gateway_of(start, upstream, {"subject": name}, numeric_subject=True)
    payload = json.dumps(claims(sub=None)).rstrip("}") + f', "{name}": {number}}}'
    assert gateway.request("/", fields={"Authorization": "Bearer " + forged(payload=payload)}).status == 200
    assert upstream.last["X-Auth-User"] == number
    assert name == "sub" or upstream.last["X-Own-Subject"] == number
    assert asserted(upstream)["sub"] == number
    assert gateway.access_log()[0]["user"] == number
    for bad in ("1.5", "1e3", "-0"):
        payload = json.dumps(claims(sub=None)).rstrip("}") + f', "{name}": {bad}}}'
        fields = {"Authorization": "Bearer " + forged(payload=payload)}
        assert gateway.request("/", fields=fields).refusal == (401, "subject_missing")


@pytest.mark.parametrize("name, reason", [("sub", "token_malformed"), ("user_id", "subject_missing")])
def test_elsewhere_a_number_is_no_subject_and_the_refusal_says_so(name, reason, start, upstream):
    gateway = gateway_of(start, upstream, {"subject": name})
    fields = bearer(sub=None, user_id=42) if name != "sub" else {"Authorization": "Bearer " + forged(payload=claims(sub=42))}
    response = gateway.request("/", fields=fields)
    assert response.refusal == (401, reason)
    assert "subject is a number" in response["WWW-Authenticate"]
    assert f"'{name}' is a number; a subject is a string" in explained(gateway, "/", fields)


@pytest.mark.parametrize("number", ["281674916028284930", "-9007199254740993", "1e999", "0." + "1" * 60, "9" * 2000], ids=lambda text: text[:12])
def test_a_number_that_nobody_uses_is_kept_to_its_last_digit(number, start, upstream):
    gateway = gateway_of(start, upstream)
    payload = json.dumps(claims()).rstrip("}") + f', "tenant": {number}, "deep": [{{"x": {number}}}]}}'
    fields = {"Authorization": "Bearer " + forged(payload=payload)}
    assert gateway.request("/", fields=fields).status == 200
    assert upstream.last["X-Number"] == number
    assert gateway.request("/tenant", fields=fields).refusal == (403, "claim_mismatch")


@pytest.mark.parametrize("number, allowed", [("7", True), ("7.0", True), ("9007199254740991", True), ("9007199254740992", False), ("8", False)])
def test_a_number_that_a_route_asks_for_counts_below_2_to_the_53(number, allowed, start, upstream):
    gateway = gateway_of(start, upstream)
    payload = json.dumps(claims()).rstrip("}") + f', "tenant": ["x", {number}]}}'
    response = gateway.request("/tenant", fields={"Authorization": "Bearer " + forged(payload=payload)})
    assert response.status == 200 if allowed else response.refusal == (403, "claim_mismatch")
