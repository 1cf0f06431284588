"""Names that upstreams fold onto others: methods without case, fields as CGI reads them, cookies and parameters as PHP does."""

import pytest

from lib.gateway import configuration, run
from lib.tokens import bearer, forged, token

PUBLIC = {"path": "/m", "upstream": "app", "auth": "none"}
GUARDED = {"path": "/m", "methods": ["POST"], "upstream": "app"}


class TestMethods:
    @pytest.fixture
    def gateway(self, start, upstream):
        return start(configuration(upstream, routes=[PUBLIC, GUARDED]))

    @pytest.mark.parametrize("method", ["post", "Post", "pOST", "POSt", "get", "patch", "purge", "PURGe", "connect", "x"])
    def test_one_with_a_lower_case_letter_is_refused_and_told_why(self, method, gateway, upstream):
        response = gateway.exchange(f"{method} /m HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert response.refusal == (400, "malformed_request_line")
        assert "lower-case" in response.error["message"]
        assert not upstream.exchanges

    @pytest.mark.parametrize("method", ["PURGE", "M-SEARCH", "X", "POST-2", "A_B"])
    def test_any_in_upper_case_is_judged_by_its_name(self, method, gateway, upstream):
        assert gateway.request("/m", method).status == 200
        assert upstream.last.method == method

    @pytest.mark.parametrize("method", ["post", "Put", "patch", "GEt"])
    @pytest.mark.parametrize("cors", [None, {"origins": ["*"]}])
    def test_none_in_lower_case_is_allowed_to_a_page(self, method, cors, start, upstream):
        gateway = start(configuration(upstream, routes=[PUBLIC, GUARDED], **({"cors": cors} if cors else {})))
        fields = {"Origin": "https://a.test", "Access-Control-Request-Method": method}
        response = gateway.request("/m", "OPTIONS", fields)
        assert response.status == 400 and "lower-case" in response.error["message"]
        assert response["access-control-allow-methods"] is None
        assert not upstream.exchanges

    @pytest.mark.parametrize("trusted", [False, True])
    @pytest.mark.parametrize(
        "name",
        ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override", "X.Http.Method", "X-METHOD_OVERRIDE"],
    )
    def test_no_field_names_another(self, name, trusted, start, upstream):
        top = {"trusted_proxies": ["127.0.0.0/8"]} if trusted else {}
        gateway = start(configuration(upstream, routes=[PUBLIC], **top))
        for extra in ({}, {"Connection": name}):
            assert gateway.request("/m", fields={name: "DELETE", "X-Kept": "1", **extra}).status == 200
            assert b"DELETE" not in upstream.last.raw_head and upstream.last["X-Kept"] == "1"


class TestFields:
    @pytest.mark.parametrize("spelling", ["X_Api_Token", "x_api_token", "X-Api_Token", "X.Api.Token", "X~Api-Token"])
    def test_no_other_spelling_of_a_tokens_field_passes(self, spelling, start, upstream):
        auth = {"token_from": [{"header": "X-Api-Token"}]}
        gateway = start(configuration(upstream, routes=[{"path": "/", "upstream": "app", "auth": "optional"}], auth=auth))
        for value in (forged(secret="another secret that is long enough for the hash"), token()):
            assert gateway.request(fields={spelling: value}).status == 200
            assert upstream.last["X-Auth-User"] is None
            assert value.encode() not in upstream.last.raw_head
        assert gateway.request(fields={"x-api-TOKEN": token(), spelling: "evil"}).status == 200
        assert upstream.last["X-Auth-User"] == "alice" and b"evil" not in upstream.last.raw_head

    @pytest.mark.parametrize("edit", [{"set": {"X-Tenant-Id": "acme"}}, {"add": {"X-Tenant-Id": "acme"}}, {"remove": ["X-Tenant-Id"]}])
    def test_no_other_spelling_of_what_a_route_changes_passes(self, edit, start, upstream):
        routes = [{"path": "/", "upstream": "app", "auth": "none", "request_headers": edit}, {"path": "/other", "upstream": "app", "auth": "none"}]
        gateway = start(configuration(upstream, routes=routes))
        for target in ("/", "/other"):
            fields = {"X_Tenant_Id": "evil", "x.tenant_id": "evil", "X_Other_Id": "1", "X_Tenant": "2"}
            assert gateway.request(target, fields=fields).status == 200
            assert b"evil" not in upstream.last.raw_head
            assert (upstream.last["X_Other_Id"], upstream.last["X_Tenant"]) == ("1", "2")

    def test_a_route_is_chosen_by_the_field_itself(self, start, upstream):
        routes = [
            {"path": "/", "upstream": "app", "auth": "none"},
            {"path": "/", "upstream": "app", "headers": {"X-Admin-Mode": "on"}, "require": {"roles": ["admin"]}},
        ]
        gateway = start(configuration(upstream, routes=routes))
        assert gateway.request(fields={"X-Admin-Mode": "on"}).refusal == (401, "token_missing")
        assert gateway.request(fields={"X-Admin-Mode": "on", **bearer(roles=["admin"])}).status == 200
        public = (
            [("X_Admin_Mode", "on")], [("X-Admin.Mode", "on")], [("X-Admin-Mode", "on"), ("Connection", "X-Admin-Mode")],
            [("X-Admin-Mode", "off"), ("X_Admin_Mode", "on")],
        )  # fmt: skip
        for fields in public:
            assert gateway.request(fields=fields).status == 200
            assert "on" not in [value for name, value in upstream.last.fields if "admin" in name.lower()], fields
        assert gateway.request(fields=[("X-Admin-Mode", "on"), ("X-Admin-Mode", "on")]).status == 200
        assert gateway.request(fields=[("X-Admin-Mode", "on"), ("X_Admin_Mode", "off")]).status == 401

    def test_no_other_spelling_of_the_assertions_field_passes(self, start, upstream):
        assertion = {"header": "X-Auth-Assertion", "issuer": "gateway", "key_directory": "keys"}
        gateway = start(configuration(upstream, auth={"identity_assertion": assertion}))
        for fields in ({"X_Auth_Assertion": "evil"}, {"X-Auth-Assertion": "evil"}, {"x.auth.assertion": "evil"}):
            assert gateway.request("/open", fields=fields).status == 200
            assert b"evil" not in upstream.last.raw_head

    def test_what_decides_can_be_told_from_what_strangers_send(self, directory, upstream):
        from lib.gateway import write_config, write_files
        from lib.tokens import SECRET

        write_files(directory, {"secret.key": SECRET})
        routes = [{"path": "/", "upstream": "app", "auth": "none", "headers": {"X-Forwarded-Proto": "https"}}]
        for top, code in (({}, 1), ({"trusted_proxies": []}, 1), ({"trusted_proxies": ["127.0.0.0/8"]}, 0)):
            result, _, errors = run("-t", "-c", write_config(directory, configuration(upstream, routes=routes, **top)))
            assert result == code, errors
            assert ("'X-Forwarded-Proto' can't stand here" in errors) == bool(code)

    def test_it_counts_from_trusted_proxies_alone(self, start, upstream):
        routes = [
            {"path": "/", "upstream": "app"},
            {"path": "/", "upstream": "app", "auth": "none", "headers": {"X-Forwarded-Proto": "https"}},
        ]
        for proxies, status in (["10.0.0.0/8"], 401), (["127.0.0.0/8"], 200):
            gateway = start(configuration(upstream, routes=routes, trusted_proxies=proxies))
            assert gateway.request(fields={"X-Forwarded-Proto": "https"}).status == status
            assert gateway.request(fields={"X-Forwarded-Proto": "http"}).status == 401
            assert gateway.request(fields={"X_Forwarded_Proto": "https"}).status == 401


class TestCookiesAndParameters:
    NAMES = ["access.token", "access token", "access[token", "access_token[]", "access_token[0]", " access.token", "access%2Etoken"]

    @pytest.fixture(params=[True, False])
    def gateway(self, request, start, upstream):
        auth = {"token_from": [{"cookie": "access_token"}, {"query": "access_token"}], "forward_token": request.param}
        gateway = start(configuration(upstream, routes=[{"path": "/", "upstream": "app", "auth": "optional"}], auth=auth))
        gateway.forwards = request.param
        return gateway

    @pytest.mark.parametrize("name", NAMES)
    def test_a_cookie_that_php_takes_for_the_tokens_is_dropped(self, name, gateway, upstream):
        good = token()
        assert gateway.request(fields={"Cookie": f"a=1; {name}=evil; access_token={good}; access-token=2"}).status == 200
        assert upstream.last["X-Auth-User"] == "alice"
        kept = f"a=1; access_token={good}; access-token=2" if gateway.forwards else "a=1; access-token=2"
        assert upstream.last["Cookie"] == kept
        assert gateway.request(fields={"Cookie": f"{name}={good}"}).status == 200
        assert upstream.last["X-Auth-User"] is None and upstream.last["Cookie"] is None

    @pytest.mark.parametrize("name", [*(name.replace(" ", "+") for name in NAMES), "%20access_token", "access%5Btoken", "access_token%00x"])
    def test_a_parameter_that_php_takes_for_the_tokens_is_dropped(self, name, gateway, upstream):
        good = token()
        response = gateway.request(f"/p?a=1&{name}=evil&access%5Ftoken={good}&access-token=2")
        assert response.status == 200
        assert upstream.last["X-Auth-User"] == "alice"
        kept = f"/p?a=1&access%5Ftoken={good}&access-token=2" if gateway.forwards else "/p?a=1&access-token=2"
        assert upstream.last.target == kept
        assert gateway.request(f"/p?{name}={good}").status == 200
        assert upstream.last["X-Auth-User"] is None and upstream.last.target == "/p"
        assert all(good not in line["path"] for line in gateway.access_log(2))


def test_a_program_that_folds_names_sees_what_the_gateway_meant(start, flask_upstream):
    """Flask behind WSGI, where `X_Tenant_Id` and `X-Tenant-Id` are one."""
    routes = [{"path": "/", "upstream": "app", "auth": "none", "request_headers": {"set": {"X-Tenant-Id": "acme"}}}]
    gateway = start(configuration(flask_upstream, routes=routes))
    response = gateway.request("/anything", fields={"X_Tenant_Id": "evil", "X-Tenant_Id": "evil"})
    assert response.json()["environ"]["HTTP_X_TENANT_ID"] == "acme"
    assert "evil" not in response.text
