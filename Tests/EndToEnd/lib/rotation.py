"""`portcullis key rotate` and `key list`, and gateways that notice."""

import re
import signal
import subprocess
import time

import jwt

from .accounts import token_of
from .gateway import binary, run
from .waiting import until


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


def seconds(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


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
