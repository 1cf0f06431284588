"""Identity fields: set from the verified token alone, whatever the client sends in whatever spelling."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer, token

SPELLINGS = [
    "X-Auth-User", "x-auth-user", "X-AUTH-USER", "X_Auth_User", "x_auth_user", "X-Auth_User", "X.Auth.User",
    "X~Auth~User", "X!Auth!User", "X'Auth'User", "X*Auth-User", "X|Auth^User", "X`Auth`User", "X#Auth$User",
    "X%Auth&User", "X+Auth+User",
]  # fmt: skip


def folded(name):
    return "".join(character if character.isalnum() else "-" for character in name.lower())


def identity(exchange):
    return [(name, value) for name, value in exchange.fields if folded(name).startswith("x-auth-")]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_client_cannot_claim_to_be_somebody_in_any_spelling(spelling, gateway, upstream):
    for path, fields, expected in [("/", bearer(), [("X-Auth-User", "alice")]), ("/open", {}, [])]:
        assert gateway.request(path, fields={**fields, spelling: "root"}).status == 200
        assert identity(upstream.last) == expected
        assert b"root" not in upstream.last.raw_head


@pytest.mark.parametrize("spelling", ["X-Auth-Roles", "x_auth_roles", "X.Auth.Scope"])
def test_an_absent_claim_does_not_let_the_client_fill_it_in(spelling, gateway, upstream):
    gateway.request("/", fields={**bearer(), spelling: "admin"})
    assert identity(upstream.last) == [("X-Auth-User", "alice")]


def test_many_copies_all_go(gateway, upstream):
    pairs = [("Authorization", "Bearer " + token())] + [(spelling, "root") for spelling in SPELLINGS * 3]
    assert gateway.request("/", fields=pairs).status == 200
    assert identity(upstream.last) == [("X-Auth-User", "alice")]


@pytest.mark.parametrize("nominated", ["X-Auth-User", "x-auth-user, close", "keep-alive, X-Auth-User, X-Auth-Roles"])
def test_connection_cannot_name_an_identity_field_away(nominated, gateway, upstream):
    gateway.request("/", fields={**bearer(roles=["user"]), "Connection": nominated, "X-Auth-User": "root"})
    assert identity(upstream.last) == [("X-Auth-User", "alice"), ("X-Auth-Roles", "user")]


def test_request_trailers_carry_no_identity(gateway, upstream):
    body = b"2\r\nhi\r\n0\r\nX-Auth-User: root\r\nX-Other: 1\r\n\r\n"
    fields = {**bearer(), "Transfer-Encoding": "chunked", "Trailer": "X-Auth-User"}
    assert gateway.request("/", method="POST", fields=fields, body=body).status == 200
    assert upstream.last.read_body() == b"hi"
    assert upstream.last.trailers == []
    assert identity(upstream.last) == [("X-Auth-User", "alice")]


def test_response_trailers_carry_no_identity(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\n")
        exchange.send(b"X-Auth-User: root\r\nx_auth_roles: admin\r\nX-Sum: 7\r\n\r\n")

    gateway = start(configuration(make_upstream(handler)))
    response = gateway.request("/open")
    assert response.body == b"hi"
    assert response.trailers == [("x-sum", "7")]


@pytest.mark.parametrize("name", ["X_Other", "X.Other", "X-Auth-Username", "X-Auth", "XAuthUser", "Auth-User"])
def test_other_names_pass_as_they_are(name, gateway, upstream):
    gateway.request("/", fields={**bearer(), name: "mine"})
    assert upstream.last[name] == "mine"


@pytest.mark.parametrize(
    "value, forwarded",
    [
        ("alice", "alice"),
        ("Alice B. Carter <a@b.c>", "Alice B. Carter <a@b.c>"),
        ("a,b", "a,b"),
        ("50%", "50%25"),
        ("Zoë", "Zo%C3%AB"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        (" outer ", "%20outer%20"),
        ("line\r\nX-Evil: 1", "line%0D%0AX-Evil: 1"),
        ("tab\there", "tab%09here"),
        ("nul\0", "nul%00"),
        ("del\x7f", "del%7F"),
        ("🦉", "%F0%9F%A6%89"),
    ],
)
def test_a_subject_is_forwarded_as_visible_ascii(value, forwarded, gateway, upstream):
    assert gateway.request("/", fields=bearer(sub=value)).status == 200
    assert upstream.last["X-Auth-User"] == forwarded
    assert upstream.last["X-Evil"] is None


@pytest.mark.parametrize(
    "value, forwarded",
    [
        (["a", "b"], "a,b"),
        (["a,b", "c"], "a%2Cb,c"),
        (["é"], "%C3%A9"),
        ("single", "single"),
        (7, "7"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        ({"a": 1}, None),
        (None, None),
    ],
)
def test_claims_of_every_type_have_one_spelling(value, forwarded, start, upstream):
    gateway = start(configuration(upstream, auth={"identity_headers": {"X-Auth-User": "sub", "X-Auth-Claim": "thing"}}))
    assert gateway.request("/", fields=bearer(thing=value)).status == 200
    assert upstream.last["X-Auth-Claim"] == forwarded


def test_a_bad_token_gives_no_identity_in_report_mode(start, upstream):
    gateway = start(configuration(upstream, routes=[{"path": "/", "upstream": "app", "auth": "report"}]))
    fields = {"Authorization": "Bearer " + token(exp=1), "X-Auth-User": "root"}
    assert gateway.request("/", fields=fields).status == 200
    assert identity(upstream.last) == []


def test_one_connection_keeps_its_users_apart(gateway, upstream):
    with gateway.client() as client:
        for sub in ("alice", "bob", "alice", "carol"):
            assert client.request("/", fields=bearer(sub=sub)).status == 200
            assert identity(upstream.last) == [("X-Auth-User", sub)]
        assert client.request("/open").status == 200
        assert identity(upstream.last) == []
