"""Secrets and private keys that others can read are warned about, by `-t` and at the start, with what mends it."""

import json
import os
import stat
import subprocess

import pytest

from lib.accounts import PROTECTED, PUBLIC, accounts
from lib.gateway import issuer, run, write_config, write_files
from lib.tokens import SECRET
from lib.waiting import until

OCT = {"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]}
KEY_PAIRS = {"key_directory": "data/keys"}


def configuration(**changes):
    auth = {"issuers": [issuer(), issuer(issuer="https://keys.test", secret_file=None, jwks="keys.json")]}
    auth["issuers"][1] = {name: value for name, value in auth["issuers"][1].items() if value is not None}
    return {
        "listen": ["127.0.0.1:0"], "workers": 1, "auth": auth, "accounts": accounts(**changes), "routes": [PUBLIC, PROTECTED],
    }  # fmt: skip


@pytest.fixture
def prepared(directory):
    """A directory in which everything is there that the configuration names."""

    def prepare(config, mode):
        write_files(directory, {"secret.key": SECRET, "keys.json": json.dumps(OCT)})
        path = write_config(directory, config)
        # Asking for a user has the database made, signing has the secret or the keys made.
        assert run("user", "add", "alice", "--password-stdin", directory=directory, stdin="correct horse battery")[0] == 0
        assert run("token", "issue", "--user", "alice", directory=directory)[0] == 0
        secrets = ["secret.key", "keys.json"]
        if "key_directory" in config["accounts"]["signing"]:
            keys = os.path.join("data", "keys")
            secrets += sorted(os.path.join(keys, name) for name in os.listdir(os.path.join(directory, keys)) if name != "index")
            assert len(secrets) == 4
        else:
            secrets.append("data/secret.key")
        for name in secrets:
            os.chmod(os.path.join(directory, name), mode)
        return path, secrets

    return prepare


def warnings(text):
    return [line for line in text.splitlines() if "warning: " in line]


@pytest.mark.parametrize("signing", [{"algorithm": "HS256", "secret_file": "data/secret.key"}, KEY_PAIRS], ids=["a secret", "key pairs"])
@pytest.mark.parametrize(("mode", "readers"), [(0o644, "everybody"), (0o640, "its group"), (0o604, "everybody but its group")])
def test_each_file_is_named_with_its_mode_and_the_command(signing, mode, readers, prepared, directory, start):
    config = configuration(signing=signing)
    _, secrets = prepared(config, mode)
    code, _, errors = run("-t", directory=directory)
    assert code == 0
    for name in secrets:
        text = f"'{name}' holds a secret, and {readers} can read it (mode 0{mode:o}); mend it with: chmod 600 {name}"
        (line,) = [line for line in warnings(errors) if f"'{name}' " in line]
        assert line.startswith("gateway.json:") and text in line
    assert len(warnings(errors)) == len(secrets)
    # What it says mends it.
    for line in warnings(errors):
        subprocess.run(line.split("mend it with: ")[1], shell=True, check=True, cwd=directory)
    assert run("-t", directory=directory) == (0, "portcullis: gateway.json: the configuration is fine\n", "")


def test_the_start_and_a_reload_say_it_too(prepared, directory, start):
    config = configuration()
    prepared(config, 0o644)
    gateway = start(config, directory=directory)
    # The tests' own `start` writes this one anew, for its owner alone.
    os.chmod(os.path.join(directory, "secret.key"), 0o644)

    def told():
        return {line.split("chmod 600 ")[1] for line in warnings(gateway.errors())}

    names = {os.path.join(directory, name) for name in ("keys.json", "data/secret.key")}
    assert told() >= names
    gateway.reload()
    until(lambda: os.path.join(directory, "secret.key") in told(), gateway.errors)


def test_what_is_public_may_be_read_by_all_and_what_the_gateway_makes_is_private(directory, start):
    public = {"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": X, "y": Y}]}
    write_files(directory, {"secret.key": SECRET, "keys.json": json.dumps(public)})
    os.chmod(os.path.join(directory, "keys.json"), 0o644)
    config = configuration(signing=KEY_PAIRS)
    config["auth"]["issuers"][1]["algorithms"] = ["ES256"]
    gateway = start(config, directory=directory)
    assert not warnings(gateway.errors())
    for folder, _, names in os.walk(os.path.join(directory, "data")):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in names:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600, name


# The example of RFC 7517, appendix A.1.
X, Y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"


def test_a_link_planted_beside_the_pid_file_is_not_followed(directory, start):
    victim = os.path.join(directory, "victim")
    with open(victim, "w") as file:
        file.write("precious")
    # Every name that a draft with the process id could have.
    with open("/proc/sys/kernel/pid_max") as file:
        limit = min(int(file.read()), 1 << 22)
    first = os.getpid()
    for number in range(first, first + 5000):
        os.symlink(victim, os.path.join(directory, f"gateway.pid.{number % limit}"))
    gateway = start({"listen": ["127.0.0.1:0"], "routes": [PUBLIC], "pid_file": "gateway.pid"}, directory=directory)
    with open(os.path.join(directory, "gateway.pid")) as file:
        assert int(file.read()) == gateway.pid
    with open(victim) as file:
        assert file.read() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_log_is_not_written_through_the_link_of_another_user(directory):
    victim = os.path.join(directory, "victim")
    for destination in ("access", "error"):
        link = os.path.join(directory, f"{destination}.log")
        os.symlink(victim, link)
        os.lchown(link, 65534, 65534)
        write_config(directory, {"listen": ["127.0.0.1:0"], "routes": [PUBLIC], "log": {destination: f"{destination}.log"}})
        code, _, errors = run(directory=directory)
        assert code == 1
        assert "can't be opened: It is a symbolic link of another user" in errors
        assert not os.path.exists(victim)


def test_a_unix_socket_takes_the_place_of_nothing_else(directory):
    write_config(directory, {"listen": ["unix:a.sock"], "routes": [PUBLIC]})
    for make in (lambda path: os.symlink("/nowhere", path), lambda path: open(path, "w").close()):
        make(os.path.join(directory, "a.sock"))
        code, _, errors = run(directory=directory)
        assert code == 1 and "Address already in use" in errors
        os.unlink(os.path.join(directory, "a.sock"))
