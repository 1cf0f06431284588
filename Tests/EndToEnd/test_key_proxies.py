"""Key sets that are fetched through a proxy: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`."""

import pytest

from lib.forward_proxy import ForwardProxy
from lib.gateway import run, write_config
from lib.identity_provider import KEY_SET, Authority, Key, response
from lib.issuers import configured, status, until_said, until_status, url_issuer
from lib.tokens import ISSUER

# Whatever the environment of the tests has, the gateway's is what a test says.
NONE = {name: "" for upper in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY") for name in (upper, upper.lower())}


@pytest.fixture
def proxy():
    made = ForwardProxy()
    yield made
    made.close()


@pytest.fixture
def secure(provide, directory):
    """A provider over HTTPS that only the proxy finds by its name."""
    authority = Authority()
    made = provide(Key(), context=authority.context(directory, "login.test", "keys.login.test"))
    made.ca = authority.write(directory)
    return made


def leading_to(provider):
    return lambda host, port: ("127.0.0.1", provider.port)


def begun(start, upstream, issuer, **env):
    return start(configured(upstream, issuer), env={**NONE, **env})


def test_https_goes_through_a_tunnel(start, upstream, secure, proxy):
    proxy.route = leading_to(secure)
    issuer = url_issuer(secure, jwks="https://login.test/keys?a=b", ca=secure.ca)
    secure.answers["/keys?a=b"] = secure.usual(KEY_SET)
    gateway = begun(start, upstream, issuer, HTTPS_PROXY=f"http://{proxy.authority}")
    until_status(gateway, secure.keys[0].bearer(), 200)
    ((first, fields),) = proxy.requests
    assert first == "CONNECT login.test:443 HTTP/1.1"
    assert fields["host"] == "login.test:443" and "proxy-authorization" not in fields
    ((path, lines),) = secure.requests
    assert path == "/keys?a=b" and "Host: login.test" in lines
    assert secure.failures == []


def test_http_goes_in_absolute_form(start, upstream, provide, proxy):
    key = Key()
    provider = provide(key)
    proxy.route = leading_to(provider)
    issuer = url_issuer(provider, jwks="http://login.test:8080/keys")
    gateway = begun(start, upstream, issuer, HTTP_PROXY=proxy.authority)
    until_status(gateway, key.bearer(), 200)
    ((first, fields),) = proxy.requests
    assert first == "GET http://login.test:8080/keys HTTP/1.1"
    assert fields["host"] == "login.test:8080"


def test_discovery_goes_through_it_too(start, upstream, secure, proxy):
    secure.issuer = "https://login.test"
    secure.description = lambda: {"issuer": secure.issuer, "jwks_uri": f"https://keys.login.test:8443{KEY_SET}"}
    proxy.route = leading_to(secure)
    issuer = {"issuer": secure.issuer, "audience": "any", "discover": True, "ca": secure.ca}
    gateway = begun(start, upstream, issuer, https_proxy=proxy.authority)
    until_status(gateway, secure.keys[0].bearer(iss=secure.issuer), 200)
    assert [first for first, _ in proxy.requests] == [
        "CONNECT login.test:443 HTTP/1.1", "CONNECT keys.login.test:8443 HTTP/1.1",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["http", "https"])
def test_a_password_is_for_the_proxy_alone(start, upstream, provide, secure, kind):
    proxy = ForwardProxy("me", "p@ss:word")
    provider = secure if kind == "https" else provide(Key())
    proxy.route = leading_to(provider)
    issuer = url_issuer(provider, jwks=f"{kind}://login.test/keys", **({"ca": secure.ca} if kind == "https" else {}))
    variable = kind.upper() + "_PROXY"
    gateway = begun(start, upstream, issuer, **{variable: f"http://me:p%40ss%3Aword@{proxy.authority}/"})
    until_status(gateway, provider.keys[0].bearer(), 200)
    (_, lines), = provider.requests
    assert not any(line.lower().startswith("proxy-") for line in lines)
    assert "word" not in gateway.errors()
    proxy.close()


def test_a_proxy_that_refuses_is_said(start, upstream, secure, proxy):
    proxy.expected = "Basic other"
    issuer = url_issuer(secure, jwks="https://login.test/keys", ca=secure.ca)
    gateway = begun(start, upstream, issuer, HTTPS_PROXY=f"http://me:s3cret@{proxy.authority}")
    until_said(gateway, f"the proxy '{proxy.authority}': it refuses to connect to that server (status 407)")
    assert "s3cret" not in gateway.errors()
    assert gateway.request(fields=secure.keys[0].bearer()).refusal == (503, "keys_unavailable")


ODD = {
    "hangs up": (b"", "the answer broke off"),
    "no HTTP": (b"SSH-2.0-x\r\n\r\n", "the answer is malformed"),
    "speaks on": (b"HTTP/1.1 200 OK\r\n\r\nhello", "the answer is malformed (bytes before the handshake)"),
    "no gateway": (response(status=502), "it refuses to connect to that server (status 502)"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_proxy_that_is_none_is_said(start, upstream, secure, proxy, name):
    proxy.answer, said = ODD[name]
    issuer = url_issuer(secure, jwks="https://login.test/keys", ca=secure.ca)
    gateway = begun(start, upstream, issuer, HTTPS_PROXY=proxy.authority)
    until_said(gateway, f"no keys from https://login.test/keys: the proxy '{proxy.authority}': {said}")


def test_a_proxy_that_is_not_there_is_said(start, upstream, provide):
    proxy = ForwardProxy()
    proxy.close()
    provider = provide(Key())
    gateway = begun(start, upstream, url_issuer(provider), HTTP_PROXY=proxy.authority)
    until_said(gateway, f"the proxy '{proxy.authority}': Connection refused")
    assert provider.count() == 0


@pytest.mark.parametrize("exception", ["127.0.0.1", "127.0.0.0/8", "*", "127.0.0.1:{}", "a.test, 127.0.0.1"])
def test_exceptions_are_asked_directly(start, upstream, provide, proxy, exception):
    key = Key()
    provider = provide(key)
    exception = exception.format(provider.port)
    gateway = begun(start, upstream, url_issuer(provider), HTTP_PROXY=proxy.authority, NO_PROXY=exception)
    until_status(gateway, key.bearer(), 200)
    assert proxy.requests == []


def test_what_is_no_exception_goes_through_the_proxy(start, upstream, provide, proxy):
    key = Key()
    provider = provide(key)
    gateway = begun(start, upstream, url_issuer(provider), HTTP_PROXY=proxy.authority, NO_PROXY="127.0.0.1:1,localhost,10.0.0.0/8")
    until_status(gateway, key.bearer(), 200)
    assert len(proxy.requests) == 1


def test_a_redirect_chooses_anew(start, upstream, provide, proxy):
    key = Key()
    first, second = provide(), provide(key)
    proxy.route = leading_to(first)
    first.answers["/keys"] = response(status=302, fields=[f"Location: {second.url()}"])
    issuer = url_issuer(first, jwks="http://login.test/keys")
    gateway = begun(start, upstream, issuer, HTTP_PROXY=proxy.authority, NO_PROXY="127.0.0.1")
    until_status(gateway, key.bearer(), 200)
    assert [line for line, _ in proxy.requests] == ["GET http://login.test/keys HTTP/1.1"]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("HTTPS_PROXY", "socks5://127.0.0.1:1080", "only proxies that are spoken to over 'http://' can be used, not 'socks5://'"),
        ("https_proxy", "https://127.0.0.1", "not 'https://'"),
        ("HTTP_PROXY", "http://me:s3cret@", "its host is neither a name nor an address"),
        ("HTTP_PROXY", "http://me:s3cret@127.0.0.1:x", "its host is neither a name nor an address"),
        ("NO_PROXY", "a.test,10.0.0.0/99", "'10.0.0.0/99' is no host, domain, address, network or '*'"),
    ],
)
def test_what_is_no_proxy_is_an_error_of_the_start(directory, variable, value, said):
    issuer = {"issuer": ISSUER, "audience": "any", "jwks": "https://127.0.0.1:1/keys"}
    routes = [{"exact": "/", "respond": {"status": 200}}]
    write_config(directory, configured(None, issuer, routes=routes))
    for arguments in (("-t",), ()):
        code, _, errors = run(*arguments, directory=directory, env={**NONE, variable: value})
        assert code == 1 and f"error: the environment variable {variable} can't be used for fetching keys: " in errors
        assert said in errors and "s3cret" not in errors
    # Where nothing is fetched it is nobody's business.
    write_config(directory, configured(None, routes=[{"exact": "/", "auth": "none", "respond": {"status": 200}}]))
    assert run("-t", directory=directory, env={**NONE, variable: value})[0] == 0


def test_upstreams_are_never_asked_through_it(start, upstream, provide, proxy):
    key = Key()
    provider = provide(key)
    gateway = begun(
        start, upstream, url_issuer(provider), HTTP_PROXY=proxy.authority, HTTPS_PROXY=proxy.authority, NO_PROXY=f"127.0.0.1:{provider.port}"
    )
    until_status(gateway, key.bearer(), 200)
    assert status(gateway, key.bearer()) == 200
    assert proxy.requests == []
