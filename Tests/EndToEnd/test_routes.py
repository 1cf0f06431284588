"""The route that a request takes, and what the route does with it."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer


def says(name, **conditions):
    """A public route that answers with its own name."""
    return {"auth": "none", "respond": {"status": 200, "body": name}, **conditions}


ROUTES = [
    says("root", exact="/"),
    says("orders", path="/orders"),
    says("orders write", path="/orders", methods=["POST", "PUT"]),
    says("orders exact", exact="/orders/special"),
    says("orders deep", path="/orders/deep/er"),
    says("orders beta", path="/orders", headers={"X-Beta": "yes"}),
    says("orders beta eu", path="/orders", headers={"X-Beta": "yes", "X-Region": "eu"}),
    says("exact host", path="/", host="shop.example.com"),
    says("wildcard host", path="/", host="*.example.com"),
    says("deeper wildcard host", path="/", host="*.eu.example.com"),
    says("read only", path="/read", methods=["GET", "HEAD"]),
    says("read delete", path="/read", methods=["DELETE"]),
    says("host post only", path="/form", host="shop.example.com", methods=["POST"]),
    says("form", path="/form"),
]


@pytest.fixture(scope="module", params=["as written", "reversed"])
def gateway(request, tmp_path_factory):
    from lib.gateway import Gateway

    routes = ROUTES if request.param == "as written" else ROUTES[::-1]
    gateway = Gateway(str(tmp_path_factory.mktemp("routes")), configuration(routes=routes))
    yield gateway
    gateway.stop()


@pytest.mark.parametrize(
    "method, target, fields, route",
    [
        ("GET", "/", {}, "root"),
        ("GET", "/?x=/orders", {}, "root"),
        ("GET", "/orders", {}, "orders"),
        ("GET", "/orders/", {}, "orders"),
        ("GET", "/orders/7", {}, "orders"),
        ("GET", "/orders?id=7", {}, "orders"),
        ("GET", "/ordersx", {}, None),
        ("GET", "/Orders", {}, None),
        ("GET", "/order", {}, None),
        ("POST", "/orders", {}, "orders write"),
        ("PUT", "/orders/7", {}, "orders write"),
        ("DELETE", "/orders/7", {}, "orders"),
        ("GET", "/orders/special", {}, "orders exact"),
        ("POST", "/orders/special", {}, "orders exact"),
        ("GET", "/orders/special/", {}, "orders"),
        ("GET", "/orders/special/more", {}, "orders"),
        ("GET", "/orders/deep", {}, "orders"),
        ("GET", "/orders/deep/er", {}, "orders deep"),
        ("POST", "/orders/deep/er/x", {}, "orders deep"),
        ("GET", "/orders/deep/erx", {}, "orders"),
        ("GET", "/orders", {"X-Beta": "yes"}, "orders beta"),
        ("GET", "/orders", {"x-beta": "yes"}, "orders beta"),
        ("GET", "/orders", {"X-Beta": "YES"}, "orders"),
        ("GET", "/orders", {"X-Beta": "yes", "X-Region": "eu"}, "orders beta eu"),
        ("POST", "/orders", {"X-Beta": "yes"}, "orders write"),
        ("GET", "/", {"Host": "shop.example.com"}, "exact host"),
        ("GET", "/orders", {"Host": "shop.example.com"}, "exact host"),
        ("GET", "/", {"Host": "SHOP.Example.COM"}, "exact host"),
        ("GET", "/", {"Host": "shop.example.com."}, "exact host"),
        ("GET", "/", {"Host": "shop.example.com:80"}, "exact host"),
        ("GET", "/x", {"Host": "www.example.com"}, "wildcard host"),
        ("GET", "/x", {"Host": "a.eu.example.com"}, "deeper wildcard host"),
        ("GET", "/", {"Host": "example.com"}, "root"),
        ("GET", "/x", {"Host": "example.com"}, None),
        ("GET", "/x", {"Host": "evilexample.com"}, None),
        ("HEAD", "/read", {}, "read only"),
        ("DELETE", "/read/1", {}, "read delete"),
        ("POST", "/form", {"Host": "shop.example.com"}, "host post only"),
        ("GET", "/nothing", {}, None),
    ],
)
def test_the_most_specific_route_wins_whatever_the_order(method, target, fields, route, gateway):
    response = gateway.request(target, method=method, fields=fields)
    if route is None:
        assert response.status == 404
        assert response.error["message"] == "Not found!"
    elif method == "HEAD":
        assert (response.status, response["content-length"]) == (200, str(len(route)))
    else:
        assert (response.status, response.text) == (200, route)


def test_405_names_the_methods_that_would_do(gateway):
    response = gateway.request("/read/1", method="POST", body=b"")
    assert response.status == 405
    response.error
    assert {method.strip() for method in response["allow"].split(",")} == {"GET", "HEAD", "DELETE"}


def test_a_method_in_lower_case_takes_no_route(gateway):
    assert gateway.request("/read", method="get").refusal == (400, "malformed_request_line")


def test_a_path_without_a_route_is_404_with_and_without_a_token(start, upstream):
    gateway = start(configuration(upstream, routes=[{"path": "/orders", "upstream": "app"}]))
    assert gateway.request("/admin").status == 404
    assert gateway.request("/admin", fields=bearer()).status == 404
    assert upstream.exchanges == []


def test_a_route_is_closed_unless_it_says_otherwise(start):
    gateway = start(configuration(routes=[{"path": "/", "respond": {"status": 200, "body": "secret"}}]))
    assert gateway.request("/").refusal == (401, "token_missing")
    assert gateway.request("/", fields=bearer()).text == "secret"


def test_a_response_of_the_gateways_own_has_status_fields_and_body(start):
    routes = [
        says("", exact="/json") | {"respond": {"status": 201, "json": {"message": "Zoë", "list": [1, 2.5, None]}}},
        says("", exact="/text") | {"respond": {"status": 418, "headers": {"X-Tea": "green"}, "body": "short"}},
        says("", exact="/page") | {"respond": {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<p>"}},
        says("", exact="/empty") | {"respond": {"status": 204}},
    ]
    gateway = start(configuration(routes=routes))
    with gateway.client() as client:
        response = client.request("/json")
        assert (response.status, response["content-type"]) == (201, "application/json")
        assert response.json() == {"message": "Zoë", "list": [1, 2.5, None]}
        response = client.request("/text")
        assert (response.status, response["x-tea"], response.text) == (418, "green", "short")
        assert response["content-type"].startswith("text/plain")
        assert client.request("/page")["content-type"] == "text/html"
        response = client.request("/empty")
        assert (response.status, response.body, response["content-length"]) == (204, b"", None)
        assert response["date"]


def test_a_redirect_has_its_status_and_location(start):
    routes = [
        {"path": "/old", "auth": "none", "redirect": {"status": 308, "location": "https://example.com/new"}},
        {"path": "/closed", "redirect": {"status": 302, "location": "/elsewhere"}},
    ]
    gateway = start(configuration(routes=routes))
    response = gateway.request("/old/page?x=1")
    assert (response.status, response["location"]) == (308, "https://example.com/new")
    assert gateway.request("/closed").refusal == (401, "token_missing")
    assert gateway.request("/closed", fields=bearer())["location"] == "/elsewhere"


@pytest.mark.parametrize(
    "edit, path, target, forwarded",
    [
        ({"strip_prefix": "/api"}, "/api", "/api/orders?x=%20", "/orders?x=%20"),
        ({"strip_prefix": "/api"}, "/api", "/api", "/"),
        ({"strip_prefix": "/api"}, "/api", "/api/", "/"),
        ({"strip_prefix": "/api"}, "/api", "/api?x", "/?x"),
        ({"strip_prefix": "/api"}, "/api", "/api//../api/./a", "/a"),
        ({"strip_prefix": "/api"}, "/api/v1", "/api/v1/x", "/v1/x"),
        ({"add_prefix": "/inner"}, "/", "/orders?x", "/inner/orders?x"),
        ({"add_prefix": "/inner"}, "/", "/", "/inner/"),
        ({"strip_prefix": "/api", "add_prefix": "/v2"}, "/api", "/api/orders", "/v2/orders"),
    ],
)
def test_prefixes_are_taken_off_and_put_on(edit, path, target, forwarded, start, upstream):
    gateway = start(configuration(upstream, routes=[{"path": path, "upstream": "app", "auth": "none", **edit}]))
    assert gateway.request(target).status == 200
    assert upstream.last.target == forwarded


def test_the_host_is_kept_unless_the_upstreams_is_asked_for(start, upstream):
    routes = [
        {"path": "/", "upstream": "app", "auth": "none"},
        {"path": "/inner", "upstream": "app", "auth": "none", "host_header": "upstream"},
    ]
    gateway = start(configuration(upstream, routes=routes))
    gateway.request("/", fields={"Host": "shop.example.com:8443"})
    assert upstream.last["Host"] == "shop.example.com:8443"
    gateway.request("/inner", fields={"Host": "shop.example.com"})
    assert upstream.last["Host"] == upstream.address


def test_request_fields_are_removed_set_and_added(start, upstream):
    edits = {"set": {"X-Tenant": "blue"}, "add": {"X-Tag": "gateway"}, "remove": ["X-Debug", "Accept-Encoding"]}
    gateway = start(
        configuration(upstream, routes=[{"path": "/", "upstream": "app", "auth": "none", "request_headers": edits}])
    )
    fields = {"X-Tenant": "red", "X-Tag": "mine", "x-debug": "1", "Accept-Encoding": "br", "X-Kept": "k"}
    gateway.request("/", fields=fields)
    seen = upstream.last
    assert (seen["X-Tenant"], seen.all("X-Tag"), seen["X-Debug"], seen["Accept-Encoding"], seen["X-Kept"]) == (
        "blue", ["mine", "gateway"], None, None, "k"
    )  # fmt: skip


def test_response_fields_are_removed_set_and_added(start, make_upstream):
    from lib.upstreams import answer, scripted

    upstream = make_upstream(scripted(answer("x", "200 OK", "Server: app/1.0", "X-Frame: a", "X-Tag: app", "X-Kept: k")))
    edits = {"set": {"X-Frame": "DENY"}, "add": {"X-Tag": "gateway"}, "remove": ["server"]}
    gateway = start(
        configuration(upstream, routes=[{"path": "/", "upstream": "app", "auth": "none", "response_headers": edits}])
    )
    response = gateway.request("/")
    assert (response["x-frame"], response.all("x-tag"), response["server"], response["x-kept"]) == (
        "DENY", ["app", "gateway"], None, "k"
    )  # fmt: skip


def test_several_servers_take_turns(start, make_upstream):
    upstreams = [make_upstream() for _ in range(3)]
    gateway = start(configuration({"servers": [upstream.address for upstream in upstreams]}))
    with gateway.client() as client:
        for _ in range(9):
            assert client.request("/open").status == 200
    assert [len(upstream.exchanges) for upstream in upstreams] == [3, 3, 3]


def test_turns_go_by_weight(start, make_upstream):
    heavy, light = make_upstream(), make_upstream()
    servers = [{"address": heavy.address, "weight": 3}, {"address": light.address, "weight": 1}]
    gateway = start(configuration({"servers": servers}))
    with gateway.client() as client:
        for _ in range(20):
            assert client.request("/open").status == 200
    assert (len(heavy.exchanges), len(light.exchanges)) == (15, 5)


def test_addresses_may_be_allowed_and_denied(start):
    routes = [
        says("in", path="/local", allow_addresses=["127.0.0.0/8"]),
        says("in", path="/other", allow_addresses=["10.0.0.0/8"]),
        says("in", path="/denied", deny_addresses=["127.0.0.1"]),
        {"path": "/token", "deny_addresses": ["127.0.0.0/8"], "respond": {"status": 200, "body": "in"}},
    ]
    gateway = start(configuration(routes=routes))
    assert gateway.request("/local").text == "in"
    assert gateway.request("/other").refusal == (403, "address_denied")
    assert gateway.request("/denied").refusal == (403, "address_denied")
    assert gateway.request("/token").refusal == (403, "address_denied"), "the address is judged before the token"
