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
from lib.keys import ISSUER, PAIRS, files, key_set, login, names, pairs, signing, verified
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


def test_a_revocation_leaves_nothing_of_what_lay_in_one_place(folder):
    run("key", "generate", directory=folder)
    rotate(folder)
    before = rows(folder)
    code, output, errors = run("key", "rotate", "--revoke", directory=folder)
    assert code == 0 and "nobody knows the new keys yet" in errors
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


def stolen(gateway):
    """The private keys of a gateway as somebody has copied them, by their `kid`."""
    folder = os.path.join(gateway.directory, "keys")
    keys = {}
    for name in os.listdir(folder):
        if name.endswith(".pem"):
            with open(os.path.join(folder, name)) as file:
                keys[name.removesuffix(".pem")] = file.read()
    return keys


def forged(keys, kid, iat):
    """A token like the gateway's own, made with a stolen key; `iat` in seconds since 1970, None for none."""
    claims = {"iss": ISSUER, "sub": "mallory", "exp": int(time.time()) + 600, **({} if iat is None else {"iat": int(iat)})}
    return jwt.encode(claims, keys[kid], algorithm="ES256", headers={"kid": kid, "typ": "at+jwt"})


def answers(gateway, token, count=8):
    """What the token gets, on as many connections, so that every worker is asked."""
    return {gateway.request("/protected", fields=bearer(token)).status for _ in range(count)}


def until_all(gateway, token, status):
    until(lambda: answers(gateway, token) == {status}, lambda: f"{status} of all workers: {gateway.errors()!r}")


def test_a_revocation_ends_every_key_that_lay_in_one_place(start):
    """Whoever had one of them may have had all: next, current and previous, whatever is cached."""
    gateway = start(signing(workers=3))
    honest = login(gateway)
    rotate(gateway.directory)
    until(lambda: len(names(gateway)) == 3, "the rotation")
    keys = stolen(gateway)
    following, current, previous = names(gateway)
    tokens = [honest, *(forged(keys, kid, time.time() - 60) for kid in (following, current, previous))]
    for token in tokens:
        until_all(gateway, token, 200)
    rotate(gateway.directory, "--revoke")
    for token in tokens:
        until_all(gateway, token, 401)
        assert gateway.request("/protected", fields=bearer(token)).refusal == (401, "key_unknown")
    assert set(names(gateway)).isdisjoint(keys) and len(names(gateway)) == 2
    until(lambda: jwt.get_unverified_header(token_of(gateway))["kid"] == names(gateway)[1], "a new signature")
    until_all(gateway, token_of(gateway), 200)
    gateway.stop()
    again = start(signing(), directory=gateway.directory)
    for token in tokens:
        assert again.request("/protected", fields=bearer(token)).status == 401


@pytest.mark.parametrize("place", range(3), ids=["next", "current", "previous"])
def test_tokens_of_a_key_that_is_revoked_alone_are_refused(start, place):
    gateway = start(signing(workers=2))
    login(gateway)
    rotate(gateway.directory)
    until(lambda: len(names(gateway)) == 3, "the rotation")
    keys, known = stolen(gateway), names(gateway)
    tokens = [forged(keys, kid, time.time() - 60) for kid in known]
    for token in tokens:
        until_all(gateway, token, 200)
    rotate(gateway.directory, "--revoke", known[place])
    until_all(gateway, tokens[place], 401)
    for number, token in enumerate(tokens):
        assert answers(gateway, token) == {401 if number == place else 200}
    until_all(gateway, token_of(gateway), 200)


def test_a_previous_key_verifies_nothing_that_was_issued_after_its_time(start):
    gateway = start(signing(workers=2))
    honest = login(gateway)
    keys, (_, kid) = stolen(gateway), names(gateway)
    unaware = forged(keys, kid, None)
    # Kept for its next use before the rotation: that is no way around it.
    until_all(gateway, unaware, 200)
    rotate(gateway.directory)
    retired = int(seconds(rows(gateway.directory)[2]["since"]))
    until_all(gateway, unaware, 401)
    for after, status in ((-60, 200), (0, 200), (3, 200), (4, 401), (60, 401)):
        token = forged(keys, kid, retired + after)
        # What is ahead of the clock is taken once its time has come.
        until_all(gateway, token, status)
    assert gateway.request("/protected", fields=bearer(token)).refusal == (401, "key_unknown")
    code, output, _ = run("token", "inspect", token, directory=gateway.directory)
    assert code == 1 and "that key was retired and verifies what was issued until" in output
    assert answers(gateway, honest) == {200}
    gateway.reload()
    assert answers(gateway, unaware) == {401} and answers(gateway, honest) == {200}


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


@pytest.mark.heavy
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_no_valid_token_is_refused_while_keys_are_rotated_under_load(start, algorithm):
    """Several workers and clients that log in and use what they have got, all through a series of rotations."""
    gateway = start(signing(algorithm, workers=2, throttle=False))
    tokens = [login(gateway)]
    problems, count = [], 0
    done = threading.Event()

    def log_in_again():
        # On a busy machine a password takes its time.
        with gateway.client(timeout=60) as client:
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
            until(lambda name=name: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 60)
        # Faster than anybody can notice: the gateway sees the last of them only.
        for _ in range(5):
            name = rotate(gateway.directory)
        until(lambda: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 60)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not problems, problems
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) >= 6
    assert count > 100
    for token in tokens:
        assert gateway.request("/protected", fields=bearer(token)).status == 200


def killed(directory, delay, *arguments):
    """Starts a rotation and kills it after a while; whether it had come to its end by then."""
    process = subprocess.Popen(
        [binary(), "key", "rotate", *arguments], cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == 0


@pytest.mark.heavy
def test_a_rotation_killed_anywhere_leaves_keys_that_can_be_used(start):
    """Killed while it makes a large key, writes, renames or removes: the gateway goes on, and the next rotation is as any other."""
    gateway = start(signing("RS256"))
    token = login(gateway)
    ended, begun, delay = 0, 0, 0.0
    # How long a rotation takes depends on what else the machine does: each is given a little more than the one before it, from
    # the first system call to well behind the last, until some have come to their end.
    while ended < 3 or begun == ended:
        begun += 1
        ended += killed(gateway.directory, delay)
        delay = 0 if begun == ended else delay * 1.25 + 0.005
        states = [row["state"] for row in rows(gateway.directory)]
        assert states[:2] == ["next", "current"] and set(states[2:]) <= {"previous"}
        assert gateway.request("/protected", fields=bearer(token)).status == 200
    name = rotate(gateway.directory)
    signs_with(gateway, name)
    assert gateway.request("/protected", fields=bearer(token)).status == 200
    # What the broken-off ones had left behind is gone.
    assert files(gateway) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(gateway.directory)])
    gateway.stop()
    again = start(signing("RS256"), directory=gateway.directory)
    assert again.request("/protected", fields=bearer(token)).status == 200


def test_a_revocation_killed_anywhere_revokes_all_or_nothing(folder):
    run("key", "generate", directory=folder)
    ended, begun, delay = 0, 0, 0.0
    while ended < 2 or begun == ended:
        begun += 1
        before = rows(folder)
        ended += killed(folder, delay, "--revoke")
        delay = 0 if begun == ended else delay * 1.25 + 0.003
        after = rows(folder)
        assert after == before or not {row["kid"] for row in after} & {row["kid"] for row in before}
        assert [row["state"] for row in after] == ["next", "current"]
    rotate(folder, "--revoke")
    assert sorted(os.listdir(os.path.join(folder, "keys"))) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(folder)])


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
