"""`portcullis key generate|list|rotate`, alone, beside a running gateway, under load and broken off."""

import os
import re
import signal
import subprocess
import threading
import time

import jwt
import pytest

from lib.accounts import configuration, register, token_of
from lib.gateway import binary, run, write_config
from lib.keys import PAIRS, files, key_set, login, names, pairs, signing, verified
from lib.upstreams import free_port
from lib.waiting import until


def bearer(token):
    return {"Authorization": "Bearer " + token}


def rotate(directory, *arguments):
    """Rotates; the `kid` that signs from then on."""
    code, output, errors = run("key", "rotate", *arguments, directory=directory)
    assert code == 0, errors
    return re.match(r"tokens are signed with (\S+) ", output).group(1)


def signs_with(gateway, name):
    """Waits until tokens come with that key."""
    until(lambda: jwt.get_unverified_header(token_of(gateway))["kid"] == name, f"a token signed with {name}")


def rows(directory):
    """`key list` as a list of dictionaries."""
    code, output, errors = run("key", "list", directory=directory)
    assert (code, errors) == (0, "")
    heading, *lines = output.splitlines()
    assert heading.split() == ["kid", "algorithm", "state", "since", "until"]
    starts = [heading.index(word) for word in heading.split()]
    found = []
    for line in lines:
        # A table: every cell begins below its heading.
        assert all(line[start - 2 : start] == "  " for start in starts[1:]), line
        found.append(dict(zip(heading.split(), line.split(), strict=True)))
    return found


# On their own


@pytest.fixture
def folder(directory):
    write_config(directory, signing())
    return directory


def seconds(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


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
    assert code == 0 and "was made known only" in errors


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


def test_a_revoked_key_is_gone(folder):
    run("key", "generate", directory=folder)
    current = rows(folder)[1]["kid"]
    code, output, _ = run("key", "rotate", "--revoke", directory=folder)
    assert code == 0 and f"{current} (ES256) is revoked" in output
    assert current not in str(rows(folder)) + str(os.listdir(os.path.join(folder, "keys")))


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


# Beside a running gateway


def test_a_running_gateway_notices_a_rotation(start):
    gateway = start(signing())
    old = login(gateway)
    first = names(gateway)
    assert rotate(gateway.directory) == first[0]
    signs_with(gateway, first[0])
    assert names(gateway)[1:] == first
    fresh = token_of(gateway)
    for token in (old, fresh):
        assert gateway.request("/protected", fields=bearer(token)).status == 200
        assert verified(gateway, token)["sub"] == "alice"
    assert files(gateway) == sorted(["index"] + [name + ".pem" for name in names(gateway)])


def test_tokens_of_a_revoked_key_are_refused_at_once(start):
    gateway = start(signing())
    old = login(gateway)
    assert gateway.request("/protected", fields=bearer(old)).status == 200
    rotate(gateway.directory, "--revoke")
    until(lambda: gateway.request("/protected", fields=bearer(old)).status == 401, "the end of the revoked key's tokens")
    assert gateway.request("/protected", fields=bearer(old)).refusal == (401, "key_unknown")
    assert gateway.request("/protected", fields=bearer(token_of(gateway))).status == 200


def test_a_damaged_directory_leaves_the_keys_in_force(start):
    gateway = start(signing())
    token = login(gateway)
    index = os.path.join(gateway.directory, "keys", "index")
    with open(index) as file:
        good = file.read()
    before = names(gateway)
    with open(index, "w") as file:
        file.write("nonsense\n")
    until(lambda: "keys/index': it was not written by this program" in gateway.errors(), "a word about the index")
    assert gateway.request("/protected", fields=bearer(token)).status == 200
    assert token_of(gateway) and names(gateway) == before
    with open(index + ".new", "w") as file:
        file.write(good)
    os.rename(index + ".new", index)
    first = rotate(gateway.directory)
    signs_with(gateway, first)


def test_a_reload_takes_up_a_rotation(start):
    gateway = start(signing())
    login(gateway)
    name = rotate(gateway.directory)
    gateway.reload()
    assert jwt.get_unverified_header(token_of(gateway))["kid"] == name


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_no_valid_token_is_refused_while_keys_are_rotated_under_load(start, algorithm):
    """Several workers and clients that log in and use what they have got, all through a series of rotations."""
    gateway = start(signing(algorithm, workers=2, throttle=False))
    tokens = [login(gateway)]
    problems, count = [], 0
    done = threading.Event()

    def log_in_again():
        with gateway.client() as client:
            while not done.is_set():
                tokens.append(token_of(client))

    def use():
        nonlocal count
        # A connection each time, so that each worker gets its share.
        number = 0
        while not done.is_set() and not problems:
            with gateway.client() as client:
                for _ in range(4):
                    number += 1
                    token = tokens[-1] if number % 2 else tokens[number % len(tokens)]
                    answer = client.request("/protected", fields=bearer(token))
                    count += 1
                    if answer.status != 200:
                        problems.append((answer, jwt.get_unverified_header(token), key_set(gateway)))
                        return

    threads = [threading.Thread(target=each) for each in (log_in_again, log_in_again, use, use, use)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            name = rotate(gateway.directory)
            until(lambda name=name: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 30)
        # Faster than anybody can notice: the gateway sees the last of them only.
        for _ in range(5):
            name = rotate(gateway.directory)
        until(lambda: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 30)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not problems, problems
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) >= 6
    assert count > 100
    for token in tokens:
        assert gateway.request("/protected", fields=bearer(token)).status == 200


def test_a_rotation_killed_anywhere_leaves_keys_that_can_be_used(start):
    """Killed while it makes a large key, writes, renames or removes: the gateway goes on, and the next rotation is as any other."""
    gateway = start(signing("RS256"))
    token = login(gateway)
    known = {name for name in names(gateway)}
    ended = []
    for number in range(30):
        process = subprocess.Popen(
            [binary(), "key", "rotate"], cwd=gateway.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # From the first system call to well behind the last.
        time.sleep(0.012 * number)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        ended.append(process.wait())
        states = [row["state"] for row in rows(gateway.directory)]
        assert states[:2] == ["next", "current"] and set(states[2:]) <= {"previous"}
        known |= {row["kid"] for row in rows(gateway.directory)}
        assert gateway.request("/protected", fields=bearer(token)).status == 200
    assert -signal.SIGKILL in ended and 0 in ended
    name = rotate(gateway.directory)
    signs_with(gateway, name)
    assert gateway.request("/protected", fields=bearer(token)).status == 200
    # What the broken-off ones had left behind is gone.
    assert files(gateway) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(gateway.directory)])
    gateway.stop()
    again = start(signing("RS256"), directory=gateway.directory)
    assert again.request("/protected", fields=bearer(token)).status == 200


@pytest.mark.parametrize("source", ["jwks", "discover"])
def test_another_gateway_takes_the_tokens_through_every_rotation(start, source):
    """With nothing but the first one's URL: what is next is known there before it signs, what isn't is fetched."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    first = start({**signing("EdDSA", issuer=url), "listen": [f"127.0.0.1:{port}"]})
    keys = {"jwks": url + "/.well-known/jwks.json"} if source == "jwks" else {"discover": True}
    auth = {"issuers": [{"issuer": url, "audience": "any", **keys}], "jwks_cooldown": "1s"}
    route = {"exact": "/protected", "respond": {"status": 200, "json": {}}}
    second = start({"listen": ["127.0.0.1:0"], "workers": 1, "auth": auth, "routes": [route]})
    tokens = [login(first)]
    until(lambda: second.request("/protected", fields=bearer(tokens[0])).status == 200, "the keys at the other gateway")
    for number in range(4):
        signs_with(first, rotate(first.directory))
        tokens.append(token_of(first))
        if number == 0:
            assert second.request("/protected", fields=bearer(tokens[-1])).status == 200
        until(lambda: second.request("/protected", fields=bearer(tokens[-1])).status == 200, "the new key at the other gateway")
        for token in tokens:
            assert second.request("/protected", fields=bearer(token)).status == 200


def test_two_gateways_share_a_directory(start, directory):
    shared = os.path.join(directory, "keys")
    first = start(signing(signing=pairs(directory=shared)))
    second = start(signing(signing=pairs(directory=shared)))
    token = login(first)
    assert second.request("/protected", fields=bearer(token)).status == 200
    name = rotate(first.directory)
    signs_with(first, name)
    assert second.request("/protected", fields=bearer(token_of(first))).status == 200
    assert second.request("/protected", fields=bearer(token)).status == 200
    until(lambda: names(second) == names(first), "the other gateway to notice")
