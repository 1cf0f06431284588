"""Sessions: refresh tokens, `/logout`, `/password`, `/sessions`, the commands, and what is refused after their end."""

import signal
import threading
import time

import jwt
import pytest
import requests

from lib.accounts import PASSWORD, configuration, gateway, log_in, post, register, secret
from lib.gateway import issuer, run
from lib.tokens import token
from lib.upstreams import Upstream
from lib.waiting import until
from lib.websocket import HELLO, answering, echo_bytes, open_socket, read_close, read_exactly

REVOKED = (401, "token_revoked")


@pytest.fixture
def alice(gateway):
    register(gateway)
    return gateway


def session(gateway, name="alice", password=PASSWORD):
    """The answer of a login: `token`, `refresh_token`."""
    response = log_in(gateway, name, password)
    assert response.status == 200, response
    return response.json()


def refresh(gateway, text):
    return post(gateway, "/refresh", {"refresh_token": text})


def ask(gateway, text, path="/protected", method="GET"):
    return gateway.request(path, method, {"Authorization": "Bearer " + text})


def sid(text):
    return jwt.decode(text, options={"verify_signature": False})["sid"]


def is_revoked(answer):
    return answer.status == 401 and answer.refusal == REVOKED


def command(gateway, *words, **named):
    code, output, errors = run(*words, directory=gateway.directory, **named)
    assert code == 0, errors
    return output


# Refreshing


def test_a_refresh_gives_other_tokens_of_the_same_session(alice):
    first = session(alice)
    answer = refresh(alice, first["refresh_token"])
    assert answer.status == 200 and answer["cache-control"] == "no-store"
    second = answer.json()
    assert second.keys() == first.keys() == {"token", "token_type", "expires_in", "refresh_token"}
    assert second["refresh_token"] != first["refresh_token"] and second["token"] != first["token"]
    assert len(first["refresh_token"]) == 43 and "." not in first["refresh_token"]
    assert sid(second["token"]) == sid(first["token"])
    for each in (first, second):
        assert ask(alice, each["token"]).status == 200
    again = refresh(alice, first["refresh_token"]).json()
    assert again["refresh_token"] == second["refresh_token"], "two tabs get the same"
    assert refresh(alice, second["refresh_token"]).status == 200


@pytest.mark.parametrize("body", [{}, {"refresh_token": 1}, {"refresh_token": None}, [], b"{", b""])
def test_a_body_without_a_refresh_token_is_refused(body, gateway):
    assert post(gateway, "/refresh", body).refusal == (400, "invalid_body")


@pytest.mark.parametrize("text", ["", "x", "A" * 43, "A" * 42 + "B", "é" * 43])
def test_an_unknown_refresh_token_is_refused(text, gateway):
    answer = refresh(gateway, text)
    assert answer.refusal == (401, "refresh_invalid")
    assert answer["www-authenticate"].startswith("Bearer ")


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(alice):
    tokens = session(alice)
    assert refresh(alice, tokens["token"]).refusal == (401, "refresh_invalid")
    assert ask(alice, tokens["refresh_token"]).refusal == (401, "token_malformed")
    fields = {"Authorization": "Bearer nonsense"}
    assert post(alice, "/refresh", {"refresh_token": tokens["refresh_token"]}, fields).status == 200, "it is not looked at"


def test_a_reuse_after_the_grace_ends_the_session(start):
    gateway = start(configuration(refresh_grace="0s"))
    register(gateway)
    first = session(gateway)
    second = refresh(gateway, first["refresh_token"]).json()
    assert refresh(gateway, first["refresh_token"]).refusal == (401, "token_reused")
    assert refresh(gateway, second["refresh_token"]).refusal == (401, "refresh_invalid")
    for each in (first, second):
        until(lambda: ask(gateway, each["token"]).status == 401, "a refusal")
        assert ask(gateway, each["token"]).refusal == REVOKED
    assert ask(gateway, session(gateway)["token"]).status == 200, "another session is not touched"


def test_of_refreshes_at_once_all_get_the_same_refresh_token(alice):
    first = session(alice)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(refresh(alice, first["refresh_token"]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 8
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def test_a_session_ends_by_itself(start):
    gateway = start(configuration(refresh_token_ttl="1s"))
    register(gateway)
    tokens = session(gateway)
    until(lambda: ask(gateway, tokens["token"], "/sessions").json() == {"sessions": []}, "a refusal")
    assert refresh(gateway, tokens["refresh_token"]).refusal == (401, "refresh_invalid")


def test_roles_and_claims_of_a_refresh_are_those_of_now(alice):
    tokens = session(alice)
    command(alice, "user", "grant", "alice", "admin")
    fresh = refresh(alice, tokens["refresh_token"]).json()["token"]
    assert jwt.decode(fresh, secret(alice), algorithms=["HS256"])["roles"] == ["admin", "user"]


# Ending


def test_who_logs_out_is_refused_from_then_on(alice):
    mine, other = session(alice), session(alice)
    answer = ask(alice, mine["token"], "/logout", "POST")
    assert (answer.status, answer.body, answer["cache-control"]) == (204, b"", "no-store")
    until(lambda: is_revoked(ask(alice, mine["token"])), "a refusal")
    assert ask(alice, mine["token"], "/logout", "POST").refusal == REVOKED
    assert refresh(alice, mine["refresh_token"]).refusal == (401, "refresh_invalid")
    assert ask(alice, other["token"]).status == 200


def test_a_token_without_a_session_can_not_log_out(alice):
    made = jwt.encode({"user": "alice", "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    assert ask(alice, made, "/logout", "POST").refusal == (400, "session_missing")
    assert ask(alice, command(alice, "token", "issue", "--user", "alice").strip(), "/logout", "POST").refusal == (400, "session_missing")


def test_a_session_that_the_store_does_not_know_is_ended_all_the_same(alice):
    made = jwt.encode({"user": "alice", "sid": "elsewhere", "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    assert ask(alice, made).status == 200
    assert ask(alice, made, "/logout", "POST").status == 204
    until(lambda: is_revoked(ask(alice, made)), "a refusal")
    theirs = sid(session(alice)["token"])
    register(alice, "bob")
    forged = jwt.encode({"user": "bob", "sid": theirs, "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    assert ask(alice, forged, "/logout", "POST").refusal == (400, "session_missing")


def test_sessions_are_listed_and_ended(alice):
    fields = {"User-Agent": "one/1.0"}
    mine = log_in(alice, fields=fields).json()["token"]
    other, third = session(alice)["token"], session(alice)["token"]
    register(alice, "bob")
    stranger = session(alice, "bob")["token"]
    answer = ask(alice, mine, "/sessions")
    assert answer.status == 200 and answer["cache-control"] == "no-store"
    listed = {each["id"]: each for each in answer.json()["sessions"]}
    assert listed.keys() == {sid(mine), sid(other), sid(third)}
    own = listed[sid(mine)]
    assert own.keys() == {"id", "begun", "last_used", "address", "user_agent", "current"}
    assert (own["address"], own["user_agent"], own["current"]) == ("127.0.0.1", "one/1.0", True)
    assert not listed[sid(other)]["current"] and listed[sid(other)]["user_agent"] is None
    time.strptime(own["begun"], "%Y-%m-%dT%H:%M:%SZ")

    assert ask(alice, mine, "/sessions/" + sid(stranger), "DELETE").refusal == (404, "not_found")
    assert ask(alice, mine, "/sessions/nonsense", "DELETE").refusal == (404, "not_found")
    assert ask(alice, mine, "/sessions/" + sid(other), "DELETE").status == 204
    until(lambda: is_revoked(ask(alice, other)), "a refusal")
    assert ask(alice, third).status == ask(alice, stranger).status == 200
    assert ask(alice, mine, "/sessions", "DELETE").status == 204
    until(lambda: is_revoked(ask(alice, third)), "a refusal")
    assert ask(alice, mine).status == ask(alice, stranger).status == 200
    assert [each["id"] for each in ask(alice, mine, "/sessions").json()["sessions"]] == [sid(mine)]


def test_beyond_the_limit_the_session_used_least_recently_ends(start):
    gateway = start(configuration(max_sessions=2))
    register(gateway)
    first, second = session(gateway), session(gateway)
    first = {**first, **refresh(gateway, first["refresh_token"]).json()}
    third = session(gateway)
    until(lambda: is_revoked(ask(gateway, second["token"])), "a refusal")
    assert ask(gateway, first["token"]).status == ask(gateway, third["token"]).status == 200


def test_a_changed_password_ends_the_other_sessions(alice):
    mine, other = session(alice), session(alice)

    def change(current, new):
        return post(alice, "/password", {"current": current, "new": new}, {"Authorization": mine["token"]})

    assert change("wrong password", "another password").refusal == (403, "current_invalid")
    assert change(PASSWORD, "short").refusal == (400, "invalid_body")
    assert change(PASSWORD, 7).refusal == (400, "invalid_body")
    assert change(PASSWORD, "another password").status == 204
    until(lambda: is_revoked(ask(alice, other["token"])), "a refusal")
    assert ask(alice, mine["token"]).status == 200
    assert refresh(alice, mine["refresh_token"]).status == 200
    assert refresh(alice, other["refresh_token"]).status == 401
    assert log_in(alice).status == 401 and log_in(alice, password="another password").status == 200


# The command line


@pytest.mark.parametrize("words", [("disable", "alice"), ("delete", "alice"), ("revoke-sessions", "alice"), ("passwd", "alice")])
def test_a_command_ends_sessions_and_other_tokens_of_the_user_at_a_running_gateway(words, alice):
    tokens = session(alice)
    old = jwt.encode({"user": "alice", "iat": int(time.time()) - 5, "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    undated = jwt.encode({"user": "alice", "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    stranger = jwt.encode({"user": "bob", "exp": int(time.time()) + 60}, secret(alice), algorithm="HS256")
    with alice.client() as kept:
        for each in (tokens["token"], old, undated):
            assert kept.request("/protected", fields={"Authorization": each}).status == 200
        extra = {"stdin": "another password"} if words[0] == "passwd" else {}
        command(alice, "user", *words, *(["--password-stdin"] if extra else []), **extra)
        began = time.monotonic()
        until(lambda: all(kept.request("/protected", fields={"Authorization": each}).status == 401 for each in (tokens["token"], old, undated)), "a refusal")
        assert time.monotonic() - began < 1
        assert kept.request("/protected", fields={"Authorization": old}).refusal == REVOKED
        assert kept.request("/protected", fields={"Authorization": stranger}).status == 200
    assert refresh(alice, tokens["refresh_token"]).refusal == (401, "refresh_invalid")
    if words[0] in ("passwd", "revoke-sessions"):
        fresh = session(alice, password="another password" if words[0] == "passwd" else PASSWORD)
        assert ask(alice, fresh["token"]).status == 200, "a session that begins now is good"
        assert ask(alice, command(alice, "token", "issue", "--user", "alice").strip()).status == 200


def test_sessions_at_the_command_line(alice):
    assert command(alice, "session", "list", "alice") == ""
    mine = log_in(alice, fields={"User-Agent": "curl/8"}).json()["token"]
    (line,) = command(alice, "session", "list", "ALICE").splitlines()
    assert line.split("  ")[0] == sid(mine) and line.endswith("127.0.0.1  curl/8")
    assert command(alice, "session", "end", sid(mine)) == f"session '{sid(mine)}' of user 'alice' ended\n"
    until(lambda: is_revoked(ask(alice, mine)), "a refusal")
    assert run("session", "end", sid(mine), directory=alice.directory)[0] == 1
    assert run("session", "list", "nobody", directory=alice.directory)[::2] == (1, "portcullis: there is no user 'nobody'\n")
    for words in (["session"], ["session", "list"], ["session", "end"], ["session", "drop"], ["session", "list", "a", "b"]):
        assert run(*words, directory=alice.directory)[0] == 2


def test_tokens_of_another_issuer_are_revoked_by_subject(start):
    gateway = start(configuration(auth={"issuers": [issuer(), issuer(issuer="https://other.test", audience="any")]}))
    now = int(time.time())
    old = token(sub="alice", iat=now - 10)
    others = [token(sub="bob", iat=now - 10), token(iss="https://other.test", sub="alice", iat=now - 10)]
    for each in (old, *others):
        assert ask(gateway, each).status == 200
    name = jwt.decode(old, options={"verify_signature": False})["iss"]
    command(gateway, "user", "revoke-sessions", "--issuer", name, "--subject", "alice")
    until(lambda: is_revoked(ask(gateway, old)), "a refusal")
    for each in others:
        assert ask(gateway, each).status == 200
    assert ask(gateway, token(sub="alice", iat=now + 2)).status == 200
    words = ["user", "revoke-sessions", "--issuer", "https://nobody.test", "--subject", "alice"]
    assert run(*words, directory=gateway.directory)[0] == 1
    assert run(*words[:4], directory=gateway.directory)[0] == 2


# Whatever happens to the gateway


def test_what_is_revoked_stays_so_after_a_restart_and_a_reload(alice, start):
    ended, kept = session(alice), session(alice)
    assert ask(alice, ended["token"], "/logout", "POST").status == 204
    until(lambda: is_revoked(ask(alice, ended["token"])), "a refusal")
    alice.reload()
    assert ask(alice, ended["token"]).refusal == REVOKED
    alice.signal(signal.SIGINT)
    assert alice.wait() == 0
    again = start(configuration(), directory=alice.directory)
    assert ask(again, ended["token"]).refusal == REVOKED, "from the first request on"
    assert ask(again, kept["token"]).status == 200
    assert refresh(again, ended["refresh_token"]).status == 401
    assert refresh(again, kept["refresh_token"]).status == 200


def test_every_worker_refuses_what_is_revoked(start):
    gateway = start(configuration(workers=4))
    register(gateway)
    tokens = session(gateway)
    clients = [gateway.client() for _ in range(24)]
    for client in clients:
        assert client.request("/protected", fields={"Authorization": tokens["token"]}).status == 200
    assert ask(gateway, tokens["token"], "/logout", "POST").status == 204
    until(lambda: all(client.request("/protected", fields={"Authorization": tokens["token"]}).status == 401 for client in clients), "a refusal")
    for client in clients:
        client.close()


def test_a_command_shows_what_is_revoked(alice):
    tokens = session(alice)
    code, output, _ = run("token", "inspect", tokens["token"], directory=alice.directory)
    assert code == 0 and "revocation" in output
    command(alice, "session", "end", sid(tokens["token"]))
    code, output, _ = run("token", "inspect", tokens["token"], directory=alice.directory)
    assert code == 1 and "This gateway refuses the token: token_revoked" in output
    code, output, _ = run("explain", "GET", "/protected", "-H", "Authorization: " + tokens["token"], directory=alice.directory)
    assert "token_revoked" in output


def test_a_websocket_is_cut_when_its_session_ends(start):
    upstream = Upstream(answering(then=echo_bytes))
    routes = [{"path": "/ws", "upstream": "app"}]
    gateway = start(configuration(routes=routes, upstreams={"app": {"servers": [upstream.address]}}))
    register(gateway)
    mine, other = session(gateway), session(gateway)
    with gateway.client() as cut, gateway.client() as kept:
        open_socket(cut, fields={"Authorization": mine["token"]})
        open_socket(kept, fields={"Authorization": other["token"]})
        assert ask(gateway, mine["token"], "/logout", "POST").status == 204
        began = time.monotonic()
        assert read_close(cut) == (1008, "token_revoked")
        assert time.monotonic() - began < 1
        kept.send(HELLO)
        assert read_exactly(kept, len(HELLO)) == HELLO
    upstream.close()


# Requests as people make them


def test_a_client_lives_by_refreshing(alice):
    """As a program of requests and PyJWT does: it refreshes when the token is about to end, and logs out."""
    url, key = alice.url, secret(alice)
    http = requests.Session()
    tokens = http.post(url + "/login", json={"username": "alice", "password": PASSWORD}).json()
    for _ in range(24):
        assert http.get(url + "/protected", headers={"Authorization": "Bearer " + tokens["token"]}).status_code == 200
        claims = jwt.decode(tokens["token"], key, algorithms=["HS256"])
        assert claims["sub"] == claims["user"] == "alice"
        answer = http.post(url + "/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 200
        tokens = answer.json()
    assert http.post(url + "/logout", headers={"Authorization": "Bearer " + tokens["token"]}).status_code == 204
    until(lambda: http.get(url + "/protected", headers={"Authorization": tokens["token"]}).status_code == 401, "a refusal")


def test_paths_of_sessions_can_be_moved_and_left_out(start):
    upstream = Upstream()
    paths = {"refresh": "/auth/renew", "sessions": "/auth/mine", "logout": None, "password": None}
    routes = [{"exact": "/sessions", "upstream": "app", "auth": "none"}, {"path": "/logout", "upstream": "app", "auth": "none"}]
    gateway = start(configuration(paths=paths, routes=routes, upstreams={"app": {"servers": [upstream.address]}}))
    register(gateway)
    tokens = session(gateway)
    assert post(gateway, "/auth/renew", {"refresh_token": tokens["refresh_token"]}).status == 200
    assert len(ask(gateway, tokens["token"], "/auth/mine").json()["sessions"]) == 1
    assert ask(gateway, tokens["token"], "/auth/mine/" + sid(tokens["token"]), "DELETE").status == 204
    assert gateway.request("/sessions").status == gateway.request("/logout", "POST", body=b"").status == 200
    assert gateway.request("/password", "POST", body=b"").status == 404
    upstream.close()
