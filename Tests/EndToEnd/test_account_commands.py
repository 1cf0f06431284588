"""`portcullis user …` and `portcullis token issue`, alone and beside a running gateway."""

import json
import os
import pty
import re
import select
import socket
import subprocess

import jwt
import pytest

from lib.accounts import PASSWORD, configuration, log_in, register, secret, token_of
from lib.gateway import binary, run, write_config


@pytest.fixture
def command(directory):
    """Runs a command in a directory with a configuration: (exit code, output, errors)."""
    write_config(directory, configuration())
    return lambda *arguments, stdin="": run(*arguments, directory=directory, stdin=stdin)


@pytest.fixture
def alice(command):
    assert command("user", "add", "alice", "--password-stdin", stdin=PASSWORD + "\n") == (0, "user 'alice' was added\n", "")
    return command


def test_an_account_from_the_command_line_can_log_in(alice, start, directory):
    gateway = start(configuration(registration="closed"), directory=directory)
    assert log_in(gateway).status == 200
    # And one that is added while the gateway runs.
    assert alice("user", "add", "bob", "--password-stdin", stdin="another password")[0] == 0
    assert log_in(gateway, "bob", "another password").status == 200


@pytest.mark.parametrize("arguments", [["user", "add", "bob", "--password-stdin"], ["token", "inspect", "-"]], ids=" ".join)
def test_what_can_not_be_opened_anew_may_be_standard_input(arguments, alice, directory):
    """A socket, as other programs have it, and for others than root a pipe of another user."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(PASSWORD.encode())
        ours.shutdown(socket.SHUT_WR)
        done = subprocess.run([binary(), *arguments], cwd=directory, stdin=theirs, capture_output=True, text=True, timeout=60)
    assert "standard input" not in done.stderr
    assert ("user 'bob' was added" if arguments[0] == "user" else "token_malformed") in done.stdout


def test_what_happens_beside_a_running_gateway_counts_at_once(start):
    gateway = start(configuration())
    register(gateway)

    def user(*arguments, stdin=""):
        return run("user", *arguments, directory=gateway.directory, stdin=stdin)

    assert user("disable", "ALICE") == (0, "user 'alice' is disabled\n", "")
    assert log_in(gateway).status == 401
    assert user("disable", "alice")[:2] == (0, "user 'alice' is disabled already\n")
    assert user("enable", "alice")[:2] == (0, "user 'alice' is enabled\n")
    assert log_in(gateway).status == 200
    assert user("enable", "alice")[:2] == (0, "user 'alice' is enabled already\n")

    assert user("grant", "alice", "admin", "billing")[:2] == (0, "user 'alice' has the roles admin, billing, user\n")
    assert user("revoke", "alice", "user", "admin")[:2] == (0, "user 'alice' has the roles billing\n")
    assert jwt.decode(token_of(gateway), secret(gateway), algorithms=["HS256"])["roles"] == ["billing"]
    assert user("revoke", "alice", "billing")[:2] == (0, "user 'alice' has no roles\n")

    assert user("passwd", "alice", "--password-stdin", stdin="a new password\r\n")[:2] == (0, "user 'alice' has a new password\n")
    assert log_in(gateway).status == 401
    assert log_in(gateway, password="a new password").status == 200

    assert user("delete", "Alice")[0] == 0
    assert log_in(gateway, password="a new password").status == 401
    assert register(gateway).status == 201, "the name is free again"


def test_accounts_are_listed_and_shown(alice):
    alice("user", "add", "Bob.Long-Name", "--password-stdin", stdin=PASSWORD)
    alice("user", "disable", "bob.long-name")
    code, output, _ = alice("user", "list")
    assert code == 0
    when = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"alice          enabled   {when}  user\nBob\.Long-Name  disabled  {when}  user\n", output), output
    code, output, _ = alice("user", "show", "ALICE")
    assert re.fullmatch(rf"name     alice\nstate    enabled\ncreated  {when}\nroles    user\n", output), output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["user"], 2, "'user' is followed by one of add, list, show"),
        (["user", "frobnicate"], 2, "not 'frobnicate'"),
        (["user", "add"], 2, "needs the name of a user"),
        (["user", "add", "al ice", "--password-stdin"], 2, "may only contain"),
        (["user", "add", "bob", "extra", "--password-stdin"], 2, "'extra' is not expected"),
        (["user", "list", "extra"], 2, "'extra' is not expected"),
        (["user", "grant", "alice"], 2, "needs a role"),
        (["user", "grant", "alice", "a,b"], 2, "none of them a comma"),
        (["user", "list", "--password-stdin"], 2, "--password-stdin goes with"),
        (["user", "list", "--ttl", "5m"], 2, "--ttl goes with"),
        (["user", "list", "--user", "alice"], 2, "--user goes with"),
        (["token", "issue"], 2, "needs --user NAME"),
        (["token", "issue", "--user"], 2, "--user needs a value"),
        (["token", "issue", "--user", "alice", "--ttl", "5"], 2, "not '5'"),
        (["token", "issue", "--user", "alice", "--ttl", "500ms"], 2, "whole seconds"),
        (["token", "issue", "--user", "alice", "--scope", "a  b"], 2, "single spaces"),
        (["token", "issue", "--user", "nobody"], 1, "there is no user 'nobody'"),
        (["user", "add", "Alice", "--password-stdin"], 1, "there is a user 'Alice' already"),
        (["user", "add", "bob"], 1, "use --password-stdin"),
        *((["user", action, "nobody"], 1, "there is no user 'nobody'") for action in ("show", "disable", "enable", "delete")),
        (["user", "grant", "nobody", "x"], 1, "there is no user 'nobody'"),
        (["user", "passwd", "nobody", "--password-stdin"], 1, "there is no user 'nobody'"),
    ],
)
def test_what_can_not_be_done_is_said(arguments, code, message, alice):
    got, output, errors = alice(*arguments, stdin=PASSWORD)
    assert (got, output) == (code, "")
    assert errors.startswith("portcullis: ") and message in errors


def test_a_password_against_the_rules_changes_nothing(alice):
    for text, message in (("short", "at least 8"), ("x" * 257, "at most 256"), ("", "at least 8")):
        code, _, errors = alice("user", "add", "bob", "--password-stdin", stdin=text)
        assert code == 1 and message in errors
    assert "bob" not in alice("user", "list")[1]


def test_without_accounts_there_is_nobody_to_administer(directory):
    write_config(directory, {"listen": ["127.0.0.1:0"], "routes": [{"path": "/", "auth": "none", "respond": {"status": 200}}]})
    for arguments in (["user", "list"], ["token", "issue", "--user", "a"]):
        code, _, errors = run(*arguments, directory=directory)
        assert code == 1 and "gateway.json has no 'accounts'" in errors


def test_the_configuration_may_be_named_before_and_after_the_command(alice, directory):
    os.rename(os.path.join(directory, "gateway.json"), os.path.join(directory, "other.json"))
    assert alice("user", "list")[0] == 1
    for arguments in (["-c", "other.json", "user", "list"], ["user", "-c", "other.json", "list"], ["user", "list", "-c", "other.json"]):
        assert alice(*arguments)[1].startswith("alice ")


def test_help_has_every_command(command):
    code, output, errors = command("user", "--help")
    assert (code, errors) == (0, "")
    for word in ("add", "list", "show", "passwd", "disable", "enable", "delete", "grant", "revoke", "--password-stdin", "-c FILE"):
        assert word in output
    assert "token issue --user NAME" in command("--help")[1] and "portcullis user" in command("--help")[1]


def test_a_token_is_issued_for_so_long_and_for_that(alice, start, directory):
    code, output, errors = alice("token", "issue", "--user", "ALICE", "--ttl", "5m", "--scope", "orders:read orders:write")
    assert (code, errors) == (0, "")
    gateway = start(configuration(), directory=directory)
    claims = jwt.decode(output.strip(), secret(gateway), algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 300
    assert (claims["sub"], claims["roles"], claims["scope"]) == ("alice", ["user"], "orders:read orders:write")
    assert gateway.request("/me", fields={"Authorization": "Bearer " + output.strip()}).json()["claims"] == claims
    claims = jwt.decode(alice("token", "issue", "--user", "alice")[1].strip(), secret(gateway), algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 3600 and "scope" not in claims
    assert alice("token", "inspect", stdin=output)[0] == 0
    alice("user", "disable", "alice")
    code, output, errors = alice("token", "issue", "--user", "alice")
    assert (code, output, errors) == (1, "", "portcullis: user 'alice' is disabled\n")


def type_into(directory, *arguments, answers):
    """Runs a command on a terminal and types an answer at each prompt: (exit code, what the terminal showed)."""
    master, slave = pty.openpty()
    process = subprocess.Popen([binary(), *arguments], cwd=directory, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    shown = b""
    answers = list(answers)
    while True:
        assert select.select([master], [], [], 20)[0], f"it says nothing more: {shown!r}"
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
        if shown.endswith(b": ") and answers:
            os.write(master, answers.pop(0))
    os.close(master)
    return process.wait(20), shown.decode().replace("\r\n", "\n")


def test_a_password_is_asked_for_twice_and_never_shown(directory):
    write_config(directory, configuration())
    code, shown = type_into(directory, "user", "add", "alice", answers=[b"pass wordX\x7f 1\r", b"nonsense\x15pass word 1\r"])
    assert (code, shown) == (0, "Password for alice: \nThe same again: \nuser 'alice' was added\n")
    code, shown = type_into(directory, "user", "passwd", "alice", answers=[b"pass word 2\r", b"pass word 3\r"])
    assert code == 1 and shown.endswith("portcullis: the two passwords differ; nothing was changed\n")
    code, shown = type_into(directory, "user", "passwd", "alice", answers=[b"pass\x03"])
    assert code == 1 and shown.endswith("no password was given; nothing was changed\n")


def test_what_was_typed_is_the_password(directory, start):
    write_config(directory, configuration())
    typed = "pass wörd"
    type_into(directory, "user", "add", "alice", answers=[(typed + "é\x7f\r").encode(), (typed + "\n").encode()])
    gateway = start(configuration(), directory=directory)
    assert log_in(gateway, password=typed).status == 200
    assert json.loads(log_in(gateway, password=typed + "é").body)["message"] == "Invalid credentials!"
