"""Every documented reason, from the running gateway: the same word and status in the answer and in the access log."""

import json
import os
import resource
import sqlite3
import time

import pytest

from lib import markdown
from lib.accounts import JSON, PASSWORD, accounts, log_in, register
from lib.gateway import ROOT, Gateway, configuration, issuer, run
from lib.identity_provider import Authority
from lib.tokens import SECRET, bearer, forged, tampered, token
from lib.upstreams import Upstream, free_port, scripted
from lib.waiting import until

NOW = int(time.time())


def documented():
    page = markdown.read(os.path.join(ROOT, "Sources", "portcullis", "Documentation.docc", "Reasons.md"))
    return {row[0].strip("`"): int(row[1]) for row in markdown.rows(page) if row[1].isdigit()}


# What takes more than a request to bring about is brought about elsewhere.
ELSEWHERE = {
    "accounts_busy": "test_failed_logins.py", "overloaded": "test_descriptors.py", "tls_required": "test_tls_listeners.py",
    "misdirected_request": "test_listener_rules.py", "invite_invalid": "test_account_policies.py",
    "rate_limited": "test_account_policies.py", "password_breached": "test_account_policies.py",
}  # fmt: skip


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    upstream = Upstream()
    reset = Upstream(lambda exchange: exchange.close())
    nonsense = Upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
    slow = Upstream(lambda exchange: exchange.connection.wait_for_end())
    ill = Upstream(scripted(b"HTTP/1.1 500 Ill\r\nContent-Length: 0\r\n\r\n"))
    stranger = Upstream(context=Authority().context(str(tmp_path_factory.mktemp("stranger"))))
    down = f"http://127.0.0.1:{free_port()}/keys"
    issuers = [
        issuer(max_ttl="1d"),
        issuer(issuer="https://other.test", audience="any"),
        {"issuer": "https://down.test", "audience": "any", "jwks": down, "algorithms": ["RS256"]},
        {"issuer": "https://keys.test", "audience": "any", "jwks": "keys.json", "algorithms": ["HS256"]},
    ]
    upstreams = {
        "app": {"servers": [upstream.address]},
        "reset": {"servers": [reset.address]},
        "nonsense": {"servers": [nonsense.address]},
        "slow": {"servers": [slow.address], "response_timeout": "300ms"},
        "stranger": {"servers": [stranger.address], "tls": True},
        "gone": {"servers": [f"127.0.0.1:{free_port()}"]},
        "ill": {"servers": [ill.address], "health_check": {"path": "/", "interval": "50ms", "unhealthy_after": 1}},
    }
    routes = [
        {"path": "/", "upstream": "app"},
        {"path": "/open", "upstream": "app", "auth": "none", "max_body": "100B"},
        {"path": "/roles", "upstream": "app", "require": {"roles": ["admin"]}},
        {"path": "/scope", "upstream": "app", "require": {"scope": ["read"]}},
        {"path": "/claims", "upstream": "app", "require": {"claims": {"tenant": "a"}}},
        {"path": "/other", "upstream": "app", "require": {"issuer": "https://other.test"}},
        {"path": "/certificate", "upstream": "app", "auth": "certificate"},
        {"path": "/inner", "upstream": "app", "auth": "none", "allow_addresses": ["192.0.2.0/24"]},
        {"path": "/host", "host": "host.test", "methods": ["GET"], "upstream": "app", "auth": "none"},
    ] + [{"path": "/" + name, "upstream": name, "auth": "none"} for name in upstreams if name != "app"]
    config = configuration(
        routes=routes, upstreams=upstreams,
        accounts=accounts(throttle={"failures": 1, "window": "15m", "max_delay": "1h"}, refresh_grace="0s"),
        auth={"issuers": issuers, "token_from": [{"header": "Authorization"}, {"cookie": "at"}, {"query": "t"}]},
        limits={"head_timeout": "2s", "fields": 50},
    )  # fmt: skip
    keys = '{"keys": [{"kty": "oct", "kid": "one", "alg": "HS256", "k": "%s"}]}' % ("A" * 43)
    gateway = Gateway(str(tmp_path_factory.mktemp("every")), config, files={"keys.json": keys})
    until(lambda: "is unhealthy" in gateway.errors(), "the ill server to be found out")
    narrow = {key: value for key, value in config.items() if key != "accounts"}
    narrow["accounts"] = accounts(registration="closed")
    narrow["routes"] = routes[1:]
    gateway.narrow = Gateway(str(tmp_path_factory.mktemp("narrow")), narrow, files={"keys.json": keys})
    yield gateway
    gateway.narrow.stop()
    gateway.stop()
    for each in (upstream, reset, nonsense, slow, ill, stranger):
        each.close()


def get(target="/", fields=None, method="GET", body=None):
    return lambda gateway: gateway.request(target, method, fields, body)


def with_token(text, target="/"):
    return get(target, {"Authorization": "Bearer " + text})


def raw(text):
    return lambda gateway: gateway.exchange(text.replace("\n", "\r\n"))


def fail_to_log_in(gateway):
    for _ in range(3):
        response = log_in(gateway, "nobody", "a wrong password")
    return response


def take_a_name_twice(gateway):
    register(gateway, "twice")
    return register(gateway, "twice")


def session(gateway):
    register(gateway, "someone")
    return log_in(gateway, "someone").json()


def refresh(gateway, text):
    return gateway.request("/refresh", "POST", JSON, json.dumps({"refresh_token": text}).encode())


def reuse_a_refresh_token(gateway):
    spent = session(gateway)["refresh_token"]
    refresh(gateway, spent)
    return refresh(gateway, spent)


def come_back_after_logging_out(gateway):
    fields = {"Authorization": session(gateway)["token"]}
    gateway.request("/logout", "POST", fields)
    until(lambda: gateway.request("/me", fields=fields).status == 401, "the revocation")
    return gateway.request("/me", fields=fields)


def log_out_without_a_session(gateway):
    made = run("token", "issue", "--user", "someone", "-c", gateway.config, directory=gateway.directory)
    if made[0] != 0:
        register(gateway, "someone")
        made = run("token", "issue", "--user", "someone", "-c", gateway.config, directory=gateway.directory)
    return gateway.request("/logout", "POST", {"Authorization": made[1].strip()})


def change_a_password_by_a_guess(gateway):
    fields = {**JSON, "Authorization": session(gateway)["token"]}
    return gateway.request("/password", "POST", fields, b'{"current": "a guess", "new": "another password"}')


def break_the_database(gateway):
    with sqlite3.connect(os.path.join(gateway.directory, "data", "accounts.db")) as database:
        database.execute("ALTER TABLE users RENAME TO users_elsewhere")
    try:
        return register(gateway, "anybody")
    finally:
        with sqlite3.connect(os.path.join(gateway.directory, "data", "accounts.db")) as database:
            database.execute("ALTER TABLE users_elsewhere RENAME TO users")


def run_out_of_memory(gateway):
    """Leaves the gateway too little for a password's hash."""
    log_in(gateway, "somebody-else")
    limit = gateway.private_memory() + (16 << 20)
    before = resource.prlimit(gateway.pid, resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))
    try:
        return log_in(gateway, "somebody-else")
    finally:
        resource.prlimit(gateway.pid, resource.RLIMIT_DATA, before)


HOST = "Host: a.test\n"

PRODUCERS = {
    "token_missing": get(),
    "token_too_large": with_token(token(filler="x" * 13_000)),
    "token_malformed": get(fields={"Authorization": "Bearer x"}),
    "token_ambiguous": get("/?t=" + token(sub="bob"), bearer()),
    "token_type_refused": with_token(forged(header={"alg": "HS256", "typ": "refresh+jwt"})),
    "crit_unsupported": with_token(forged(header={"alg": "HS256", "crit": ["x"], "x": 1})),
    "algorithm_refused": with_token(forged(algorithm="HS512")),
    "issuer_unknown": get(fields=bearer(iss="https://evil.test")),
    "key_unknown": get(fields=bearer(iss="https://keys.test", headers={"kid": "two"})),
    "signature_invalid": with_token(tampered(token())),
    "token_expired": get(fields=bearer(exp=NOW - 9)),
    "token_not_yet_valid": get(fields=bearer(nbf=NOW + 900)),
    "issued_in_future": get(fields=bearer(iat=NOW + 900, exp=NOW + 1900)),
    "expiry_missing": get(fields=bearer(exp=None)),
    "lifetime_exceeded": get(fields=bearer(exp=NOW + 90000)),
    "subject_missing": get(fields=bearer(sub=None)),
    "audience_mismatch": get(fields=bearer(aud="somebody")),
    "token_binding_failed": get(fields=bearer(cnf={"jkt": "x"})),
    "keys_unavailable": with_token(forged(header={"alg": "RS256"}, payload={"iss": "https://down.test", "sub": "a", "exp": NOW + 99})),
    "certificate_missing": get("/certificate", bearer()),
    "role_missing": get("/roles", bearer()),
    "scope_missing": get("/scope", bearer()),
    "claim_mismatch": get("/claims", bearer(tenant="b")),
    "issuer_not_allowed": get("/other", bearer()),
    "address_denied": get("/inner"),
    "origin_refused": get(fields={"Cookie": "at=" + token(), "Origin": "https://evil.test"}, method="POST"),
    "malformed_request_line": raw("GET  / HTTP/1.1\n" + HOST + "\n"),
    "malformed_target": raw("GET /a#b HTTP/1.1\n" + HOST + "\n"),
    "ambiguous_path": raw("GET /%2e%2e/x HTTP/1.1\n" + HOST + "\n"),
    "target_too_long": raw("GET /" + "x" * 9000 + " HTTP/1.1\n" + HOST + "\n"),
    "unsupported_version": raw("GET / HTTP/3.0\n" + HOST + "\n"),
    "connect_refused": raw("CONNECT a.test:443 HTTP/1.1\n" + HOST + "\n"),
    "trace_refused": raw("TRACE / HTTP/1.1\n" + HOST + "\n"),
    "malformed_field": raw("GET / HTTP/1.1\n" + HOST + "A : b\n\n"),
    "head_too_large": raw("GET / HTTP/1.1\n" + HOST + "A: " + "b" * 40000 + "\n\n"),
    "too_many_fields": raw("GET / HTTP/1.1\n" + HOST + "A: b\n" * 60 + "\n"),
    "missing_host": raw("GET / HTTP/1.1\n\n"),
    "repeated_host": raw("GET / HTTP/1.1\n" + HOST * 2 + "\n"),
    "malformed_host": raw("GET / HTTP/1.1\nHost: a b\n\n"),
    "host_mismatch": raw("GET http://b.test/ HTTP/1.1\n" + HOST + "\n"),
    "repeated_content_length": raw("POST / HTTP/1.1\n" + HOST + "Content-Length: 0\n" * 2 + "\n"),
    "malformed_content_length": raw("POST / HTTP/1.1\n" + HOST + "Content-Length: +1\n\n"),
    "malformed_transfer_encoding": raw("POST / HTTP/1.1\n" + HOST + "Transfer-Encoding: gzip\n\n"),
    "conflicting_framing": raw("POST / HTTP/1.1\n" + HOST + "Content-Length: 0\nTransfer-Encoding: chunked\n\n"),
    "repeated_authorization": raw("GET / HTTP/1.1\n" + HOST + "Authorization: a\n" * 2 + "\n"),
    "unsupported_expectation": raw("GET / HTTP/1.1\n" + HOST + "Expect: a miracle\n\n"),
    "scheme_mismatch": raw("GET https://a.test/ HTTP/1.1\n" + HOST + "\n"),
    "ambiguous_parameters": get("/open;a/b"),
    "encoded_slash": get("/open/a%2Fb"),
    "not_found": lambda gateway: gateway.narrow.request("/nothing"),
    "method_not_allowed": lambda gateway: gateway.narrow.request("/host", "POST", {"Host": "host.test"}),
    "body_too_large": get("/open", method="POST", body=b"x" * 101),
    "malformed_body": raw("POST /open HTTP/1.1\n" + HOST + "Transfer-Encoding: chunked\n\nnonsense\n"),
    "request_timeout": raw("GET / HTTP/1.1\n" + HOST),
    "unsupported_media_type": get("/login", {"Content-Type": "text/plain"}, "POST", b"{}"),
    "invalid_body": get("/register", JSON, "POST", b'{"username": "a"}'),
    "registration_closed": lambda gateway: register(gateway.narrow, "anybody"),
    "user_exists": take_a_name_twice,
    "credentials_invalid": lambda gateway: log_in(gateway, "somebody", PASSWORD),
    "login_throttled": fail_to_log_in,
    "refresh_invalid": lambda gateway: refresh(gateway, "nonsense"),
    "token_reused": reuse_a_refresh_token,
    "session_missing": log_out_without_a_session,
    "current_invalid": change_a_password_by_a_guess,
    "token_revoked": come_back_after_logging_out,
    "upstream_unreachable": get("/gone"),
    "upstream_untrusted": get("/stranger"),
    "upstream_reset": get("/reset"),
    "upstream_malformed": get("/nonsense"),
    "upstream_unavailable": get("/ill"),
    "upstream_timeout": get("/slow"),
    "store_unavailable": break_the_database,
    "internal_error": run_out_of_memory,
}


def test_the_list_is_whole():
    assert set(documented()) == set(PRODUCERS) | set(ELSEWHERE)
    for word, name in ELSEWHERE.items():
        with open(os.path.join(os.path.dirname(__file__), name)) as file:
            assert f'({documented()[word]}, "{word}")' in file.read()


@pytest.mark.parametrize("word", PRODUCERS)
def test_the_answer_and_the_log_have_the_word_and_the_status_of_the_list(word, gateway):
    response = PRODUCERS[word](gateway)
    assert response.refusal == (documented()[word], word)
    served = gateway.narrow if word in ("not_found", "method_not_allowed", "registration_closed") else gateway

    def logged():
        return [line for line in served.access_log() if line["request_id"] == response.error["request_id"]]

    (line,) = until(logged, "the request in the log")
    assert (line["reason"], line["status"]) == (word, response.status)
