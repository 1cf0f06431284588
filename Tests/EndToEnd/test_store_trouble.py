"""The gateway while its database can't be used: it says so, once, and goes on when it can."""

import contextlib
import os
import resource
import subprocess

import pytest
import sqlite3

from lib.accounts import PROTECTED, accounts, configuration, log_in, register, token_of
from lib.gateway import HASHED, run, write_config
from lib.nobody import as_nobody, needs_root
from lib.waiting import until


def database(gateway):
    return os.path.join(gateway.directory, "data", "accounts.db")


@contextlib.contextmanager
def locked(gateway):
    """Another process writes, and doesn't end."""
    connection = sqlite3.connect(database(gateway), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield "another process keeps the accounts' database locked"
    connection.execute("ROLLBACK")
    connection.close()


@contextlib.contextmanager
def no_larger(gateway):
    """No file may grow: what a quota does."""
    limit = os.stat(database(gateway) + "-wal").st_size
    before = resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    yield "the accounts' database failed: disk I/O error"
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def changed(gateway):
    """Somebody has changed the tables."""
    with contextlib.closing(sqlite3.connect(database(gateway))) as connection:
        connection.execute("ALTER TABLE roles RENAME TO elsewhere")
        yield "the accounts' database failed: no such table: "
        connection.execute("ALTER TABLE elsewhere RENAME TO roles")


def assert_told_once(gateway, what, cause, count):
    """The log has the cause once, and the end once with the number."""
    lines = [line for line in gateway.errors().splitlines() if what in line]
    assert len([line for line in lines if f" error: {what} are answered with 503 store_unavailable: {cause}" in line]) == 1, lines
    until(lambda: f" info: {what} are served again; {count} could not be" in gateway.errors(), gateway.errors)
    assert len([line for line in gateway.errors().splitlines() if what in line]) == 2, gateway.errors()


@pytest.mark.parametrize("trouble", [locked, no_larger])
def test_a_registration_that_can_t_be_written_is_503_and_said_once(trouble, start):
    gateway = start({**configuration(throttle=False), "log": {"access": "off"}})
    assert register(gateway).status == 201
    with gateway.client() as client:
        with trouble(gateway) as cause:
            for number in range(4):
                answer = register(client, f"user{number}")
                assert (answer.refusal, answer["retry-after"]) == ((503, "store_unavailable"), "5")
            # Requests that only read go on; a login begins a session, which is written.
            assert log_in(client, password="wrong password").status == 401
            assert log_in(client).refusal == (503, "store_unavailable")
            assert register(client, "alice").refusal == (409, "user_exists")
        assert register(client, "user0").status == 201
    assert_told_once(gateway, "registrations", cause, 4)


def test_a_login_that_can_t_be_looked_up_is_503_is_no_failed_login_and_is_said_once(start):
    gateway = start(configuration(throttle={"failures": 1, "max_delay": "15m"}))
    assert register(gateway).status == 201
    text = token_of(gateway)
    with changed(gateway) as cause:
        for _ in range(5):
            answer = log_in(gateway)
            assert (answer.refusal, answer["retry-after"]) == ((503, "store_unavailable"), "5")
        # Tokens are verified without it.
        assert gateway.request("/protected", fields={"Authorization": text}).status == 200
        assert gateway.request("/me", fields={"Authorization": text}).status == 200
    assert log_in(gateway).status == 200
    assert_told_once(gateway, "logins", cause, 5)


def test_the_queue_is_empty_after_the_trouble(start):
    """Places that a failure keeps would be missed here: as many logins fail as the queue has places, then as many again are served."""
    gateway = start(configuration(throttle=False))
    assert register(gateway).status == 201
    with gateway.client() as client:
        with changed(gateway):
            for _ in range(70):
                assert log_in(client).refusal == (503, "store_unavailable")
        for _ in range(3):
            assert log_in(client).status == 200


@pytest.fixture
def small_disk(directory):
    """A file system of a megabyte, where tests may mount one."""
    path = os.path.join(directory, "data")
    os.mkdir(path, 0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "portcullis-test", path], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def test_a_full_disk_is_503_until_there_is_room(small_disk, directory, start):
    gateway = start(configuration(throttle=False), directory=directory)
    with gateway.client() as client:
        assert register(client).status == 201
        filler = os.path.join(small_disk, "filler")
        with open(filler, "wb", buffering=0) as file:
            with pytest.raises(OSError):
                while True:
                    file.write(b"x" * 4096)

        def refused():
            answer = register(client, f"user{count[0]}")
            count[0] += 1
            return answer.status == 503 and answer

        # The log of the database may have some room left.
        count = [0]
        answer = until(refused, "a registration that the disk has no room for", HASHED)
        assert (answer.refusal, answer["retry-after"]) == ((503, "store_unavailable"), "5")
        assert log_in(client, password="wrong password").status == 401
        os.unlink(filler)
        assert register(client, f"user{count[0] - 1}").status == 201
        assert register(client, "bob").status == 201
        assert log_in(client, "bob").status == 200
    assert_told_once(gateway, "registrations", "the disk of the accounts' database is full", 1)


# As whom


@needs_root
@pytest.mark.parametrize(
    ("modes", "command", "message"),
    [
        ({"data": 0o700}, ["user", "list"], "data/accounts.db': can't be opened: Permission denied; '{}/data' belongs to root"),
        ({"data": 0o755}, ["user", "list"], "data/accounts.db': can't be opened: Permission denied; it belongs to root"),
        ({"data": 0o755, "data/accounts.db": 0o644}, ["user", "list"], "accounts.db': can't be written: Permission denied; it belongs to root"),
        ({"data": 0o755}, ["-t"], "data/accounts.db': can't be opened: Permission denied; it belongs to root"),
        ({"data": 0o755}, ["-t"], "data/secret.key': can't be opened: Permission denied; it belongs to root"),
        ({"data": 0o700}, ["token", "issue", "--user", "alice"], "': can't be opened: Permission denied; '{}/data' belongs to root"),
    ],
)  # fmt: skip
def test_who_may_not_open_the_accounts_is_told_as_whom_to(modes, command, message, start, directory):
    gateway = start(configuration(), directory=directory)
    assert register(gateway).status == 201
    os.chmod(directory, 0o755)
    os.chmod(gateway.config, 0o644)
    for name, mode in modes.items():
        os.chmod(os.path.join(directory, name), mode)
    code, output, errors = as_nobody(*command, "-c", gateway.config)
    assert code == 1
    assert message.format(directory) in errors and "(sudo -u root …)" in errors, errors
    assert "can't be made" not in errors


@needs_root
def test_who_may_not_make_the_accounts_is_told_as_whom_to(directory):
    os.chmod(directory, 0o755)
    os.mkdir(os.path.join(directory, "data"), 0o755)
    path = write_config(directory, {"listen": ["127.0.0.1:0"], "accounts": accounts(), "routes": [PROTECTED]})
    os.chmod(path, 0o644)
    code, _, errors = as_nobody("user", "list", "-c", path)
    assert code == 1
    assert f"can't be made: Permission denied; '{directory}/data' belongs to root" in errors, errors
    # Its owner is told nothing of the kind.
    assert "belongs to" not in run("user", "list", "-c", path)[2]
