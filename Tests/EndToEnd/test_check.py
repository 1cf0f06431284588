"""`-t` finds what starting would find, in one go, and makes and changes nothing."""

import hashlib
import os
import re
import socket
import stat

import pytest

from lib.gateway import issuer, run, write_config, write_files
from lib.nobody import as_nobody, needs_root
from lib.tokens import SECRET

PUBLIC = [{"path": "/", "auth": "none", "respond": {"status": 200, "body": "x"}}]
ACCOUNTS = {"store": "sqlite:data/a.db", "signing": {"secret_file": "data/secret.key"}}


def public(**top):
    return {"listen": ["127.0.0.1:0"], "workers": 1, "routes": PUBLIC, **top}


def everything(directory):
    """The contents of a directory: {path: (kind and mode, contents)}."""
    found = {}
    for folder, folders, files in os.walk(directory):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            contents = b""
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    contents = hashlib.sha256(file.read()).digest()
            found[os.path.relpath(path, directory)] = (status.st_mode, contents)
    return found


@pytest.fixture
def check(directory):
    """Runs `-t` over a configuration: (exit code, lines on standard error). Whatever it says, it leaves everything as it is."""
    write_files(directory, {"secret.key": SECRET})

    def check(config):
        write_config(directory, config)
        before = everything(directory)
        code, output, errors = run("-t", "-c", "gateway.json", directory=directory)
        assert everything(directory) == before, "the check has made or changed something"
        assert ("is fine" in output) == (code == 0)
        return code, errors.splitlines()

    return check


def start_fails(directory, line):
    """A start says the same, plainly, on standard error and nowhere else."""
    code, _, errors = run("-c", "gateway.json", directory=directory)
    assert code == 1, "it started"
    assert line in errors.splitlines(), errors


@pytest.mark.parametrize(
    "change, words",
    [
        ({"log": {"access": "none/a.log"}}, "the log '{0}none/a.log' can't be opened: No such file or directory; its folder must be there"),
        ({"log": {"access": "off", "error": "none/e.log"}}, "the log '{0}none/e.log' can't be opened: No such file or directory"),
        ({"log": {"access": "folder"}}, "the log '{0}folder' can't be opened: Is a directory"),
        ({"pid_file": "none/p"}, "'{0}none/p' can't be written: No such file or directory; its folder must be there"),
        ({"pid_file": "folder"}, "'{0}folder' can't be written: what stands there is no file"),
        ({"listen": ["203.0.113.7:0"]}, "can't listen on 203.0.113.7:0: Cannot assign requested address; it is no address of this machine"),
        ({"listen": ["unix:none/a.sock"]}, "can't listen on unix:{0}none/a.sock: No such file or directory"),
        ({"listen": ["unix:secret.key"]}, "can't listen on unix:{0}secret.key: Address already in use"),
        ({"admin": {"listen": "203.0.113.7:0"}}, "can't listen on 203.0.113.7:0"),
        ({"accounts": {**ACCOUNTS, "store": "sqlite:none/none/a.db"}}, "none/none/a.db"),
        ({"accounts": {**ACCOUNTS, "signing": {"secret_file": "none/none/s"}}}, "none/none/s"),
        ({"accounts": {**ACCOUNTS, "signing": {"key_directory": "none/none/keys"}}}, "none/none/keys"),
        ({"auth": {"issuers": [issuer(secret_file="none.key")]}}, "none.key"),
        ({"accounts": {**ACCOUNTS, "default_roles": ["a b"]}}, "'a b' in 'default_roles' is no role"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)  # fmt: skip
def test_what_keeps_it_from_starting_is_found_and_said_alike(change, words, check, directory):
    os.mkdir(f"{directory}/folder")
    code, lines = check(public(**change))
    assert code == 1, lines
    errors = [line for line in lines if re.match(r"gateway\.json:\d+:\d+: error: ", line)]
    assert len(errors) == 1, lines
    assert words.format("") in errors[0]
    assert lines[-1] == "portcullis: gateway.json: the configuration can't be used"
    if "accounts" not in change:
        start_fails(directory, errors[0])


@pytest.mark.parametrize("second", ["listen", "admin"])
def test_two_spellings_of_one_address_are_an_error(second, check, directory):
    """The kernel would spread the clients over both, those of the administrators too."""
    host = socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)[0][4][0]
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as unused:
        port = unused.getsockname()[1]
    literal = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    named = f"localhost:{port}"
    listen = [literal, named] if second == "listen" else [literal]
    code, lines = check(public(listen=listen, **({"admin": {"listen": named}} if second == "admin" else {})))
    assert code == 1, lines
    (error,) = [line for line in lines if ": error: " in line]
    assert f"'{named}' and '{literal}', at line 3, column 5, are one address, {literal}" in error
    start_fails(directory, error)


def test_everything_is_found_in_one_go_beside_errors_of_the_file(check, directory):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, lines = check(
            public(
                listen=[f"127.0.0.1:{port}", "203.0.113.7:0"], wokers=2, pid_file="none/p", log={"access": "none/a", "error": "none/b"},
                auth={"issuers": [issuer(secret_file="none.key")]}, drain_timeout="soon",
            )  # fmt: skip
        )
    assert code == 1
    text = "\n".join(lines)
    for words in (
        "did you mean 'workers'?", "\"soon\" is not a duration", f"can't listen on 127.0.0.1:{port}: Address already in use",
        "can't listen on 203.0.113.7:0", "none/p", "none/a", "none/b", "none.key",
    ):  # fmt: skip
        assert words in text, (words, lines)
    places = [tuple(map(int, line.split(":")[1:3])) for line in lines[:-1]]
    assert places == sorted(places), "in the order of the file"
    assert len(set(lines)) == len(lines), "nothing is said twice"


def test_a_first_start_is_checked_and_nothing_is_made(check, directory):
    config = public(
        accounts=ACCOUNTS, log={"access": "a.log", "error": "e.log"}, pid_file="p", listen=["127.0.0.1:0", "unix:a.sock"],
        admin={"listen": "unix:admin.sock"},
    )  # fmt: skip
    assert check(config) == (0, [])
    assert sorted(os.listdir(directory)) == ["gateway.json", "secret.key"]


def test_a_database_that_is_still_empty_stays_so(check, directory):
    os.mkdir(f"{directory}/data", 0o700)
    write_files(directory, {"data/a.db": ""})
    assert check(public(accounts=ACCOUNTS)) == (0, [])
    write_files(directory, {"data/a.db": "this is something else " * 100})
    code, lines = check(public(accounts=ACCOUNTS))
    assert code == 1
    assert "a.db" in lines[0]


def test_beside_the_running_gateway_it_passes_with_notes(start, directory):
    config = public(
        accounts=ACCOUNTS, pid_file="p", log={"access": "a.log"}, listen=["127.0.0.1:0", f"unix:{directory}/a.sock"],
        admin={"listen": "127.0.0.1:0"},
    )  # fmt: skip
    gateway = start(config, directory=directory)
    (_, port), (_, admin) = gateway.addresses[0], gateway.admin
    write_config(directory, {**config, "listen": [f"127.0.0.1:{port}", f"unix:{directory}/a.sock"], "admin": {"listen": f"127.0.0.1:{admin}"}})
    for pid_file in ("p", None):
        if pid_file is None:
            config.pop("pid_file")
            write_config(directory, {**config, "listen": [f"127.0.0.1:{port}", f"unix:{directory}/a.sock"], "admin": {"listen": f"127.0.0.1:{admin}"}})
        code, _, errors = run("-t", "-c", "gateway.json", directory=directory)
        assert code == 0, errors
        notes = [line for line in errors.splitlines() if re.match(r"gateway\.json:\d+:\d+: note: ", line)]
        held = [line for line in notes if "is held by the gateway that is running" in line]
        assert len(held) == 3, errors
        assert all(line.endswith(f"as process {gateway.pid}") for line in notes)
        assert len(notes) == (4 if pid_file else 3)
    assert gateway.request("/").status == 200
    assert os.path.exists(f"{directory}/a.sock")


def test_an_address_that_another_program_holds_is_an_error(check, directory):
    for family, name in ((socket.AF_INET, "127.0.0.1"), (socket.AF_UNIX, f"{directory}/other.sock")):
        with socket.socket(family) as other:
            other.bind((name, 0) if family == socket.AF_INET else name)
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}" if family == socket.AF_INET else f"unix:{name}"
            code, lines = check(public(listen=[address]))
            assert code == 1
            assert f"can't listen on {address}: Address already in use" in lines[0]


def test_a_socket_that_was_left_behind_is_no_hindrance_and_stays(check, directory):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{directory}/a.sock")
    assert check(public(listen=["unix:a.sock"])) == (0, [])


@needs_root
def test_what_the_user_may_not_do_is_found(directory):
    os.chmod(directory, 0o755)
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
        privileged = int(file.read()) > 81
    os.mkdir(f"{directory}/data", 0o755)
    config = public(listen=["127.0.0.1:81"], accounts=ACCOUNTS, pid_file="p", log={"access": "a.log"})
    os.chmod(write_config(directory, config), 0o644)
    code, _, errors = as_nobody("-t", "-c", "gateway.json", directory=directory)
    assert code == 1
    for words in (
        "'p' can't be written: Permission denied", "the log 'a.log' can't be opened: Permission denied",
        "data/a.db", "'data/secret.key' can't be made in 'data': Permission denied",
    ):  # fmt: skip
        assert words in errors, errors
    if privileged:
        assert re.search(r"can't listen on 127\.0\.0\.1:81: Permission denied; .*CAP_NET_BIND_SERVICE", errors), errors
        write_config(directory, public(listen=["127.0.0.1:81"]))
        code, _, errors = as_nobody("-c", "gateway.json", directory=directory)
        assert code == 1
        assert re.search(r"gateway\.json:\d+:\d+: error: can't listen on .*CAP_NET_BIND_SERVICE", errors), errors


def test_a_start_that_fails_says_so_on_standard_error_wherever_the_log_goes(directory):
    write_config(directory, public(listen=["203.0.113.7:80"], log={"access": "off", "error": "e.log"}))
    code, _, errors = run("-c", "gateway.json", directory=directory)
    assert code == 1
    assert re.fullmatch(r"gateway\.json:\d+:\d+: error: can't listen on 203\.0\.113\.7:80: [^\n]*\n", errors), errors
    with open(f"{directory}/e.log") as file:
        assert "can't listen on 203.0.113.7:80" in file.read()
