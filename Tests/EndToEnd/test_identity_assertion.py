"""Identity assertions: what an upstream can check for itself, with nothing but the gateway's published keys."""

import time

import jwt
import pytest

from lib.accounts import configuration, register, token_of
from lib.gateway import configuration as plain, issuer, run, write_config
from lib.keys import ISSUER, PAIRS, names, signing
from lib.tokens import authorization, bearer
from lib.waiting import until

HEADER = "X-Auth-Assertion"
SPELLINGS = ["X-Auth-Assertion", "x-auth-assertion", "X_AUTH_ASSERTION", "X.Auth.Assertion", "x-auth_assertion", "X~Auth~Assertion"]


def asserting(upstream, routes=None, algorithm=None, **assertion):
    """A gateway with accounts whose keys sign assertions for the upstreams `app` and `other`."""
    routes = routes or [
        {"path": "/", "upstream": "app"}, {"path": "/other", "upstream": "other"},
        {"path": "/open", "upstream": "app", "auth": "none"}, {"path": "/either", "upstream": "app", "auth": "optional"},
    ]  # fmt: skip
    servers = {"servers": [upstream if isinstance(upstream, str) else upstream.address]}
    whole = signing(
        algorithm, auth={"identity_assertion": {"header": HEADER, **assertion}}, routes=routes,
        upstreams={"app": servers, "other": servers},
    )  # fmt: skip
    # `/` is for the upstream here.
    whole["routes"] = [route for route in whole["routes"] if "exact" not in route]
    return whole


def claims_of(gateway, text, audience="app"):
    key = jwt.PyJWKClient(gateway.url + "/.well-known/jwks.json").get_signing_key_from_jwt(text)
    return jwt.decode(text, key, algorithms=PAIRS, audience=audience, issuer=ISSUER)


@pytest.fixture
def logged_in(start, upstream):
    """Starts a gateway: (gateway, token of alice)."""

    def begin(**assertion):
        gateway = start(asserting(upstream, **assertion))
        register(gateway)
        return gateway, token_of(gateway)

    return begin


@pytest.mark.parametrize("algorithm", PAIRS)
def test_it_says_who_asks_in_the_gateways_name(logged_in, upstream, algorithm):
    gateway, token = logged_in(algorithm=algorithm)
    assert gateway.request("/a", fields=authorization(token)).status == 200
    text = upstream.last[HEADER]
    header = jwt.get_unverified_header(text)
    assert header == {"alg": algorithm, "typ": "assertion+jwt", "kid": names(gateway)[1]}
    claims = claims_of(gateway, text)
    now = time.time()
    assert claims["exp"] - claims["iat"] == 60 and now - 30 < claims["iat"] <= now
    assert len(claims.pop("jti")) == 22
    del claims["iat"], claims["exp"]
    assert claims == {"iss": ISSUER, "sub": "alice", "aud": "app", "orig_iss": ISSUER, "roles": ["user"]}
    # The identity fields stand beside it as ever.
    assert upstream.last["X-Auth-User"] == "alice"
    assert upstream.last["Authorization"] == "Bearer " + token


def test_it_is_made_once_for_a_token_and_an_upstream(logged_in, upstream):
    gateway, token = logged_in()
    again = token_of(gateway)
    found = {}
    for path, each in [("/a", token), ("/b?c", token), ("/other", token), ("/a", again), ("/other/x", token), ("/a", token)]:
        gateway.request(path, fields=authorization(each))
        found.setdefault((path.startswith("/other"), each), set()).add(upstream.last[HEADER])
    assert len(found) == 3 and all(len(texts) == 1 for texts in found.values())
    assert len(set.union(*found.values())) == 3
    assert claims_of(gateway, *found[True, token], audience="other")["aud"] == "other"


def test_it_is_made_anew_while_the_last_one_is_good_for_a_while(logged_in, upstream):
    gateway, token = logged_in(ttl="6s")
    first = None

    def changed():
        gateway.request("/a", fields=authorization(token))
        return upstream.last[HEADER] != first

    changed()
    first = upstream.last[HEADER]
    began = time.monotonic()
    until(changed, "another assertion")
    assert 1 < time.monotonic() - began < 5
    assert claims_of(gateway, first)["exp"] - claims_of(gateway, first)["iat"] == 6


def test_it_ends_with_the_token(start, upstream):
    gateway = start(asserting(upstream, ttl="1h"))
    register(gateway)
    code, token, _ = run("token", "issue", "--user", "alice", "--ttl", "3s", directory=gateway.directory)
    assert code == 0
    token = token.strip()
    texts = set()
    while gateway.request("/a", fields=authorization(token)).status == 200:
        texts.add(upstream.last[HEADER])
        claims = jwt.decode(upstream.last[HEADER], options={"verify_signature": False})
        assert claims["exp"] == jwt.decode(token, options={"verify_signature": False})["exp"]
    # Nothing is won by another one.
    assert len(texts) == 1


def test_who_is_nobody_has_none(logged_in, upstream):
    gateway, token = logged_in()
    for path in ("/open", "/either"):
        gateway.request(path)
        assert upstream.last[HEADER] is None
    gateway.request("/open", fields=authorization(token))
    assert upstream.last[HEADER] is None
    gateway.request("/either", fields=authorization(token))
    assert upstream.last[HEADER]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_client_cannot_send_one_in_any_spelling(logged_in, upstream, spelling):
    gateway, token = logged_in()
    gateway.request("/a", fields=authorization(token))
    true = upstream.last[HEADER]
    for path, fields in [("/open", {}), ("/either", {}), ("/a", authorization(token)), ("/other", authorization(token))]:
        for extra in ({}, {"Connection": spelling}):
            gateway.request(path, fields={**fields, **extra, spelling: "forged"})
            assert b"forged" not in upstream.last.raw_head
            folded = [name for name in upstream.last.names() if name.replace("_", "-").replace(".", "-") == HEADER.lower()]
            assert len(folded) == (1 if fields else 0)
    assert upstream.last[HEADER] != true


def test_no_trailer_carries_one(logged_in, upstream):
    gateway, token = logged_in()
    body = b"2\r\nhi\r\n0\r\nx_auth_assertion: forged\r\n\r\n"
    fields = {**authorization(token), "Transfer-Encoding": "chunked", "Trailer": HEADER}
    assert gateway.request("/a", "POST", fields, body).status == 200
    assert upstream.last.read_body() == b"hi" and upstream.last.trailers == []


def test_no_response_trailer_carries_one(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        exchange.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Auth-Assertion: forged\r\nX-Other: 1\r\n\r\n"
        )

    gateway = start(asserting(make_upstream(handler)))
    register(gateway)
    answer = gateway.request("/a", fields=authorization(token_of(gateway)))
    assert answer.trailers == [("x-other", "1")]


def test_it_is_no_access_token(logged_in, upstream):
    gateway, token = logged_in()
    gateway.request("/a", fields=authorization(token))
    text = upstream.last[HEADER]
    for path in ("/a", "/either", "/me"):
        assert gateway.request(path, fields=authorization(text)).refusal == (401, "token_type_refused")
    code, output, _ = run("token", "inspect", text, directory=gateway.directory)
    assert code == 1 and "token_type_refused" in output


def test_a_token_of_another_issuer_is_asserted_with_its_name(start, upstream):
    assertion = {"header": HEADER, "issuer": ISSUER, "key_directory": "assertions"}
    auth = {"identity_assertion": assertion, "identity_headers": {"X-Auth-User": "sub", "X-Tenant": "tenant", "X-Exp": "exp"}}
    gateway = start(plain(upstream, auth=auth))
    fields = bearer(roles=["reader", "writer"], scope="a b", tenant={"name": "t"}, jti="own", method="own", nonce="own")
    assert gateway.request("/", fields=fields).status == 200
    claims = claims_of(gateway, upstream.last[HEADER])
    assert claims["exp"] - claims["iat"] == 60 and claims.pop("jti") != "own"
    del claims["iat"], claims["exp"]
    assert claims == {
        "iss": ISSUER, "sub": "alice", "aud": "app", "orig_iss": issuer()["issuer"], "roles": ["reader", "writer"], "scope": "a b",
        "tenant": {"name": "t"},
    }  # fmt: skip
    gateway.request("/", fields=bearer())
    assert set(claims_of(gateway, upstream.last[HEADER])) == {"iss", "sub", "aud", "orig_iss", "iat", "exp", "jti"}


def test_accounts_that_sign_with_a_secret_need_keys_of_their_own_for_it(start, upstream, directory):
    routes = [{"path": "/app", "upstream": "app"}]
    whole = configuration(
        issuer=ISSUER, auth={"identity_assertion": {"header": HEADER}}, routes=routes, upstreams={"app": {"servers": [upstream.address]}}
    )
    write_config(directory, whole)
    code, _, errors = run("-t", directory=directory)
    assert code == 1 and "never with the secret of 'accounts.signing': set 'key_directory', here or there" in errors
    whole["auth"]["identity_assertion"]["key_directory"] = "assertions"
    gateway = start(whole, directory=directory)
    register(gateway)
    token = token_of(gateway)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert gateway.request("/app", fields=authorization(token)).status == 200
    assert claims_of(gateway, upstream.last[HEADER])["sub"] == "alice"
    # The keys of assertions are none for tokens.
    forged = jwt.encode(
        {"iss": ISSUER, "sub": "root", "exp": time.time() + 60}, open(f"{directory}/assertions/{names(gateway)[1]}.pem").read(),
        algorithm="ES256", headers={"kid": names(gateway)[1], "typ": "at+jwt"},
    )  # fmt: skip
    assert gateway.request("/app", fields=authorization(forged)).refusal == (401, "algorithm_refused")


def test_after_a_rotation_it_is_signed_with_the_new_key(logged_in, upstream):
    gateway, token = logged_in(ttl="1h")
    old = names(gateway)

    def kid():
        gateway.request("/a", fields=authorization(token))
        return jwt.get_unverified_header(upstream.last[HEADER])["kid"]

    assert kid() == old[1]
    kept = upstream.last[HEADER]
    assert run("key", "rotate", directory=gateway.directory)[0] == 0
    until(lambda: kid() == old[0], "an assertion with the new key")
    # Those that upstreams have at hand are good to their end.
    assert claims_of(gateway, kept)["sub"] == "alice"


# Bound to one request


def test_a_bound_one_names_the_request_as_the_upstream_gets_it(start, upstream):
    routes = [
        {"path": "/api", "host": "*.gate.test", "upstream": "app", "strip_prefix": "/api", "add_prefix": "/v1"},
        {"path": "/", "upstream": "app"},
    ]
    gateway = start(asserting(upstream, routes, bind=True))
    register(gateway)
    token = token_of(gateway)
    seen = set()
    for method, target, host, path, route in [
        ("GET", "/a/b?c=d", "gate.test:80", "/a/b", "/"),
        ("POST", "/a/./x/../%7eb", "Gate.test", "/a/~b", "/"),
        ("GET", "/api/orders", "x.gate.test", "/v1/orders", "*.gate.test/api"),
        ("DELETE", "/a", "gate.test", "/a", "/"),
        ("DELETE", "/a", "gate.test", "/a", "/"),
    ]:
        assert gateway.request(target, method, {**authorization(token), "Host": host}).status == 200
        claims = claims_of(gateway, upstream.last[HEADER])
        assert (claims["method"], claims["host"], claims["path"], claims["route"]) == (method, host, path, route)
        assert upstream.last.target.partition("?")[0] == path and upstream.last["host"] == host
        seen.add(upstream.last[HEADER])
    assert len(seen) == 5


def test_explain_shows_where_it_goes(logged_in):
    gateway, token = logged_in()
    code, output, _ = run("explain", "GET", gateway.url + "/a", "-H", "Authorization: Bearer " + token, "-H", "x_auth_assertion: forged",
                          directory=gateway.directory)  # fmt: skip
    assert code == 0 and "> X-Auth-Assertion: (signed when the request is forwarded)\n" in output
    assert "> x_auth_assertion" not in output
    code, output, _ = run("explain", "GET", gateway.url + "/open", directory=gateway.directory)
    assert code == 0 and HEADER not in output
    code, output, _ = run("explain", "GET", gateway.url + "/.well-known/jwks.json", directory=gateway.directory)
    assert code == 0 and "The gateway answers this itself: the public keys" in output
