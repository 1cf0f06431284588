"""CORS: preflights answered at the edge, the gateway's own errors readable by scripts, the upstream's fields replaced."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import answer, scripted

ORIGIN = "https://app.example.com"


def listed(value):
    return {item.strip().lower() for item in (value or "").split(",")}


@pytest.fixture
def app(make_upstream):
    return make_upstream(
        scripted(
            answer(
                "x", "200 OK", "Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true",
                "Access-Control-Expose-Headers: X-Secret", "Vary: Accept-Encoding",
            )
        )
    )  # fmt: skip


@pytest.fixture
def gateway(start, app):
    routes = [
        {"path": "/", "upstream": "app"},
        {"path": "/open", "upstream": "app", "auth": "none", "methods": ["GET", "POST"]},
        {"path": "/plain", "upstream": "app", "auth": "none", "cors": False},
        {"path": "/special", "upstream": "app", "auth": "none",
         "cors": {"origins": ["https://other.example.com"], "credentials": True, "expose": ["X-Total"],
                  "headers": ["X-Mine"], "methods": ["GET", "DELETE"], "max_age": "10m"}},
    ]  # fmt: skip
    return start(configuration(app, routes=routes, cors={"origins": [ORIGIN]}))


def preflight(gateway, target, origin=ORIGIN, method="GET", **more):
    fields = {"Origin": origin, "Access-Control-Request-Method": method, **more}
    return gateway.request(target, method="OPTIONS", fields=fields)


def granted(response):
    return [name for name, _ in response.fields if name.startswith("access-control-")]


def test_a_preflight_is_answered_without_a_token(gateway, app):
    response = preflight(gateway, "/", method="POST", **{"Access-Control-Request-Headers": "authorization"})
    assert response.status == 204
    assert response["access-control-allow-origin"] == ORIGIN
    assert {"authorization", "content-type"} <= listed(response["access-control-allow-headers"])
    assert "post" in listed(response["access-control-allow-methods"])
    assert "origin" in listed(response["vary"])
    assert app.exchanges == []


def test_a_preflight_allows_the_methods_of_the_route(gateway):
    response = preflight(gateway, "/open", method="POST")
    assert listed(response["access-control-allow-methods"]) == {"get", "post"}


def test_an_origin_that_is_not_listed_is_granted_nothing(gateway, app):
    for origin in ("https://evil.test", "null", "http://app.example.com", ORIGIN + ".evil.test", ORIGIN + ":8443"):
        response = preflight(gateway, "/", origin=origin)
        assert (response.status, granted(response)) == (204, []), origin
    assert app.exchanges == []


def test_an_answer_to_a_listed_origin_says_so_and_replaces_the_upstreams_word(gateway):
    response = gateway.request("/open", fields={"Origin": ORIGIN})
    assert response.status == 200
    assert response["access-control-allow-origin"] == ORIGIN
    assert response["access-control-allow-credentials"] is None
    assert response["access-control-expose-headers"] is None
    assert {"origin", "accept-encoding"} <= listed(",".join(response.all("vary")))


def test_an_answer_to_another_origin_grants_nothing(gateway):
    for fields in ({"Origin": "https://evil.test"}, {}):
        response = gateway.request("/open", fields=fields)
        assert (response.status, granted(response)) == (200, [])
        assert "origin" in listed(",".join(response.all("vary")))


def test_the_gateways_own_errors_can_be_read_by_a_script(gateway):
    for fields in ({}, {"Authorization": "Bearer a.b.c"}):
        response = gateway.request("/", fields={"Origin": ORIGIN, **fields})
        assert response.status == 401
        assert response["access-control-allow-origin"] == ORIGIN
        assert "origin" in listed(",".join(response.all("vary")))


def test_trouble_upstream_can_be_read_by_a_script(start):
    gateway = start(configuration({"servers": ["127.0.0.1:1"]}, cors={"origins": [ORIGIN]}))
    response = gateway.request("/open", fields={"Origin": ORIGIN})
    assert response.status == 502
    assert response["access-control-allow-origin"] == ORIGIN


def test_a_route_may_have_its_own_rules(gateway):
    response = preflight(gateway, "/special", origin="https://other.example.com", method="DELETE")
    assert response["access-control-allow-origin"] == "https://other.example.com"
    assert response["access-control-allow-credentials"] == "true"
    assert listed(response["access-control-allow-methods"]) == {"get", "delete"}
    assert "x-mine" in listed(response["access-control-allow-headers"])
    assert response["access-control-max-age"] == "600"
    response = gateway.request("/special", fields={"Origin": "https://other.example.com"})
    assert response["access-control-expose-headers"] == "X-Total"
    assert response["access-control-allow-credentials"] == "true"
    assert granted(preflight(gateway, "/special", origin=ORIGIN)) == []


def test_a_route_may_turn_it_off(gateway, app):
    response = preflight(gateway, "/plain")
    assert response.status == 200, "without CORS a preflight is an ordinary request"
    assert app.last.method == "OPTIONS"


def test_every_origin_may_be_allowed(start, app):
    gateway = start(configuration(app, cors={"origins": ["*"]}))
    assert preflight(gateway, "/", origin="https://any.test")["access-control-allow-origin"] == "*"
    response = gateway.request("/open", fields={"Origin": "https://any.test"})
    assert response["access-control-allow-origin"] == "*"
    assert response["access-control-allow-credentials"] is None


def test_without_cors_a_preflight_is_an_ordinary_request(start, upstream):
    gateway = start(configuration(upstream))
    assert preflight(gateway, "/").refusal == (401, "token_missing")
    assert preflight(gateway, "/open").status == 200
    assert upstream.last.method == "OPTIONS"


def test_options_without_the_marks_of_a_preflight_is_an_ordinary_request(gateway, app):
    assert gateway.request("/", method="OPTIONS").refusal == (401, "token_missing")
    assert gateway.request("/", method="OPTIONS", fields={"Origin": ORIGIN}).refusal == (401, "token_missing")
    assert gateway.request("/", method="OPTIONS", fields=bearer()).status == 200


def test_a_preflight_for_no_route_is_404(start, app):
    routes = [{"path": "/orders", "upstream": "app"}]
    gateway = start(configuration(app, routes=routes, cors={"origins": [ORIGIN]}))
    assert preflight(gateway, "/nothing").status == 404


BELOW = [
    ("https://a.example.com", True), ("https://a.b.example.com", True), ("https://example.com", False),
    ("https://evilexample.com", False), ("https://a.example.com.evil.test", False), ("https://a.example.com:8443", False),
    ("http://a.example.com", False), ("https://evil.test/.example.com", False), ("https://A.example.com", False),
]  # fmt: skip


@pytest.mark.parametrize("origin, is_listed", BELOW)
def test_a_pattern_lists_every_origin_below_a_name(origin, is_listed, start, app):
    cors = {"origins": ["https://*.example.com"], "credentials": True}
    auth = {"token_from": [{"cookie": "at"}]}
    gateway = start(configuration(app, auth=auth, cors=cors))
    cookie = {"Cookie": "at=" + bearer()["Authorization"].removeprefix("Bearer ")}
    granted = origin if is_listed else None
    for target, fields in ("/", cookie), ("/open", {}), ("/", {}):
        response = gateway.request(target, fields={"Origin": origin, **fields})
        assert response["access-control-allow-origin"] == granted
        assert "origin" in listed(", ".join(response.all("vary")))
    question = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = gateway.request("/", "OPTIONS", question)
    assert (answer.status, answer["access-control-allow-origin"]) == (204, granted)
    assert gateway.request("/", "POST", {"Origin": origin, **cookie}).status == (200 if is_listed else 403)
