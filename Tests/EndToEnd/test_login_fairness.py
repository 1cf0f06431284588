"""The order in which passwords are hashed: crowds delay only themselves, and clients that are gone cost nothing."""

import contextlib
import os
import socket
import sqlite3
import threading

import pytest

from lib.accounts import JSON, PASSWORD, configuration, log_in, post, register
from lib.client import Closed
from lib.gateway import HASHED, run
from lib.waiting import until

# Hashing passwords takes both processors for seconds.
pytestmark = pytest.mark.heavy

# These tests look for answers, not for times.
PATIENT = HASHED


def close(client):
    client.close()


def reset(client):
    client.reset()


def message(client, path, name, password=PASSWORD):
    """A request, ready to be sent."""
    body = f'{{"username": "{name}", "password": "{password}"}}'.encode()
    return client.head(path, "POST", JSON, body) + body


class Crowd:
    """Connections that register one fresh name after the other until they are told to stop."""

    def __init__(self, gateway, size, sources):
        self.gateway, self.sources = gateway, sources
        self.going, self.statuses, self.clients, self.lock = True, [], [], threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(size)]
        for thread in self.threads:
            thread.start()
        until(lambda: len(self.statuses) >= 20, "registrations", PATIENT)

    def run(self, number):
        with self.gateway.client(timeout=None, source=(self.sources[number % len(self.sources)], 0)) as client:
            self.clients.append(client)
            count = 0
            while self.going:
                try:
                    status = register(client, f"crowd-{number}-{count}").status
                except (Closed, OSError):
                    assert not self.going
                    return
                with self.lock:
                    self.statuses.append(status)
                count += 1

    def stop(self):
        self.going = False
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()


class Stalled:
    """A gateway whose database another process keeps locked, so that its threads are busy with registrations that wait for it."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.clients = []
        self.database = sqlite3.connect(os.path.join(gateway.directory, "data", "accounts.db"), isolation_level=None)
        self.database.execute("BEGIN IMMEDIATE")
        for number in range(2):
            self.send("/register", f"blocker-{number}", "127.0.0.1")

    def send(self, path, name, source):
        """Sends a request on a connection of its own, and waits for nothing."""
        client = self.gateway.client(source=(source, 0))
        client.send(message(client, path, name))
        self.clients.append(client)
        return client

    def end(self):
        self.database.execute("ROLLBACK")
        self.database.close()

    def close(self):
        self.database.close()
        for client in self.clients:
            client.close()


@pytest.fixture
def stalled(start):
    gateway = start(configuration(throttle=False))
    for name in ("alice", "bob"):
        assert register(gateway, name).status == 201
    stalled = Stalled(gateway)
    yield stalled
    stalled.close()


def answered(client):
    """True if there is something to read on the connection."""
    client.socket.setblocking(False)
    try:
        return bool(client.socket.recv(1, 2))  # MSG_PEEK
    except BlockingIOError:
        return False
    finally:
        client.socket.settimeout(client.timeout)


def is_read(gateway, client):
    """True if the gateway has read all that was sent on the connection: unread bytes would be lost in a reset."""
    ports = f"{gateway.address[1]:04X}", f"{client.socket.getsockname()[1]:04X}"
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    queues = [row[4] for row in rows if (row[1].split(":")[1], row[2].split(":")[1]) == ports]
    return [queue.split(":")[1] for queue in queues] == ["00000000"]


def registered(gateway):
    code, output, errors = run("user", "list", directory=gateway.directory)
    assert code == 0, errors
    return {line.split()[0] for line in output.splitlines()}


CROWDS = {
    "from one address": ["127.0.0.1"],
    "from two": ["127.0.0.1", "127.0.0.3"],
    "from eighty": [f"127.0.1.{number}" for number in range(1, 81)],
}


@pytest.mark.parametrize("sources", CROWDS)
def test_a_crowd_that_registers_keeps_nobody_from_logging_in(sources, start):
    gateway = start(configuration(throttle=False, workers=2))
    users = [f"user{number}" for number in range(4)]
    for name in users:
        assert register(gateway, name).status == 201
    crowd = Crowd(gateway, 80, CROWDS[sources])
    try:
        for turn in range(2):
            for number, name in enumerate(users):
                with gateway.client(source=(f"127.0.2.{number + 1}", 0)) as client:
                    assert log_in(client, name).status == 200, (turn, name)
        # Others may register, too; and what has nothing to do with passwords goes on.
        with gateway.client(source=("127.0.3.1", 0)) as client:
            assert client.request("/").status == 200
            if len(CROWDS[sources]) < 10:
                assert register(client, "late").status == 201
    finally:
        crowd.stop()
    assert set(crowd.statuses) <= {201, 503} and 201 in crowd.statuses


def test_when_the_queue_is_full_the_network_with_the_most_waiting_loses_its_newest(stalled):
    # While the database is locked each of them takes seconds.
    crowd = [stalled.send("/register", f"crowd-{number}", "127.0.0.2") for number in range(70)]
    reasons = {}

    def refused():
        """The clients of the crowd that were told that there is no room."""
        for number, client in enumerate(crowd):
            if number not in reasons and answered(client):
                answer = client.response("POST")
                assert answer.status == 503
                reasons[number] = (answer.refusal[1], answer["retry-after"])
        assert {reason for reason, _ in reasons.values()} <= {"accounts_busy", "store_unavailable"}
        return [number for number, reason in reasons.items() if reason == ("accounts_busy", "2")]

    until(refused, "refusals of those that don't fit", PATIENT)
    before, others = len(refused()), []

    def another():
        others.append(stalled.send("/register", f"other-{len(others)}", f"127.0.4.{len(others) + 1}"))
        return len(refused()) > before

    until(another, "somebody of the crowd that makes room", PATIENT)
    assert min(refused()) > 40, "the oldest stay"
    stalled.end()
    for client in others:
        answer = client.response("POST")
        assert answer.status == 201 or answer.refusal == (503, "store_unavailable")


@pytest.mark.parametrize("leave", [reset, close])
def test_a_request_whose_client_is_gone_leaves_the_queue(leave, stalled):
    gateway = stalled.gateway
    waiting = [stalled.send("/register", f"gone-{number}", "127.0.0.2") for number in range(40)]
    until(lambda: all(is_read(gateway, client) for client in waiting), "the requests to be read", PATIENT)
    for client in waiting:
        leave(client)
    # Each has its line, long before the database could have been asked forty times; so have the two users and the two who block.
    gateway.access_log(44)
    stalled.end()
    with gateway.client(source=("127.0.0.2", 0)) as client:
        assert register(client, "stays").status == 201
    names = registered(gateway)
    assert "stays" in names and not [name for name in names if name.startswith("gone")]
    gone = [line for line in gateway.access_log() if line.get("broken_off")]
    assert len(gone) >= 30


def test_who_has_only_closed_his_sending_side_gets_his_answer(stalled):
    waiting = stalled.send("/login", "alice", "127.0.0.5")
    waiting.half_close()
    # Either what asks whether he is still there, or the answer already.
    until(lambda: answered(waiting), "something", PATIENT)
    stalled.end()
    answer = waiting.response("POST")
    # A login writes its session down: where the database was locked for too long, the answer says so.
    assert answer.status == 200 or answer.refusal == (503, "store_unavailable")
    assert {status for status, _ in answer.informational} <= {100}
    at_once = stalled.send("/login", "bob", "127.0.0.5")
    at_once.half_close()
    assert at_once.response("POST").status == 200


def test_who_hangs_up_while_his_password_is_looked_at_has_tried(start):
    gateway = start(configuration(throttle={"failures": 3, "max_delay": "15m"}))
    for number in range(60):
        with gateway.client() as client:
            client.send(message(client, "/login", "nobody"))
        lines = gateway.access_log(number + 1)
        if lines[-1].get("reason") == "login_throttled":
            return
    raise AssertionError(f"hanging up is free: {lines}")


def test_without_a_crowd_everybody_is_served(start):
    gateway = start(configuration(throttle=False, workers=2))
    outcomes, lock = [], threading.Lock()

    def live(number):
        with gateway.client(source=(f"127.0.6.{number + 1}", 0)) as client:
            answers = [register(client, f"user{number}"), log_in(client, f"user{number}"), post(client, "/login", {})]
            with lock:
                outcomes.append([answer.status for answer in answers])

    threads = [threading.Thread(target=live, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [[201, 200, 400]] * 20
