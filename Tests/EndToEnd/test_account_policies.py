"""Invites, limits, stolen passwords, scope and claims, events and the audit file, failed logins across a restart."""

import hashlib
import json
import os
import signal
import sqlite3

import jwt
import pytest

from lib.accounts import PASSWORD, configuration, gateway, log_in, post, register, secret
from lib.client import Client
from lib.gateway import run, write_config
from lib.waiting import until


def command(gateway, *words):
    code, output, errors = run(*words, directory=gateway.directory)
    assert code == 0, errors
    return output.strip()


def join(gateway, name, invite=None):
    body = {"username": name, "password": PASSWORD}
    return post(gateway, "/register", body if invite is None else {**body, "invite": invite})


# Invites


def test_who_has_an_invite_registers(start):
    gateway = start(configuration(registration="invite"))
    code = command(gateway, "invite", "create", "--role", "beta", "--uses", "2")
    assert join(gateway, "alice").refusal == (403, "invite_invalid")
    assert join(gateway, "alice", "nonsense").refusal == (403, "invite_invalid")
    assert join(gateway, "alice", 7).refusal == (400, "invalid_body")
    assert join(gateway, "alice", code).status == 201
    assert join(gateway, "alice", code).refusal == (409, "user_exists"), "which uses nothing up"
    token = log_in(gateway, "alice").json()["token"]
    assert jwt.decode(token, secret(gateway), algorithms=["HS256"])["roles"] == ["beta", "user"]
    assert command(gateway, "invite", "list").startswith(code + "  1 use  until ")
    assert join(gateway, "bob", code).status == 201
    assert join(gateway, "carol", code).refusal == (403, "invite_invalid")
    assert command(gateway, "invite", "list") == ""
    taken_back = command(gateway, "invite", "create", "--ttl", "1h")
    assert command(gateway, "invite", "delete", taken_back) == f"invite '{taken_back}' was deleted"
    assert join(gateway, "carol", taken_back).refusal == (403, "invite_invalid")
    assert run("invite", "delete", taken_back, directory=gateway.directory)[0] == 1
    for words in (["invite"], ["invite", "delete"], ["invite", "create", "--uses", "0"], ["invite", "create", "--ttl", "x"], ["user", "list", "--role", "a"]):
        assert run(*words, directory=gateway.directory)[0] == 2, words


def test_where_registration_is_open_an_invite_is_not_looked_at(gateway):
    assert join(gateway, "alice", "whatever").status == 201


# The limit


def test_requests_to_register_are_limited_by_network(start):
    gateway = start(configuration(registration_limit={"requests": 2, "per": "1h"}))
    assert join(gateway, "alice").status == 201
    assert post(gateway, "/register", b"{").status == 400, "it counts"
    answer = join(gateway, "bob")
    assert answer.refusal == (429, "rate_limited")
    assert (answer["ratelimit-limit"], answer["ratelimit-remaining"]) == ("2", "0")
    assert 1700 < int(answer["retry-after"]) <= 1800 and answer["ratelimit-reset"] == answer["retry-after"]
    assert log_in(gateway, "alice").status == 200
    gateway.reload()
    assert join(gateway, "bob").refusal == (429, "rate_limited"), "the counts go on"


def test_a_field_can_tell_callers_apart(start):
    gateway = start(configuration(registration_limit={"requests": 1, "per": "1h", "burst": 1, "by": {"header": "X-Tenant"}}))
    for tenant, status in (("a", 400), ("b", 400), ("a", 429), ("b", 429)):
        assert post(gateway, "/register", b"{", {"X-Tenant": tenant}).status == status
    assert post(gateway, "/register", b"{").status == 400
    assert post(gateway, "/register", b"{").status == 429


# Stolen passwords


def test_stolen_passwords_are_refused(start, directory):
    stolen = ["password1", "correct horse", "qwertyuiop"] + [f"stolen {number}" for number in range(2000)]
    lines = sorted(hashlib.sha1(each.encode()).hexdigest().upper() for each in stolen)
    with open(os.path.join(directory, "stolen.txt"), "w") as file:
        file.write("".join(f"{line}:{number}\r\n" for number, line in enumerate(lines)))
    gateway = start(configuration(password={"breached": "stolen.txt"}), directory=directory)
    for each in ("password1", "qwertyuiop", "stolen 1999"):
        assert register(gateway, "alice", each).refusal == (400, "password_breached")
    assert register(gateway, "alice", "password2").status == 201
    token = log_in(gateway, "alice", "password2").json()["token"]
    change = {"current": "password2", "new": "correct horse"}
    assert post(gateway, "/password", change, {"Authorization": token}).refusal == (400, "password_breached")
    code, _, errors = run("user", "passwd", "alice", "--password-stdin", directory=directory, stdin="password1")
    assert code == 1 and "stolen" in errors


def test_a_list_that_is_none_is_an_error(directory):
    with open(os.path.join(directory, "stolen.txt"), "w") as file:
        file.write("password1\n")
    for name in ("stolen.txt", "missing.txt"):
        write_config(directory, configuration(password={"breached": name}))
        code, _, errors = run("-t", directory=directory)
        assert code == 1 and name in errors


# Scope and claims


def test_scope_and_claims_stand_in_tokens_from_the_next_refresh_on(gateway):
    register(gateway)
    tokens = log_in(gateway).json()
    assert command(gateway, "user", "scope", "alice", "orders:read orders:write").endswith("the scope orders:read orders:write")
    assert command(gateway, "user", "claim", "alice", "plan", '{"name": "pro", "seats": 3}') == "user 'alice' has the claim 'plan'"
    fresh = post(gateway, "/refresh", {"refresh_token": tokens["refresh_token"]}).json()
    claims = jwt.decode(fresh["token"], secret(gateway), algorithms=["HS256"])
    assert (claims["scope"], claims["plan"]) == ("orders:read orders:write", {"name": "pro", "seats": 3})
    shown = command(gateway, "user", "show", "alice")
    assert "scope    orders:read orders:write" in shown and 'claim    plan = {"name":"pro","seats":3}' in shown
    command(gateway, "user", "claim", "alice", "plan", "null")
    command(gateway, "user", "scope", "alice", "")
    claims = jwt.decode(log_in(gateway).json()["token"], secret(gateway), algorithms=["HS256"])
    assert "plan" not in claims and "scope" not in claims


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "user", "sid", "roles", "scope", "cnf"])
def test_a_claim_of_the_gateway_s_own_can_not_be_set(name, gateway):
    register(gateway)
    assert run("user", "claim", "alice", name, '"x"', directory=gateway.directory)[0] == 2


def test_what_is_no_json_or_no_scope_is_refused(gateway):
    register(gateway)
    for words in (["claim", "alice", "a", "pro"], ["claim", "alice", "a"], ["claim", "alice"], ["scope", "alice"], ["scope", "alice", "a  b"]):
        assert run("user", *words, directory=gateway.directory)[0] == 2, words
    assert run("user", "scope", "nobody", "a", directory=gateway.directory)[0] == 1


# Events


def lines_of(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def test_what_happens_to_accounts_is_written_down(start):
    gateway = start(configuration(audit="audit.log", throttle={"failures": 1}))
    path = os.path.join(gateway.directory, "audit.log")
    assert os.stat(path).st_mode & 0o777 == 0o600
    register(gateway)
    log_in(gateway, password="wrong password")
    tokens = log_in(gateway).json()
    gateway.request("/logout", "POST", {"Authorization": tokens["token"]})
    command(gateway, "user", "grant", "alice", "admin")
    command(gateway, "user", "disable", "alice")
    for _ in range(3):
        log_in(gateway, "a name that can not be", "wrong password")
    expected = ["registered", "login_failed", "login", "logout", "roles_changed", "disabled", "login_failed", "login_failed", "login_throttled"]
    until(lambda: len(lines_of(path)) >= len(expected), lambda: f"the events: {lines_of(path)}")
    written = lines_of(path)
    assert sorted(line["event"] for line in written) == sorted(expected)
    by_event = {line["event"]: line for line in written}
    assert by_event["registered"].keys() == {"time", "event", "user", "by", "address", "session"}
    assert (by_event["login"]["user"], by_event["login"]["by"], by_event["login"]["address"]) == ("alice", "user", "127.0.0.1")
    assert by_event["login"]["session"] == by_event["logout"]["session"] is not None
    assert by_event["disabled"]["by"] == "operator" and by_event["disabled"]["address"] is None
    assert by_event["login_throttled"]["user"] is None, "what can be no name is not written down"
    listed = [json.loads(line) for line in command(gateway, "events", "list").splitlines()]
    assert listed == written
    assert all(json.loads(line)["user"] == "alice" for line in command(gateway, "events", "list", "--user", "ALICE", "--since", "1d").splitlines())
    # Rotated, and continued after a restart with what happened in between.
    os.rename(path, path + ".1")
    gateway.signal(signal.SIGUSR1)
    until(lambda: os.path.exists(path), "the new file")
    command(gateway, "user", "enable", "alice")
    until(lambda: [line["event"] for line in lines_of(path)] == ["enabled"], "the event in the new file")
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
    command(gateway, "user", "revoke", "alice", "admin")
    start(gateway_config(gateway), directory=gateway.directory)
    until(lambda: [line["event"] for line in lines_of(path)] == ["enabled", "roles_changed"], "the event in between")


def gateway_config(gateway):
    with open(gateway.config) as file:
        return json.load(file)


# Failed logins


def test_a_delay_outlives_a_restart(start):
    gateway = start(configuration(throttle={"failures": 1, "max_delay": "1h"}))
    register(gateway)
    for _ in range(2):
        assert log_in(gateway, password="wrong password").status == 401
    assert log_in(gateway).refusal == (429, "login_throttled")
    until(lambda: log_in(gateway, password="wrong password").status == 401, "the end of the first delay")
    until(lambda: log_in(gateway, password="wrong password").status == 401, "the end of the second")
    until(lambda: log_in(gateway, password="wrong password").status == 401, "the end of the third")
    gateway.signal(signal.SIGINT)
    assert gateway.wait() == 0
    again = start(gateway_config(gateway), directory=gateway.directory)
    answer = log_in(again)
    assert answer.refusal == (429, "login_throttled") and 1 < int(answer["retry-after"]) <= 8


# The store


def test_readiness_names_a_store_that_can_not_be_written(start):
    gateway = start(configuration(admin={"listen": "127.0.0.1:0"}, throttle=False))
    register(gateway)

    def ready():
        with Client(gateway.admin) as client:
            answer = client.request("/readyz")
        assert answer.status == 200
        return answer.json()

    assert ready() == {"status": "ready"}
    with sqlite3.connect(os.path.join(gateway.directory, "data", "accounts.db"), isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        assert log_in(gateway).refusal == (503, "store_unavailable")
        assert ready() == {"status": "ready", "store": "unavailable"}
        database.execute("ROLLBACK")
    assert log_in(gateway).status == 200
    assert ready() == {"status": "ready"}
