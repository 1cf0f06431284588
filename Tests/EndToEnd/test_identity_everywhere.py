"""No client speaks for the gateway: identity fields in every spelling, place and number, on routes of every kind."""

import random

import pytest
from lib.gateway import configuration
from lib.tokens import bearer, token

SEED = 20264
FORGED = "f0rged"
NAMES = ["X-Auth-User", "X-Auth-Issuer", "X-Auth-Roles", "X-Auth-Scope", "Remote-User", "X-Client-Mail"]
IDENTITY = {
    "X-Auth-User": "sub", "X-Auth-Issuer": "iss", "X-Auth-Roles": "roles", "X-Auth-Scope": "scope", "Remote-User": "sub",
    "X-Client-Mail": "email",
}  # fmt: skip
# All characters of a token that are no letter or digit: each of them becomes `_` or `-` for some upstream.
SEPARATORS = "!#$%&'*+-.^_`|~"

ROUTES = [
    {"path": "/required", "upstream": "app"},
    {"path": "/optional", "upstream": "app", "auth": "optional"},
    {"path": "/report", "upstream": "app", "auth": "report"},
    {"path": "/none", "upstream": "app", "auth": "none"},
    {"path": "/roles", "upstream": "app", "require": {"roles": ["user"]}},
    {"path": "/rewritten", "upstream": "app", "auth": "none", "strip_prefix": "/rewritten", "add_prefix": "/new",
     "request_headers": {"add": {"X-Extra": "1"}}},
]  # fmt: skip

# (path, token, whether it proves anything)
KINDS = [
    ("/required", "good", True),
    ("/optional", "good", True),
    ("/optional", None, False),
    ("/report", "good", True),
    ("/report", "expired", False),
    ("/report", "forged", False),
    ("/report", None, False),
    ("/none", None, False),
    ("/none", "good", False),
    ("/none", "forged", False),
    ("/roles", "good", True),
    ("/rewritten", None, False),
]
PROVEN = {
    "x-auth-user": "alice", "x-auth-issuer": "https://issuer.test", "x-auth-roles": "user", "remote-user": "alice",
}  # fmt: skip


def folded(name):
    return "".join(character if character.isalnum() else "-" for character in name.lower())


def spelled(chance, name):
    return "".join(
        chance.choice(SEPARATORS) if letter == "-" else chance.choice((letter.lower(), letter.upper())) for letter in name
    )


@pytest.fixture
def served(start, make_upstream):
    upstream = make_upstream()
    gateway = start(configuration(upstream, routes=ROUTES, auth={"identity_headers": IDENTITY}, log={"access": "off"}))
    gateway.far = upstream
    return gateway


def authorization(kind):
    if kind is None:
        return []
    if kind == "forged":
        return [("Authorization", "Bearer " + token(secret="x" * 64, sub=FORGED, roles=[FORGED]))]
    changes = {"roles": ["user"]} | ({"exp": 1} if kind == "expired" else {})
    return list(bearer(**changes).items())


def assert_only_the_proven(exchange, proves):
    protected = {folded(name) for name in NAMES}
    found = [(name, value) for name, value in exchange.fields if folded(name) in protected]
    assert {name.lower(): value for name, value in found} == (PROVEN if proves else {}), exchange.fields
    assert len(found) == (len(PROVEN) if proves else 0), found
    assert FORGED.encode() not in exchange.connection.received


@pytest.mark.parametrize("path, kind, proves", KINDS, ids=lambda value: str(value))
class TestOnARouteOfEveryKind:
    def test_in_every_spelling(self, path, kind, proves, served):
        chance = random.Random(SEED)
        with served.client() as client:
            for _ in range(25):
                fields = [(spelled(chance, chance.choice(NAMES)), FORGED) for _ in range(8)]
                chance.shuffle(fields)
                assert client.request(path, fields=authorization(kind) + fields).status == 200
                assert_only_the_proven(served.far.last, proves)

    def test_beside_every_separator(self, path, kind, proves, served):
        fields = [(f"X{one}Auth{other}User", FORGED) for one, other in zip(SEPARATORS, reversed(SEPARATORS))]
        fields += [(name.replace("-", one), FORGED) for name in NAMES for one in SEPARATORS if one != "-"][:70]
        assert served.request(path, fields=authorization(kind) + fields).status == 200
        assert_only_the_proven(served.far.last, proves)

    def test_nominated_by_connection(self, path, kind, proves, served):
        for nominated in ("X-Auth-User", "x-auth-user, X_Auth_User", "close, " + ", ".join(NAMES), "X-Client-Mail"):
            fields = [("Connection", nominated)] + [(name, FORGED) for name in NAMES] + [("x_auth_user", FORGED)]
            assert served.request(path, fields=authorization(kind) + fields).status == 200
            assert_only_the_proven(served.far.last, proves)

    def test_in_trailers_and_extensions(self, path, kind, proves, served):
        trailers = "".join(f"{name}: {FORGED}\r\n{name.replace('-', '_')}: {FORGED}\r\n" for name in NAMES)
        body = f'2;X-Auth-User={FORGED};x="X-Auth-User: {FORGED}"\r\nhi\r\n0\r\n{trailers}\r\n'.encode()
        fields = authorization(kind) + [("Transfer-Encoding", "chunked"), ("Trailer", ", ".join(NAMES)), ("TE", "trailers")]
        assert served.request(path, "POST", fields=fields, body=body).status == 200
        assert served.far.last.read_body() == b"hi"
        assert served.far.last.trailers == []
        assert_only_the_proven(served.far.last, proves)

    def test_in_places_that_mean_nothing(self, path, kind, proves, served):
        """Empty, with blanks, many times, and behind a request that proved something."""
        fields = [("X-Auth-User", ""), ("X-Auth-User", "  "), ("X-Auth-Roles", "\t")] + [("X-Auth-Scope", FORGED)] * 30
        with served.client() as client:
            assert client.request("/required", fields=authorization("good")).status == 200
            assert client.request(path, fields=authorization(kind) + fields).status == 200
            assert_only_the_proven(served.far.last, proves)


@pytest.mark.parametrize("lines", [
    f"X-A: 1\n X-Auth-User: {FORGED}", f"X-A: 1\r\n X-Auth-User: {FORGED}", f"X-A: 1\rX-Auth-User: {FORGED}",
    f"X-Auth-User : {FORGED}", f"X-Auth-User\t: {FORGED}", f"X-Auth-User\0: {FORGED}", f"X Auth User: {FORGED}",
    f"X-Auth\x0bUser: {FORGED}", f": X-Auth-User: {FORGED}", f"X-Auth-Us\xe9r: {FORGED}", f"\xefX-Auth-User: {FORGED}",
])  # fmt: skip
def test_names_that_are_none_are_refused(lines, served):
    raw = f"GET /none HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n".encode("latin-1")
    assert served.exchange(raw).status == 400
    assert served.far.exchanges == []


def test_a_name_that_only_looks_alike_passes(served):
    for name in ("X-Auth-Users", "XAuthUser", "X-Auth--User", "Auth-User", "X-Auth-User2", "X-Forwarded"):
        assert served.request("/none", fields={name: "mine"}).status == 200
        assert served.far.last[name] == "mine"
