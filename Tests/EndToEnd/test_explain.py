"""`portcullis explain`: what it says of a request is what becomes of that request at the running gateway."""

import json
import re

import pytest

from lib.gateway import Gateway, configuration, run, write_config, write_files
from lib.tokens import SECRET, bearer, tampered, token
from lib.upstreams import Upstream

ROUTES = [
    {"path": "/", "upstream": "app"},
    {"path": "/open", "upstream": "app", "auth": "none"},
    {"path": "/roles", "upstream": "app", "require": {"roles": ["admin"], "scope": ["a", "b"]}},
    {"path": "/report", "upstream": "app", "auth": "report"},
    {"path": "/small", "upstream": "app", "auth": "none", "max_body": "10B"},
    {"path": "/api", "upstream": "app", "auth": "none", "strip_prefix": "/api", "add_prefix": "/v1", "host_header": "upstream",
     "request_headers": {"set": {"X-Env": "test"}, "add": {"X-More": "1"}, "remove": ["X-Debug"]}},
    {"path": "/inner", "upstream": "app", "auth": "none", "allow_addresses": ["192.0.2.0/24"]},
    {"path": "/get", "methods": ["GET"], "host": "get.test", "respond": {"status": 203, "headers": {"X-A": "b"}, "json": {"a": 1}}},
    {"exact": "/moved", "auth": "none", "redirect": {"status": 308, "location": "https://a.test/"}},
]  # fmt: skip

AUTH = {"token_from": [{"header": "Authorization"}, {"cookie": "at"}, {"query": "t"}]}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    upstream = Upstream()
    config = configuration(upstream, routes=ROUTES, auth=AUTH, cors={"origins": ["https://app.test"]})
    gateway = Gateway(str(tmp_path_factory.mktemp("explain")), config)
    gateway.upstream = upstream
    yield gateway
    gateway.stop()
    upstream.close()


@pytest.fixture(scope="module")
def narrow(gateway, tmp_path_factory):
    """A gateway that has no route for most requests."""
    narrow = Gateway(
        str(tmp_path_factory.mktemp("narrow")),
        configuration(gateway.upstream, routes=[ROUTES[7], {"path": "/open", "upstream": "app", "auth": "none"}], auth=AUTH),
    )
    yield narrow
    narrow.stop()


def explain(gateway, method, target, fields=(), *arguments):
    """The output of the command for a request that names the gateway as a client of the test would."""
    pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", gateway.client().host))
    options = [word for name, value in pairs for word in ("-H", f"{name}: {value}")]
    code, output, errors = run("explain", method, target, *options, *arguments, "-c", gateway.config)
    assert (code, errors) == (0, ""), (output, errors)
    return output


def lines(output, sign):
    return [line[4:] for line in output.splitlines() if line.startswith(f"  {sign} ")]


def alike(head):
    """The lines of a head without what is new each time, and tokens as they are told."""
    text = "\n".join(head)
    for name, value in (("X-Request-Id", "[0-9a-f]{32}"), ("traceparent", "[-0-9a-f]{55}"), ("Date", ".*GMT")):
        text = re.sub(rf"(?m)^{name}: {value}$", f"{name}: …", text)
    text = re.sub(r"eyJ[-\w]+\.[-\w]+\.[-\w]+", lambda match: f"{match[0][:10]}…[{len(match[0])} bytes]", text)
    text = re.sub(r"(?m)^(Cookie: \w+)=.*$", r"\1=…", text)
    return text.splitlines()


FORWARDED = {
    "with a token": ("GET", "/a?b=c", {**bearer(roles=["x", "y"], scope="s"), "Accept": "*/*"}),
    "with fields that must not pass": (
        "GET", "/open",
        [("X-Auth-User", "root"), ("x_auth_roles", "admin"), ("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=1.2.3.4"),
         ("Connection", "close, X-Hop"), ("X-Hop", "1"), ("TE", "trailers"), ("X-Real-IP", "1.2.3.4"), ("Keep-Alive", "5"),
         ("X-Request-Id", "mine"), ("traceparent", "none"), ("X-Original-URL", "/admin"), ("Upgrade", "h2c"),
         ("Proxy-Authorization", "Basic x"), ("X-Kept", "1"), ("x-kept", "2")],
    ),
    "with a trace": ("GET", "/open", {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "tracestate": "a=b"}),
    "with a path that is not canonical": ("GET", "/a/..//open/%7Eb/./c?x=/../y", {}),
    "with edits and another path and host": ("GET", "/api/x%20y?z", {"X-Debug": "1", "X-Env": "mine", "X-More": "0"}),
    "without a token where that is optional": ("HEAD", "/report", {}),
    "with a refused token where that is only reported": ("GET", "/report/x", {"Authorization": "Bearer " + tampered(token())}),
    "with a token in the query": ("GET", "/?x=1&t=" + token(), {}),
    "with a token in a cookie": ("GET", "/", {"Cookie": "at=" + token()}),
    "with another method": ("PURGE", "/open/x", {}),
    "with an origin": ("GET", "/open", {"Origin": "https://app.test"}),
    "of another host": ("GET", "/open", {"Host": "Other.Test:99"}),
}  # fmt: skip


@pytest.mark.parametrize("case", FORWARDED)
def test_the_head_is_what_the_upstream_gets(case, gateway):
    method, target, fields = FORWARDED[case]
    output = explain(gateway, method, target, fields)
    assert f"goes to the upstream 'app', at {gateway.upstream.address}:" in output
    assert gateway.request(target, method, fields).status == 200
    received = gateway.upstream.exchanges[-1].raw_head.decode().split("\r\n")[:-2]
    told = alike(lines(output, ">"))
    # The query is told without the token, as the log has it.
    received[0] = re.sub(r"([?&]t=)(\S{10})(\S*)", lambda m: f"{m[1]}{m[2]}…[{len(m[2] + m[3])} bytes]", received[0])
    assert told == alike(received)


@pytest.mark.parametrize("body", [b"", b"12345"])
def test_the_head_of_a_request_with_a_body(body, gateway):
    fields = {"Content-Length": str(len(body)), "Content-Type": "text/plain"}
    output = explain(gateway, "POST", "/small", fields)
    assert gateway.request("/small", "POST", fields, body).status == 200
    assert alike(lines(output, ">")) == alike(gateway.upstream.exchanges[-1].raw_head.decode().split("\r\n")[:-2])


ANSWERED = {
    "token_missing": ("GET", "/", {}),
    "token_malformed": ("GET", "/", {"Authorization": "Bearer"}),
    "token_ambiguous": ("GET", "/?t=" + token(sub="bob"), bearer()),
    "issuer_unknown": ("GET", "/", bearer(iss="https://evil.test")),
    "signature_invalid": ("GET", "/", {"Authorization": "Bearer " + tampered(token())}),
    "token_expired": ("GET", "/", bearer(exp=1)),
    "audience_mismatch": ("GET", "/", bearer(aud="x")),
    "role_missing": ("GET", "/roles", bearer()),
    "scope_missing": ("GET", "/roles", bearer(roles=["admin"], scope="b")),
    "origin_refused": ("POST", "/", {"Cookie": "at=" + token(), "Origin": "https://evil.test"}),
    "address_denied": ("GET", "/inner", {"Origin": "https://app.test"}),
    "not_found": ("GET", "/x", {}),
    "method_not_allowed": ("PUT", "/get", {"Host": "get.test"}),
    "encoded_slash": ("GET", "/open/a%2Fb", {}),
    "ambiguous_path": ("GET", "/open/%2e%2e/%2e%2e/etc", {}),
    "ambiguous_parameters": ("GET", "/open;x/y", {}),
    "repeated_authorization": ("GET", "/", [("Authorization", "a"), ("Authorization", "a")]),
    "malformed_field": ("GET", "/", {"X-A": "a\x01b"}),
    "malformed_host": ("GET", "/", {"Host": "a b"}),
    "body_too_large": ("POST", "/small", {"Content-Length": "11"}),
    "a fixed answer": ("GET", "/get", {"Host": "get.test", **bearer()}),
    "a redirect": ("GET", "/moved", {}),
    "a redirect to a page of another site": ("HEAD", "/moved", {"Origin": "https://evil.test"}),
    "a preflight": ("OPTIONS", "/roles", {"Origin": "https://app.test", "Access-Control-Request-Method": "PUT"}),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_the_answer_is_what_the_client_gets(case, gateway, narrow):
    method, target, fields = ANSWERED[case]
    if case in ("not_found", "method_not_allowed"):
        gateway = narrow
    output = explain(gateway, method, target, fields)
    body = b"x" * int(dict(fields).get("Content-Length", 0))
    response = gateway.request(target, method, fields, body or None)
    told = lines(output, "<")
    status, fields_told = told[0], told[1 : told.index("") if "" in told else None]
    assert status == f"HTTP/1.1 {response.status} {response.reason}"
    pairs = [tuple(line.split(": ", 1)) for line in fields_told]
    assert alike(fields_told) == alike([f"{spelt(name, pairs)}: {value}" for name, value in response.fields])
    if response.status >= 400 and method != "HEAD":
        assert f"is refused: {case}." in output
        shown = json.loads(told[-1])
        shown.pop("request_id")
        received = response.json()
        received.pop("request_id")
        assert shown == received
        assert response.refusal[1] == case


def spelt(name, pairs):
    """A name of the response, which the client has in lower case, as it was told."""
    return next((told for told, _ in pairs if told.lower() == name), name)


def test_credentials_of_another_scheme_are_told_apart_from_a_token(gateway):
    fields = {"Authorization": "Basic c2VjcmV0OnNlY3JldA==", "Cookie": "at=" + token()}
    output = explain(gateway, "GET", "/", fields)
    assert "credentials of another scheme than Bearer: no token" in output
    assert "> Authorization: Basic …[20 bytes]" in output and "c2VjcmV0" not in output
    assert gateway.request("/", fields=fields).status == 200
    assert gateway.upstream.last["Authorization"] == fields["Authorization"]
    assert "is refused: token_missing." in explain(gateway, "GET", "/", {"Authorization": "Basic x"})


def test_every_check_is_told_with_its_values(gateway):
    output = explain(gateway, "GET", "/roles", bearer(roles=["admin"], scope="b"))
    for pattern in (
        r"ok    path    \"/roles\", as it was sent",
        r"ok    /roles +takes it \(\S*gateway.json:\d+:\d+\)",
        r"-     / +would take it, but its path is less specific",
        r"-     get.test/get +is for the host get.test",
        r"      Authorization +eyJ\w{7}…\[\d+ bytes\]",
        r"-     cookie at +nothing",
        r"ok    signature +made with the issuer's key",
        r"ok    roles +all of \"admin\"; the token has \"admin\"",
        r"FAIL  scope +all of \"a\", \"b\"; the token has \"b\"",
    ):
        assert re.search(pattern, output), (pattern, output)


def test_no_token_is_printed_whole(gateway):
    text = token()
    fields = {"Authorization": "Bearer " + text, "Cookie": "at=" + text, "X-Copy": text}
    output = explain(gateway, "GET", "/?t=" + text, fields)
    assert "goes to the upstream" in output
    assert text.rpartition(".")[2] not in output and text.split(".")[1] not in output


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["http://other.test:8080/a?b"], "> Host: other.test:8080"),
        (["http://other.test?b"], "> GET /?b HTTP/1.1"),
        (["https://other.test/a#b"], "> GET /a HTTP/1.1"),
        (["/a", "-H", "Host: chosen.test"], "> Host: chosen.test"),
        (["/a", "--from", "192.0.2.9"], "> X-Forwarded-For: 192.0.2.9"),
        (["/a", "--from", "2001:db8::1"], "> X-Forwarded-For: 2001:db8::1"),
        (["/a", "--from", "unix"], "> X-Forwarded-For: unknown"),
        (["/a", "--from", "10.0.0.1", "-H", "X-Forwarded-For: 198.51.100.7"], "> X-Forwarded-For: 198.51.100.7, 10.0.0.1"),
        (["/a", "--from", "10.0.0.1", "-H", "X-Forwarded-For: 198.51.100.7"], "client  198.51.100.7, as 10.0.0.1, a trusted proxy, says"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_url_and_address(arguments, line, directory):
    routes = [{"path": "/", "upstream": "app", "auth": "none"}]
    write_files(directory, {"secret.key": SECRET})
    # Nobody listens there, and the name is nobody's: nothing of it is asked.
    config = configuration({"servers": ["no-such-host.invalid:9"]}, routes=routes, trusted_proxies=["10.0.0.0/8"])
    write_config(directory, config)
    code, output, errors = run("explain", "GET", *arguments, directory=directory)
    assert (code, errors) == (0, "")
    assert line in output


@pytest.mark.parametrize(
    "arguments",
    [["explain"], ["explain", "GET"], ["explain", "GET", "a"], ["explain", "GET", "ftp://a/"], ["explain", "GET", "http://"],
     ["explain", "GET", "http://user:password@a/"], ["explain", "GET", "/", "/"], ["explain", "GET", "/", "-H"],
     ["explain", "GET", "/", "-H", "nonsense"], ["explain", "GET", "/", "-H", "A: b\nC: d"], ["explain", "GET", "/\r\nA: b"],
     ["explain", "GET", "/", "--from", "host"], ["token", "inspect", "x", "-H", "A: b"], ["-t", "--from", "::1"],
     ["explain", "GET", "/", "--listen", "127.0.0.1:1"]],
    ids=repr,
)  # fmt: skip
def test_a_mistake_in_usage_is_exit_2(arguments, directory):
    code, output, errors = run(*arguments, directory=directory)
    assert (code, output) == (2, "")
    assert errors.startswith("portcullis: ")


def test_a_configuration_that_can_t_be_used_is_exit_1(directory):
    write_config(directory, {"listen": []})
    code, output, errors = run("explain", "GET", "/", directory=directory)
    assert (code, output) == (1, "")
    assert "gateway.json:" in errors
