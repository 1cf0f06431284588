"""Rotations and revocations that are killed anywhere leave keys that can be used."""

import os

import pytest

from lib.gateway import run, write_config
from lib.keys import files, login, signing
from lib.rotation import killed, rotate, rows, signs_with
from lib.tokens import authorization


@pytest.fixture
def folder(directory):
    write_config(directory, signing())
    return directory


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
        assert gateway.request("/protected", fields=authorization(token)).status == 200
    name = rotate(gateway.directory)
    signs_with(gateway, name)
    assert gateway.request("/protected", fields=authorization(token)).status == 200
    # What the broken-off ones had left behind is gone.
    assert files(gateway) == sorted(["index"] + [row["kid"] + ".pem" for row in rows(gateway.directory)])
    gateway.stop()
    again = start(signing("RS256"), directory=gateway.directory)
    assert again.request("/protected", fields=authorization(token)).status == 200


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
