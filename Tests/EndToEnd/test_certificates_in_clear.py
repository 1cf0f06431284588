"""Client certificates where there can be none: routes that ask for one, tokens bound to one, and clients that make one up."""

import hashlib

import pytest

from lib.certificates import FileAuthority
from lib.gateway import configuration, run, write_config, write_files
from lib.tokens import SECRET, base64url, bearer

HEADERS = {"X-Subject": "tls:subject", "X-Names": "tls:san", "X-Print": "tls:fingerprint", "X-User": "sub"}
ROUTES = [
    {"path": "/certificate", "upstream": "app", "auth": "certificate"},
    {"path": "/named", "upstream": "app", "auth": "none", "require": {"claims": {"tls:subject": "CN=alice"}}},
    {"path": "/both", "upstream": "app", "require": {"claims": {"tls:san": ["DNS:a.example"]}}},
    {"path": "/open", "upstream": "app", "auth": "none"},
    {"path": "/", "upstream": "app"},
]


def config(upstream, **auth):
    return configuration(upstream, routes=ROUTES, auth={"identity_headers": HEADERS, **auth})


@pytest.fixture
def gateway(start, upstream):
    return start(config(upstream))


@pytest.mark.parametrize("status", [401, 403])
def test_a_route_that_asks_for_a_certificate_refuses_every_request_in_clear(status, start, upstream):
    gateway = start(config(upstream, reject_status=status))
    for fields in ({}, bearer(), {"Client-Cert": ":MIIB:"}):
        response = gateway.request("/certificate", fields=fields)
        assert response.refusal == (status, "certificate_missing")
        assert response["www-authenticate"].startswith("Bearer realm=")
    assert not upstream.exchanges
    line = gateway.access_log()[-1]
    assert "user" not in line


def test_what_is_asked_of_a_certificate_is_not_met_without_one(gateway):
    assert gateway.request("/named").refusal == (403, "claim_mismatch")
    assert gateway.request("/both").refusal == (401, "token_missing")
    assert gateway.request("/both", fields=bearer(**{"tls:san": ["DNS:a.example"]})).refusal == (403, "claim_mismatch")


@pytest.mark.parametrize("path", ["/", "/open"])
@pytest.mark.parametrize(
    "name", ["Client-Cert", "client-cert-chain", "CLIENT_CERT", "Client.Cert", "client_cert-chain", "Client~Cert~Chain", "X-Subject", "x_names", "X.Print"]
)
def test_no_client_passes_for_one_with_a_certificate(path, name, gateway, upstream):
    for fields in ({name: "made-up"}, {name: "made-up", "Connection": name}):
        assert gateway.request(path, fields={**bearer(), **fields}).status == 200
        assert b"made-up" not in upstream.last.raw_head


def test_other_names_pass(gateway, upstream):
    fields = {"Client-Certs": "a", "X-Client-Cert": "b", "Client-Cert-Chains": "c"}
    assert gateway.request("/open", fields=fields).status == 200
    assert {name: value for name, value in upstream.last.fields if name in fields} == fields


def test_a_trusted_proxy_is_not_believed_about_certificates(start, upstream):
    gateway = start({**config(upstream), "trusted_proxies": ["127.0.0.1"]})
    assert gateway.request("/certificate", fields={"Client-Cert": ":MIIB:"}).refusal == (401, "certificate_missing")
    assert gateway.request("/open", fields={"Client-Cert": "made-up"}).status == 200
    assert b"made-up" not in upstream.last.raw_head


@pytest.mark.parametrize(
    "confirmation",
    [
        {"x5t#S256": "BFtMNhnr0NB1yHVj0oa6KeJQZLhUY_EM34ByeJ4ZUWg"}, {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        {"x5t#S256": "BFtMNhnr0NB1yHVj0oa6KeJQZLhUY_EM34ByeJ4ZUWg", "jkt": "x"}, {}, {"kid": "1"}, "x", ["x"], 1,
    ],
    ids=str,
)  # fmt: skip
def test_a_bound_token_is_never_taken_in_clear(confirmation, gateway, upstream):
    for _ in range(2):
        assert gateway.request("/", fields=bearer(cnf=confirmation)).refusal == (401, "token_binding_failed")
    assert not upstream.exchanges
    assert gateway.request("/", fields=bearer()).status == 200


def test_explain_tells_how_a_certificate_fares(upstream, directory):
    write_files(directory, {"secret.key": SECRET, "empty.pem": ""})
    alice = FileAuthority().pair(directory, "alice", ["a.example"])
    write_config(directory, config(upstream))

    def explain(path, *more, file="alice.pem"):
        return run("explain", "GET", path, "--certificate", file, *more, directory=directory)

    code, said, _ = explain("/certificate")
    assert code == 0 and 'tls:subject      "CN=alice"' in said and 'tls:san          ["DNS:a.example"]' in said, said
    assert "> X-Subject: CN=alice" in said and "> X-Names: DNS:a.example" in said and "> X-Forwarded-Proto: https" in said
    assert "the certificate  X-Subject, X-Names, X-Print" in said
    assert '"tls:subject" must be "CN=alice"; the certificate has "CN=alice"' in explain("/named")[1]
    thumbprint = base64url(hashlib.sha256(alice.der).digest())
    ((name, value),) = bearer(cnf={"x5t#S256": thumbprint}).items()
    assert "> X-Subject: CN=alice" in explain("/", "-H", f"{name}: {value}")[1]
    for file, why in [("empty.pem", "holds no certificate in PEM"), ("none.pem", "can't be read: No such file")]:
        code, _, errors = explain("/", file=file)
        assert code == 1 and why in errors
    code, _, errors = run("token", "inspect", "--certificate", "alice.pem", directory=directory)
    assert code == 2 and "--certificate goes with 'explain' only" in errors


def test_explain_tells_that_there_is_no_certificate(upstream, directory):
    write_files(directory, {"secret.key": SECRET})
    write_config(directory, config(upstream))
    code, said, _ = run("explain", "GET", "/certificate", directory=directory)
    assert code == 0
    assert "certificate: only a verified client certificate lets the request through" in said
    assert "certificate_missing" in said
    code, said, _ = run("explain", "GET", "/named", "-H", "Client-Cert: :MIIB:", directory=directory)
    assert "\"tls:subject\" must be \"CN=alice\"; the client has proven no certificate" in said
    assert "claim_mismatch" in said
