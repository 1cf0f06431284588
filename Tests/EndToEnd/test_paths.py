"""One spelling of a path: what is matched is what is forwarded, and what could mean two things is refused."""

import pytest

from lib.gateway import configuration
from lib.tokens import bearer

CANONICAL = {
    "/": "/",
    "//": "/",
    "/a/b": "/a/b",
    "/a//b///c": "/a/b/c",
    "/a/./b": "/a/b",
    "/a/.": "/a/",
    "/a/b/..": "/a/",
    "/a/../b": "/b",
    "/a/b/../../c": "/c",
    "/a/%2e%2E/b": "/b",
    "/a/%2e/b": "/a/b",
    "/a/.%2e/b": "/b",
    "/..a/...": "/..a/...",
    "/%61%2D%2e%5f%7E": "/a-._~",
    "/%c3%a9": "/%C3%A9",
    "/a%3ab%40c": "/a%3Ab%40c",
    "/a%20b": "/a%20b",
    "/100%25": "/100%25",
    "/100%25zz": "/100%25zz",
    "/a;v=1/b": "/a;v=1/b",
    "/a%3bv=1": "/a%3Bv=1",
    "/!$&'()*+,=:@": "/!$&'()*+,=:@",
    "/a?q=/../b//c%2f%5c": "/a?q=/../b//c%2f%5c",
    "/a?": "/a?",
    "/a?b?c": "/a?b?c",
    "/a/../?x": "/?x",
}

REFUSED = {
    "an encoded slash": "/a%2fb",
    "an encoded slash in capitals": "/a%2Fb",
    "an encoded backslash": "/a%5cb",
    "an encoded backslash in capitals": "/a%5Cb",
    "an encoded NUL": "/a%00b",
    "an encoded control character": "/a%0d%0ab",
    "an encoded tab": "/a%09b",
    "an encoded delete": "/a%7Fb",
    "an escape of an escape": "/a%252fb",
    "an escape of an escaped dot": "/a/%252e%252e/b",
    "a raw backslash": "/a\\b",
    "a backslash instead of a slash": "/a\\..\\b",
    "a fragment": "/a#b",
    "a control character": "/a\x01b",
    "a delete character": "/a\x7fb",
    "a byte above 0x7F": "/caf\xe9",
    "UTF-8 that is not escaped": "/caf\xc3\xa9",
    "climbing above the root": "/../a",
    "climbing above the root later": "/a/../../b",
    "climbing above the root, encoded": "/%2e%2e/a",
    "climbing above the root behind two slashes": "//../a",
    "an escape cut short": "/a%2",
    "a lone per cent sign": "/a%",
    "an escape without digits": "/a%zz",
    "an escape with one digit": "/a%4x",
    "parameters on a dot segment": "/a/..;/b",
    "parameters on an encoded dot segment": "/a/%2e%2e;x/b",
    "parameters on a single dot": "/a/.;x=1/b",
    "encoded parameters on a dot segment": "/a/..%3bx/b",
    "a fragment in the query": "/a?b#c",
    "a control character in the query": "/a?b\x01",
}


@pytest.mark.parametrize("target", CANONICAL)
def test_the_path_is_made_canonical(target, gateway, upstream):
    assert gateway.request(target, fields=bearer()).status == 200
    assert upstream.last.line == f"GET {CANONICAL[target]} HTTP/1.1"


@pytest.mark.parametrize("case", REFUSED)
def test_a_path_is_refused_for(case, gateway, upstream):
    response = gateway.request(REFUSED[case], fields=bearer())
    assert response.status == 400, response
    response.error
    assert upstream.exchanges == []


@pytest.mark.parametrize(
    "target",
    ["/open/../secret", "/open/%2e%2e/secret", "/open/./../secret", "//secret", "/open//../secret", "/%73ecret",
     "/secret/", "/secret/.", "/secret/x/..", "/./secret", "/secret;x", "/secret;/x", "/open/..//secret", "/secret%3bx"],
)  # fmt: skip
def test_no_spelling_opens_a_closed_path(target, start, upstream):
    routes = [
        {"path": "/", "upstream": "app", "auth": "none"},
        {"path": "/open", "upstream": "app", "auth": "none"},
        {"path": "/secret", "upstream": "app"},
    ]
    gateway = start(configuration(upstream, routes=routes))
    assert gateway.request(target).status == (400 if ";" in target or "%3b" in target else 401)
    assert upstream.exchanges == []


def test_parameters_that_do_not_change_the_route_pass(start, upstream):
    gateway = start(configuration(upstream, routes=[{"path": "/orders", "upstream": "app", "auth": "none"}]))
    assert gateway.request("/orders/7;v=1").status == 200
    assert upstream.last.target == "/orders/7;v=1"


def test_parameters_that_change_the_route_are_refused(start, upstream):
    routes = [{"path": "/", "upstream": "app", "auth": "none"}, {"path": "/admin", "upstream": "app"}]
    gateway = start(configuration(upstream, routes=routes))
    for target in ("/admin;x", "/admin;x/y", "/admin%3Bx=1"):
        assert gateway.request(target, fields=bearer()).status == 400, target
    assert upstream.exchanges == []


def test_a_route_may_take_encoded_slashes_as_data_of_one_segment(start, upstream):
    routes = [
        {"path": "/files", "upstream": "app", "auth": "none", "encoded_slashes": "allow"},
        {"path": "/files/secret", "upstream": "app"},
        {"path": "/other", "upstream": "app", "auth": "none"},
    ]
    gateway = start(configuration(upstream, routes=routes))
    assert gateway.request("/files/a%2fb%2Fc").status == 200
    assert upstream.last.target == "/files/a%2Fb%2Fc"
    assert gateway.request("/other/a%2fb").status == 400
    assert gateway.request("/files/a%5cb").status == 400
    assert gateway.request("/files/secret%2fx").status == 400
    assert gateway.request("/files%2fsecret").status == 400


@pytest.mark.parametrize("target", ["/files/%2e%2e%2fx", "/files/..%2fx", "/files/x%2f..", "/files/x%2F%2e%2e%2Fy"])
def test_a_dot_segment_behind_an_encoded_slash_is_refused_all_the_same(target, start, upstream):
    routes = [{"path": "/files", "upstream": "app", "auth": "none", "encoded_slashes": "allow", "strip_prefix": "/files"}]
    gateway = start(configuration(upstream, routes=routes))
    response = gateway.request(target)
    assert response.status == 400, (response, upstream.last.target)


def test_the_absolute_form_is_forwarded_as_a_path(gateway, upstream):
    response = gateway.request(f"http://{gateway.authority}/open/../open/x?y=1")
    assert response.status == 200
    assert upstream.last.line == "GET /open/x?y=1 HTTP/1.1"
    assert upstream.last["Host"] == gateway.authority


def test_the_absolute_form_without_a_path_is_the_root(gateway, upstream):
    assert gateway.request(f"http://{gateway.authority}", fields=bearer()).status == 200
    assert upstream.last.target == "/"


@pytest.mark.parametrize("authority", ["evil.test", "127.0.0.1:1", "user@127.0.0.1", ""])
def test_the_absolute_form_must_name_the_host(authority, gateway, upstream):
    assert gateway.request(f"http://{authority}/open", fields={"Host": gateway.authority}).status == 400
    assert upstream.exchanges == []


@pytest.mark.parametrize("target", ["open", "*x", "/open x", "", "open/", "http:/open", "?x", "//evil.test/../.."])
def test_a_target_of_no_known_form_is_refused(target, gateway, upstream):
    assert gateway.request(target).status == 400
    assert upstream.exchanges == []


def test_connect_opens_no_tunnel(gateway, upstream):
    with gateway.client() as client:
        client.send(f"CONNECT {upstream.address} HTTP/1.1\r\nHost: {upstream.address}\r\n\r\n")
        assert client.response("GET").status == 405
    assert upstream.connections == []
