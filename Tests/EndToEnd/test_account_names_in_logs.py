"""The names in the access log for the hosted endpoints: the user, or the name that somebody tried, and never a password."""

import json

import pytest

from lib.accounts import PASSWORD, configuration, log_in, post, register, token_of
from lib.waiting import until


def last_line(gateway, count):
    return gateway.access_log(count)[count - 1]


def test_lines_name_the_user_once_it_is_known(start):
    gateway = start(configuration())
    assert register(gateway, "Alice").status == 201
    assert log_in(gateway, "aLICE").status == 200
    assert gateway.request("/me", fields={"Authorization": token_of(gateway, "alice")}).status == 200
    for line in gateway.access_log(4):
        # As it was registered, however it was typed.
        assert line["user"] == "Alice" and "login" not in line
    assert register(gateway, "alice").status == 409
    line = last_line(gateway, 5)
    assert "user" not in line and "login" not in line


@pytest.mark.parametrize("name", ["alice", "ALICE", "nobody", "a@b.test", "x" * 64])
def test_a_failed_login_has_the_name_that_was_tried(name, start):
    gateway = start(configuration(throttle={"failures": 1, "max_delay": "15m"}))
    assert register(gateway).status == 201
    for status in (401, 401, 429):
        assert log_in(gateway, name, "wrong password").status == status
    lines = gateway.access_log(4)[1:]
    assert [line["reason"] for line in lines] == ["credentials_invalid", "credentials_invalid", "login_throttled"]
    for line in lines:
        assert line["login"] == name and "user" not in line


@pytest.mark.parametrize(
    "name", ["", " alice", "correct horse battery", "pässword", "-secret", "x" * 65, "pass;word", 'a"b', "a\nb", "hunter2!"]
)
def test_what_can_t_be_a_name_is_not_written(name, start):
    gateway = start(configuration())
    assert log_in(gateway, name, "a password").status == 401
    line = last_line(gateway, 1)
    assert "login" not in line and "user" not in line
    assert not name or json.dumps(name) not in gateway.output()


def test_neither_is_a_name_from_a_body_that_is_refused(start):
    gateway = start(configuration())
    assert post(gateway, "/login", {"username": "alice"}).status == 400
    assert post(gateway, "/login", {"username": "alice", "password": 1}).status == 400
    assert register(gateway, "alice", "short").status == 400
    for line in gateway.access_log(3):
        assert "login" not in line and "user" not in line


def test_the_combined_format_names_users_only(start):
    gateway = start({**configuration(), "log": {"format": "combined"}})
    assert register(gateway).status == 201
    assert log_in(gateway).status == 200
    assert log_in(gateway, "nobody").status == 401

    def users():
        lines = gateway.output().splitlines()
        return len(lines) >= 3 and [line.split()[2] for line in lines[:3]]

    assert until(users, gateway.output) == ["alice", "alice", "-"]
    assert PASSWORD not in gateway.output()
