"""The four kinds of `auth`, and what `require` asks of a valid token."""

import pytest

from lib.gateway import configuration, issuer
from lib.tokens import SECRET, bearer, token


@pytest.fixture
def gateway(start, upstream):
    kinds = ["required", "optional", "report", "none"]
    return start(configuration(upstream, routes=[{"path": f"/{kind}", "upstream": "app", "auth": kind} for kind in kinds]))


@pytest.mark.parametrize(
    "kind, credentials, status, user",
    [
        ("required", "none", 401, None),
        ("required", "bad", 401, None),
        ("required", "good", 200, "alice"),
        ("optional", "none", 200, None),
        ("optional", "bad", 401, None),
        ("optional", "good", 200, "alice"),
        ("report", "none", 200, None),
        ("report", "bad", 200, None),
        ("report", "good", 200, "alice"),
        ("none", "none", 200, None),
        ("none", "bad", 200, None),
        ("none", "good", 200, None),
    ],
)
def test_each_kind_of_auth_with_each_kind_of_token(kind, credentials, status, user, gateway, upstream):
    fields = {"none": {}, "bad": {"Authorization": "Bearer " + token(exp=1)}, "good": bearer()}[credentials]
    response = gateway.request(f"/{kind}", fields=fields)
    assert response.status == status, response
    if status == 200:
        assert upstream.last["X-Auth-User"] == user
    else:
        assert upstream.exchanges == []


def test_report_logs_what_required_would_have_refused(gateway):
    gateway.request("/report")
    gateway.request("/report", fields={"Authorization": "Bearer " + token(exp=1)})
    gateway.request("/report", fields=bearer())
    reasons = [line.get("reason") or None for line in gateway.access_log(3)]
    assert reasons == ["token_missing", "token_expired", None]


@pytest.mark.parametrize(
    "require, claims, reason",
    [
        ({"roles": ["user", "admin"]}, {"roles": ["admin", "user", "x"]}, None),
        ({"roles": ["user", "admin"]}, {"roles": ["admin"]}, "role_missing"),
        ({"roles": ["user"]}, {"roles": ["users", "USER", "use"]}, "role_missing"),
        ({"roles": ["user"]}, {}, "role_missing"),
        ({"roles": ["user"]}, {"roles": [{"user": True}, 1]}, "role_missing"),
        ({"any_role": ["a", "b"]}, {"roles": ["b"]}, None),
        ({"any_role": ["a", "b"]}, {"roles": ["c"]}, "role_missing"),
        ({"any_role": ["a", "b"]}, {"roles": []}, "role_missing"),
        ({"scope": ["orders:read"]}, {"scope": "openid orders:read"}, None),
        ({"scope": ["orders:read"]}, {"scope": ["orders:read"]}, None),
        ({"scope": ["orders:read", "orders:write"]}, {"scope": "orders:read"}, "scope_missing"),
        ({"scope": ["orders:read"]}, {"scope": "orders:reader"}, "scope_missing"),
        ({"scope": ["orders:read"]}, {}, "scope_missing"),
        ({"claims": {"tenant": "blue"}}, {"tenant": "blue"}, None),
        ({"claims": {"tenant": "blue"}}, {"tenant": "red"}, "claim_mismatch"),
        ({"claims": {"tenant": "blue"}}, {}, "claim_mismatch"),
        ({"claims": {"tenant": ["blue", "green"]}}, {"tenant": "green"}, None),
        ({"claims": {"tenant": ["blue", "green"]}}, {"tenant": "red"}, "claim_mismatch"),
        ({"claims": {"level": 3}}, {"level": 3}, None),
        ({"claims": {"level": 3}}, {"level": "3"}, "claim_mismatch"),
        ({"claims": {"email_verified": True}}, {"email_verified": True}, None),
        ({"claims": {"email_verified": True}}, {"email_verified": "true"}, "claim_mismatch"),
        ({"roles": ["user"], "scope": ["a"]}, {"roles": ["user"]}, "scope_missing"),
    ],
)
def test_what_a_route_requires(require, claims, reason, start, upstream):
    gateway = start(configuration(upstream, routes=[{"path": "/", "upstream": "app", "require": require}]))
    response = gateway.request("/", fields=bearer(**claims))
    if reason is None:
        assert response.status == 200, response
    else:
        assert response.refusal == (403, reason)
        assert response.error["message"] == "Forbidden!"
        assert upstream.exchanges == []


def test_a_missing_scope_is_named_in_the_challenge(start, upstream):
    routes = [{"path": "/", "upstream": "app", "require": {"scope": ["orders:read", "orders:write"]}}]
    response = start(configuration(upstream, routes=routes)).request("/", fields=bearer(scope="orders:read"))
    assert response.refusal == (403, "scope_missing")
    assert 'error="insufficient_scope"' in response["www-authenticate"]
    assert 'scope="orders:read orders:write"' in response["www-authenticate"]


def test_a_route_may_require_an_issuer(start, upstream):
    issuers = [issuer(), issuer(issuer="https://second.test")]
    routes = [{"path": "/", "upstream": "app", "require": {"issuer": "https://second.test"}}]
    auth = {"issuers": issuers, "identity_headers": {"X-Auth-User": "sub", "X-Auth-Issuer": "iss"}}
    gateway = start(configuration(upstream, routes=routes, auth=auth))
    assert gateway.request("/", fields=bearer()).refusal == (403, "issuer_not_allowed")
    assert gateway.request("/", fields=bearer(iss="https://second.test")).status == 200


def test_each_route_judges_a_cached_token_anew(start, upstream):
    routes = [{"path": f"/{role}", "upstream": "app", "require": {"roles": [role]}} for role in ("user", "admin")]
    gateway = start(configuration(upstream, routes=routes))
    fields = bearer(roles=["user"])
    with gateway.client() as client:
        for _ in range(3):
            assert client.request("/user", fields=fields).status == 200
            assert client.request("/admin", fields=fields).refusal == (403, "role_missing")


def test_a_request_is_judged_in_order(start, upstream):
    """400, 404, 405, token, 403, 413: the first that applies is the answer."""
    routes = [{"path": "/a", "methods": ["POST"], "upstream": "app", "max_body": "1KiB", "require": {"roles": ["r"]}}]
    gateway = start(configuration(upstream, routes=routes))
    large = b"x" * 2000
    assert gateway.request("/nowhere/%2f", method="POST", body=large).status == 400
    assert gateway.request("/nowhere", method="POST", body=large).status == 404
    assert gateway.request("/a", method="PUT", body=large).status == 405
    assert gateway.request("/a", method="POST", body=large).status == 401
    assert gateway.request("/a", method="POST", body=large, fields=bearer()).status == 403
    assert gateway.request("/a", method="POST", body=large, fields=bearer(roles=["r"])).status == 413
    assert upstream.exchanges == []


def test_a_token_and_the_secret_appear_in_no_answer(gateway):
    text = token(exp=1)
    response = gateway.request("/required", fields={"Authorization": f"Bearer {text}"})
    everything = response.body.decode() + str(response.fields)
    assert text not in everything and SECRET not in everything
