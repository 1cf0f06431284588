"""The places where a token may stand, and tokens in several places."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer, token

PLACES = [{"header": "Authorization"}, {"cookie": "access_token"}, {"query": "access_token"}, {"header": "X-Token"}]


@pytest.fixture
def everywhere(start, upstream):
    return start(configuration(upstream, auth={"token_from": PLACES}))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   ", ""])
def test_the_authorization_field_takes_a_bearer_token_in_any_case_or_bare(scheme, gateway):
    assert gateway.request("/", fields={"Authorization": scheme + token()}).status == 200


def test_by_default_only_authorization_is_looked_at(gateway):
    text = token()
    assert gateway.request(f"/?access_token={text}").refusal == (401, "token_missing")
    assert gateway.request("/", fields={"Cookie": f"access_token={text}"}).refusal == (401, "token_missing")


def test_two_authorization_fields_are_a_bad_request(gateway, upstream):
    text = "Bearer " + token()
    for second in (text, "Bearer x", ""):
        response = gateway.request("/", fields=[("Authorization", text), ("authorization", second)])
        assert response.status == 400, response
        response.error
    assert upstream.exchanges == []


def test_two_authorization_fields_are_a_bad_request_on_public_routes_too(gateway, upstream):
    response = gateway.request("/open", fields=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")])
    assert response.status == 400
    assert upstream.exchanges == []


def test_another_header_may_hold_the_token(everywhere):
    assert everywhere.request("/", fields={"X-Token": token()}).status == 200
    assert everywhere.request("/", fields={"x-token": "Bearer " + token()}).status == 200


def test_a_cookie_may_hold_the_token(everywhere):
    assert everywhere.request("/", fields={"Cookie": f"theme=dark; access_token={token()}; a=b"}).status == 200
    assert everywhere.request("/", fields={"Cookie": "theme=dark"}).refusal == (401, "token_missing")
    assert everywhere.request("/", fields={"Cookie": f"xaccess_token={token()}"}).refusal == (401, "token_missing")


def test_the_query_may_hold_the_token_of_a_get_or_head_only(everywhere):
    text = token()
    assert everywhere.request(f"/?a=1&access_token={text}&b=2").status == 200
    assert everywhere.request(f"/?access_token={text}", method="HEAD").status == 200
    assert everywhere.request(f"/?access_token={text}", method="POST", body=b"").refusal == (401, "token_missing")


def test_two_places_with_the_same_token_agree(everywhere):
    text = token()
    response = everywhere.request(f"/?access_token={text}", fields={"Authorization": f"Bearer {text}"})
    assert response.status == 200


@pytest.mark.parametrize(
    "fields, query",
    [
        ({"Authorization": "Bearer {0}", "Cookie": "access_token={1}"}, ""),
        ({"Authorization": "Bearer {0}"}, "?access_token={1}"),
        ({"Authorization": "Bearer {0}", "X-Token": "{1}"}, ""),
        ({"Cookie": "access_token={0}; access_token={1}"}, ""),
        ({}, "?access_token={0}&access_token={1}"),
    ],
)
def test_places_that_disagree_are_ambiguous(fields, query, everywhere, upstream):
    texts = [token(), token(sub="mallory")]
    fields = {name: value.format(*texts) for name, value in fields.items()}
    response = everywhere.request("/" + query.format(*texts), fields=fields)
    assert response.refusal == (401, "token_ambiguous")
    assert upstream.exchanges == []


class TestACookieFromAnotherSite:
    """Browsers send cookies along with requests that other sites make."""

    @pytest.fixture
    def gateway(self, start, upstream):
        config = configuration(
            upstream,
            auth={"token_from": [{"header": "Authorization"}, {"cookie": "access_token"}]},
            cors={"origins": ["https://app.example.com"], "credentials": True},
        )
        return start(config)

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_may_read(self, method, gateway):
        fields = {"Cookie": f"access_token={token()}", "Origin": "https://evil.test"}
        assert gateway.request("/", method=method, fields=fields).status == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
    @pytest.mark.parametrize(
        "proof",
        [{}, {"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
         {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test", "Sec-Fetch-Site": "same-origin"}],
        ids=str,
    )  # fmt: skip
    def test_may_not_write(self, method, proof, gateway, upstream):
        fields = {"Cookie": f"access_token={token()}", **proof}
        response = gateway.request("/", method=method, fields=fields, body=b"")
        assert response.refusal == (403, "origin_refused")
        assert upstream.exchanges == []

    @pytest.mark.parametrize(
        "proof",
        [{"Origin": "https://app.example.com"}, {"Origin": "own"}, {"Sec-Fetch-Site": "same-origin"},
         {"Sec-Fetch-Site": "none"}],
        ids=str,
    )  # fmt: skip
    def test_writes_are_for_its_own_and_listed_origins(self, proof, gateway):
        fields = {"Cookie": f"access_token={token()}", **proof}
        if proof.get("Origin") == "own":
            fields["Origin"] = gateway.url
        assert gateway.request("/", method="POST", fields=fields, body=b"").status == 200

    def test_does_not_matter_where_the_token_came_in_a_header(self, gateway):
        fields = {**bearer(), "Origin": "https://evil.test"}
        assert gateway.request("/", method="POST", fields=fields, body=b"").status == 200


def test_the_token_is_forwarded_unless_told_otherwise(everywhere, upstream):
    text = token()
    everywhere.request("/", fields={"Authorization": f"Bearer {text}"})
    assert upstream.last["Authorization"] == f"Bearer {text}"


class TestForwardTokenFalse:
    @pytest.fixture
    def gateway(self, start, upstream):
        return start(configuration(upstream, auth={"token_from": PLACES, "forward_token": False}))

    def test_takes_the_header_away(self, gateway, upstream):
        gateway.request("/", fields=bearer())
        assert upstream.last["Authorization"] is None
        gateway.request("/", fields={"X-Token": token()})
        assert upstream.last["X-Token"] is None
        assert upstream.last["X-Auth-User"] == "alice"

    def test_takes_only_its_own_cookie_away(self, gateway, upstream):
        gateway.request("/", fields={"Cookie": f"theme=dark; access_token={token()}; lang=en"})
        assert upstream.last["Cookie"] == "theme=dark; lang=en"
        gateway.request("/", fields={"Cookie": f"access_token={token()}"})
        assert upstream.last["Cookie"] is None

    def test_takes_only_its_own_parameter_away(self, gateway, upstream):
        gateway.request(f"/x?a=1&access_token={token()}&b=%20")
        assert upstream.last.target == "/x?a=1&b=%20"
        gateway.request(f"/x?access_token={token()}")
        assert upstream.last.target == "/x"

    def test_takes_every_place_away_on_public_routes_too(self, gateway, upstream):
        text = token()
        fields = {"Authorization": f"Bearer {text}", "Cookie": f"access_token={text}"}
        assert gateway.request(f"/open?access_token={text}", fields=fields).status == 200
        assert text.encode() not in upstream.last.raw_head


OTHERS = ["Basic YWxpY2U6c2VjcmV0", "basic YWxpY2U6c2VjcmV0", 'Digest username="alice", realm="a"', "Token x.y.z",
          "AWS4-HMAC-SHA256 Credential=a/b", "Negotiate YII="]  # fmt: skip


@pytest.mark.parametrize("value", OTHERS)
@pytest.mark.parametrize("forward", [True, False], ids=["forwarded", "not forwarded"])
class TestCredentialsOfAnotherScheme:
    """They are the upstream's business: no token, and passed on as they are."""

    @pytest.fixture
    def gateway(self, start, upstream, forward):
        routes = [{"path": path, "upstream": "app", "auth": auth} for path, auth in
                  (("/", "required"), ("/optional", "optional"), ("/report", "report"), ("/none", "none"))]  # fmt: skip
        return start(configuration(upstream, routes, auth={"token_from": PLACES, "forward_token": forward}))

    def test_are_no_token_and_pass_untouched(self, value, gateway, upstream):
        for name in ("Authorization", "X-Token"):
            fields = {name: value}
            assert gateway.request("/", fields=fields).refusal == (401, "token_missing")
            for target in ("/optional", "/report", "/none"):
                assert gateway.request(target, fields=fields).status == 200
                assert upstream.last[name] == value and upstream.last["X-Auth-User"] is None
            assert gateway.request("/", fields={**fields, "Cookie": f"access_token={token()}"}).status == 200
            assert upstream.last[name] == value and upstream.last["X-Auth-User"] == "alice"
        reasons = [line.get("reason") for line in gateway.access_log(10)]
        assert reasons[:4] == ["token_missing", None, "token_missing", None]
        assert value.split()[-1] not in gateway.output() + gateway.errors()

    def test_stand_in_one_authorization_field_alone(self, value, gateway, upstream):
        fields = [("Authorization", value), ("Authorization", "Bearer " + token())]
        assert gateway.request("/", fields=fields).status == 400


@pytest.mark.parametrize("value", ["Bearer", "bearer", "", "Basic", "Basic\tx", "a.b.c d", '"Basic" x', "a, b"])
def test_what_is_neither_a_token_nor_of_another_scheme_is_malformed(value, start, upstream):
    routes = [{"path": "/", "upstream": "app", "auth": "optional"}]
    gateway = start(configuration(upstream, routes, auth={"token_from": PLACES, "forward_token": False}))
    for name in ("Authorization", "X-Token"):
        assert gateway.request("/", fields={name: value}).refusal == (401, "token_malformed")
    assert upstream.exchanges == []
