"""Hundreds of kills: of `key rotate` and `key rotate --revoke`, and of a gateway that registers accounts.

PORTCULLIS_LONG_ROUNDS says how many, PORTCULLIS_LONG_SEED when they come.
"""

import os
import random
import threading

from lib import accounts
from lib.gateway import HASHED, run, write_config
from lib.keys import files, login, signing
from lib.rotation import killed, rotate, rows, signs_with
from lib.tokens import authorization
from lib.waiting import until

ROUNDS = int(os.environ.get("PORTCULLIS_LONG_ROUNDS", "500"))
SEED = os.environ.get("PORTCULLIS_LONG_SEED", "1")


def test_keys_can_be_used_after_every_rotation_that_was_killed(start):
    chance = random.Random(f"rotate {SEED}")
    gateway = start(signing())
    token = login(gateway)
    ended = 0
    for _ in range(ROUNDS):
        ended += killed(gateway.directory, chance.uniform(0, 0.06))
        states = [row["state"] for row in rows(gateway.directory)]
        assert states[:2] == ["next", "current"] and set(states[2:]) <= {"previous"}
        assert gateway.request("/protected", fields=authorization(token)).status == 200
    print(f"{ROUNDS} rotations, of which {ended} came to their end")
    signs_with(gateway, rotate(gateway.directory))
    assert gateway.request("/protected", fields=authorization(token)).status == 200
    assert files(gateway) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(gateway.directory)])


def test_keys_are_all_revoked_or_none_however_a_revocation_was_killed(directory):
    chance = random.Random(f"revoke {SEED}")
    write_config(directory, signing())
    assert run("key", "generate", directory=directory)[0] == 0
    ended = 0
    for _ in range(ROUNDS):
        before = rows(directory)
        ended += killed(directory, chance.uniform(0, 0.06), "--revoke")
        after = rows(directory)
        assert after == before or not {row["kid"] for row in after} & {row["kid"] for row in before}
        assert [row["state"] for row in after] == ["next", "current"]
    print(f"{ROUNDS} revocations, of which {ended} came to their end")
    rotate(directory, "--revoke")
    assert sorted(os.listdir(os.path.join(directory, "keys"))) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(directory)])


def test_the_store_has_every_account_that_was_acknowledged_before_a_kill(start, directory):
    """Several clients register without a pause; the kill comes at any moment, and the next gateway begins with what is there."""
    chance = random.Random(f"store {SEED}")
    acknowledged, begun = set(), 0
    config = accounts.configuration(throttle=False, workers=2)
    for number in range(ROUNDS):
        gateway = start(config, directory=directory)
        gateway.stop = lambda: None  # it is killed
        over = threading.Event()

        def register(client_number, gateway=gateway, over=over, number=number):
            nonlocal begun
            count = 0
            while not over.is_set():
                name = f"u{number}-{client_number}-{count}"
                count += 1
                begun += 1
                try:
                    with gateway.client() as client:
                        if accounts.register(client, name).status == 201:
                            acknowledged.add(name)
                except (AssertionError, OSError):
                    return

        before = len(acknowledged)
        clients = [threading.Thread(target=register, args=(each,)) for each in range(3)]
        for client in clients:
            client.start()
        until(lambda: len(acknowledged) > before, "an account in this round", HASHED)
        over.wait(chance.uniform(0, 0.5))
        gateway.process.kill()
        gateway.process.wait()
        over.set()
        for client in clients:
            client.join()
        code, listed, errors = run("user", "list", directory=directory)
        assert code == 0, errors
        there = {line.split()[0] for line in listed.splitlines()}
        assert acknowledged <= there, f"round {number}: {sorted(acknowledged - there)} are lost"
    print(f"{ROUNDS} kills, {begun} registrations begun, {len(acknowledged)} acknowledged, {len(there)} there")
    gateway = start(config, directory=directory)
    for name in sorted(acknowledged)[:: max(1, len(acknowledged) // 10)]:
        assert accounts.log_in(gateway, name).status == 200
