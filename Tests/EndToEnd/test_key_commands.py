"""`portcullis key generate|list|rotate` on their own."""

import os
import re
import time

import jwt
import pytest

from lib.accounts import configuration, register
from lib.gateway import run, write_config
from lib.keys import PAIRS, signing
from lib.rotation import rotate, rows, seconds


@pytest.fixture
def folder(directory):
    write_config(directory, signing())
    return directory


def test_keys_are_next_then_current_then_previous(folder):
    code, output, _ = run("key", "list", directory=folder)
    assert code == 0 and "there are no keys in keys yet" in output
    assert run("key", "generate", directory=folder)[0] == 0
    first = rows(folder)
    assert [(row["state"], row["algorithm"], row["until"]) for row in first] == [("next", "ES256", "-"), ("current", "ES256", "-")]
    assert rotate(folder) == first[0]["kid"]
    second = rows(folder)
    assert [row["state"] for row in second] == ["next", "current", "previous"]
    assert [row["kid"] for row in second[1:]] == [row["kid"] for row in first]
    # As long as the last token, and a minute for all to have noticed.
    assert seconds(second[2]["until"]) - seconds(second[2]["since"]) == 3600 + 60
    assert abs(seconds(second[2]["since"]) - time.time()) < 30


def test_a_rotation_too_soon_is_said_to_be_one(folder):
    run("key", "generate", directory=folder)
    code, _, errors = run("key", "rotate", directory=folder)
    assert code == 0 and "was published only" in errors


def test_another_next_key_can_be_made_for_another_algorithm(folder):
    run("key", "generate", directory=folder)
    before = rows(folder)
    for algorithm in PAIRS:
        code, output, errors = run("key", "generate", "--alg", algorithm, directory=folder)
        assert (code, errors) == (0, "")
        after = rows(folder)
        assert f"the next key is {after[0]['kid']} ({algorithm})" in output
        assert (after[0]["algorithm"], after[1:]) == (algorithm, before[1:])
        assert len(os.listdir(os.path.join(folder, "keys"))) == 3


def test_a_revocation_leaves_nothing_of_what_lay_in_one_place(folder):
    run("key", "generate", directory=folder)
    rotate(folder)
    before = rows(folder)
    code, output, errors = run("key", "rotate", "--revoke", directory=folder)
    assert code == 0 and "the new keys were published only now" in errors
    after = rows(folder)
    assert [row["state"] for row in before] == ["next", "current", "previous"]
    assert [row["state"] for row in after] == ["next", "current"]
    assert f"tokens are signed with {after[1]['kid']} (ES256) from now on" in output
    for row in before:
        assert f"{row['kid']} (ES256) is revoked" in output
        assert row["kid"] not in str(after) + str(os.listdir(os.path.join(folder, "keys")))


@pytest.mark.parametrize("state", ["next", "current", "previous"])
@pytest.mark.parametrize("form", [("--revoke", "{}"), ("--revoke={}",), ("-c", "gateway.json", "--revoke", "{}")])
def test_a_key_is_revoked_alone(folder, state, form):
    run("key", "generate", directory=folder)
    rotate(folder)
    before = {row["state"]: row["kid"] for row in rows(folder)}
    revoked = before[state]
    rotate(folder, *(word.format(revoked) for word in form))
    after = {row["state"]: row["kid"] for row in rows(folder)}
    assert revoked not in str(after) + str(os.listdir(os.path.join(folder, "keys")))
    assert len(os.listdir(os.path.join(folder, "keys"))) == len(after) + 1
    if state == "next":
        assert {**after, "next": None} == {**before, "next": None} and after["next"] != revoked
    elif state == "current":
        assert after["current"] == before["next"] and after["previous"] == before["previous"]
        assert after["next"] not in before.values()
    else:
        assert after == {key: kid for key, kid in before.items() if key != "previous"}


def test_a_key_whose_name_begins_like_an_option_can_be_revoked(folder):
    run("key", "generate", directory=folder)
    directory = os.path.join(folder, "keys")
    old = rows(folder)[0]["kid"]
    new = "-" + old[1:]
    os.rename(os.path.join(directory, old + ".pem"), os.path.join(directory, new + ".pem"))
    with open(os.path.join(directory, "index")) as file:
        text = file.read()
    with open(os.path.join(directory, "index"), "w") as file:
        file.write(text.replace(old, new))
    assert new in [row["kid"] for row in rows(folder)]
    rotate(folder, "--revoke", new)
    assert new not in [row["kid"] for row in rows(folder)]


def test_a_key_that_is_not_there_cannot_be_revoked(folder):
    run("key", "generate", directory=folder)
    before = rows(folder)
    for name in ("x" * 43, "nonsense"):
        code, output, errors = run("key", "rotate", "--revoke", name, directory=folder)
        assert (code, output) == (1, "") and f"it holds no key '{name}'" in errors
    assert rows(folder) == before


def test_previous_keys_go_when_nothing_that_they_have_signed_is_good(folder):
    write_config(folder, signing(access_token_ttl="1s"))
    run("key", "generate", directory=folder)
    index = os.path.join(folder, "keys", "index")
    for _ in range(2):
        rotate(folder)
    # The clock of a test can't be moved, so the index is: everything was a day ago.
    with open(index) as file:
        text = re.sub(r"\d{10}", lambda match: str(int(match.group()) - 86400), file.read())
    with open(index, "w") as file:
        file.write(text)
    assert [row["state"] for row in rows(folder)] == ["next", "current"]
    assert len(os.listdir(os.path.join(folder, "keys"))) == 5
    rotate(folder)
    assert [row["state"] for row in rows(folder)] == ["next", "current", "previous"]
    assert len(os.listdir(os.path.join(folder, "keys"))) == 4


def test_a_long_token_from_the_command_line_keeps_its_key_alive(start, folder):
    gateway = start(signing(), directory=folder)
    register(gateway)
    assert run("token", "issue", "--user", "alice", "--ttl", "30d", directory=folder)[0] == 0
    rotate(folder)
    last = rows(folder)[2]
    assert seconds(last["until"]) - seconds(last["since"]) == 30 * 86400 + 60


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_pair_for_elsewhere_is_one_that_other_programs_use(directory, algorithm):
    code, output, errors = run("key", "generate", "--alg", algorithm, "--out", "own.pem", directory=directory)
    assert (code, errors) == (0, "")
    path = os.path.join(directory, "own.pem")
    assert os.stat(path).st_mode & 0o777 == 0o600
    public = jwt.PyJWKSet.from_json(output).keys[0]
    with open(path) as file:
        pem = file.read()
    token = jwt.encode({"sub": "alice"}, pem, algorithm=algorithm)
    assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "alice"}
    # Never written over.
    code, output, errors = run("key", "generate", "--alg", algorithm, "--out", "own.pem", directory=directory)
    assert code == 1 and output == "" and "it exists" in errors
    with open(path) as file:
        assert file.read() == pem


def test_a_pair_can_be_printed(directory):
    code, output, _ = run("key", "generate", "--out", "-", directory=directory)
    assert code == 0
    assert output.startswith("-----BEGIN PRIVATE KEY-----\n") and output.splitlines()[-1].startswith('{"keys":[{')
    assert os.listdir(directory) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("key",), "'key' is followed by generate, list or rotate"),
        (("key", "make"), "'key' is followed by generate, list or rotate, not 'make'"),
        (("key", "generate", "--alg", "RS1024"), "--alg takes one of RS256, "),
        (("key", "generate", "--alg", "none"), "--alg takes one of RS256, "),
        (("key", "generate", "--alg", "HS256"), "HS256 takes a secret and no key pair"),
        (("key", "rotate", "--alg", "ES256"), "--alg goes with 'key generate' only"),
        (("key", "list", "--out", "a"), "--out goes with 'key generate' only"),
        (("key", "generate", "--revoke"), "--revoke goes with 'key rotate' only"),
        (("key", "list", "--revoke", "x"), "--revoke goes with 'key rotate' only"),
        (("key", "rotate", "x"), "'x' is not expected"),
        (("key", "rotate", "--revoke", "x", "y"), "'y' is not expected"),
        (("key", "list", "x"), "'x' is not expected"),
    ],
)
def test_arguments_that_make_no_sense_are_usage(directory, arguments, message):
    code, _, errors = run(*arguments, directory=directory)
    assert code == 2 and message in errors


def test_without_a_key_directory_there_is_nothing_to_rotate(directory):
    write_config(directory, configuration())
    for command in ("list", "rotate", "generate"):
        code, _, errors = run("key", command, directory=directory)
        assert code == 1 and "has no 'key_directory'" in errors
    assert "portcullis key rotate" in run("key", "--help")[1]
