"""Long loads: what a gateway holds comes to rest where it was, and nobody who is in the right is refused.

PORTCULLIS_LONG_SECONDS says for how long, PORTCULLIS_LONG_SEED with which choices.
"""

import itertools
import os
import random
import threading
import time

import jwt

from lib.accounts import token_of
from lib.client import Closed
from lib.garbage import serve_garbage
from lib.gateway import configuration
from lib.identity_provider import Key
from lib.issuers import begin, status, until_status
from lib.keys import login, signing
from lib.load import Load, version
from lib.rotation import rotate
from lib.tokens import authorization, bearer, token
from lib.upstreams import answer
from lib.waiting import settled, until

SECONDS = float(os.environ.get("PORTCULLIS_LONG_SECONDS", "600"))
SEED = os.environ.get("PORTCULLIS_LONG_SEED", "1")


def rounds():
    """Counts until the time is over."""
    end = time.monotonic() + SECONDS
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def resting(gateway):
    """(memory, descriptors) once nothing changes any more."""
    memory = settled(lambda: gateway.memory()["VmRSS"], "the memory", calm=lambda now, last: now >= last, timeout=60)
    return memory, settled(gateway.descriptors, "the descriptors", timeout=60)


class Mixed:
    """Clients of every kind, in turns: in the right, refused, slow, broken off, out of form."""

    def __init__(self, gateway):
        self.gateway, self.over, self.problems, self.count = gateway, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(8)]
        for thread in self.threads:
            thread.start()

    def _run(self, number):
        chance = random.Random(f"mixed {SEED} {number}")
        kinds = [self.served, self.refused, self.uploading, self.leaving, self.out_of_form, self.half_a_body]
        while not self.over.is_set():
            try:
                chance.choice(kinds)(chance)
                self.count += 1
            except (AssertionError, OSError) as problem:
                self.problems.append(repr(problem)[:300])

    def served(self, chance):
        with self.gateway.client() as client:
            for _ in range(chance.randrange(1, 20)):
                assert client.request("/x", fields=bearer()).status == 200

    def refused(self, chance):
        bad = [{}, bearer(exp=1), authorization(token() + "x"), bearer(aud="other")]
        assert self.gateway.request("/x", fields=chance.choice(bad)).status == 401

    def uploading(self, chance):
        size = chance.randrange(1, 300_000)
        assert self.gateway.request("/open", "POST", body=b"x" * size).status == 200

    def leaving(self, chance):
        client = self.gateway.client()
        head = client.head("/open", "POST", {"Content-Length": "100000"})
        client.send(head[: chance.randrange(1, len(head))])
        client.reset() if chance.random() < 0.5 else client.close()

    def out_of_form(self, chance):
        with self.gateway.client() as client:
            client.send(chance.choice(["BROKEN\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]))
            assert client.response().status in (400, 505)

    def half_a_body(self, chance):
        with self.gateway.client() as client:
            client.send(client.head("/open", "POST", {"Content-Length": "1000"}), b"x" * chance.randrange(1000))
            client.half_close()
            try:
                client.response("POST")
            except (Closed, ConnectionResetError):
                pass

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert not self.problems, self.problems[:5]


def test_requests_leave_nothing_behind(start, make_upstream):
    upstream = make_upstream(lambda exchange: (exchange.read_body(keep=False), exchange.send(answer("ok"))))
    gateway = start(configuration(upstream, workers=2, log={"access": "off"}))

    def load(seconds):
        mixed = Mixed(gateway)
        mixed.over.wait(seconds)
        mixed.stop()
        del upstream.exchanges[:], upstream.connections[:], upstream.problems[:]
        return mixed.count

    load(min(SECONDS / 10, 30))  # what is made once is not a request's
    before = resting(gateway)
    count = load(SECONDS)
    after = resting(gateway)
    print(f"{count} in {SECONDS:.0f} s: memory {before[0] >> 10} KiB, then {after[0] >> 10} KiB; descriptors {before[1]}, then {after[1]}")
    assert after[0] - before[0] < 4 << 20, "the memory grows"
    assert after[1] <= before[1] + 8, "descriptors are left behind"


def test_reloads_under_load_lose_no_request_and_nothing_piles_up(start, make_upstream):
    first, second = (make_upstream(lambda e: (e.read_body(), e.send(answer(b"x" * 5000)))) for _ in range(2))

    gateway = start(version(0, first, second))
    load = Load(gateway)
    marks = []
    for number in rounds():
        before = load.count()
        gateway.reload(version(number, first, second))
        until(lambda: load.count() >= before + 20, "some requests between two reloads")
        if number in (50, 51):
            marks.append(gateway.memory()["VmRSS"])
        for each in (first, second):
            del each.exchanges[:]
    outcomes = load.stop()
    memory, descriptors = resting(gateway)
    print(f"{number} reloads, {outcomes}, memory {max(marks, default=0) >> 10} KiB after fifty and {memory >> 10} KiB at last")
    assert set(outcomes) == {200}, outcomes
    assert descriptors < 80
    assert not marks or memory < max(marks) + (8 << 20), "the memory grows"


def test_rotations_under_load_refuse_no_good_token(start):
    gateway = start(signing(workers=2, throttle=False))
    tokens, problems, over = [login(gateway)], [], threading.Event()

    def log_in():
        with gateway.client() as client:
            while not over.is_set():
                tokens.append(token_of(client))
                del tokens[:-200]

    def use():
        while not over.is_set() and not problems:
            with gateway.client() as client:
                for each in (tokens[-1], tokens[0]):
                    reply = client.request("/protected", fields=authorization(each))
                    if reply.status != 200:
                        problems.append((reply, jwt.get_unverified_header(each)))

    threads = [threading.Thread(target=each) for each in (log_in, use, use, use)]
    for thread in threads:
        thread.start()
    try:
        for number in rounds():
            name = rotate(gateway.directory)
            until(lambda: jwt.get_unverified_header(tokens[-1])["kid"] == name or problems, f"tokens of {name}", 60)
            if problems:
                break
    finally:
        over.set()
        for thread in threads:
            thread.join()
    print(f"{number} rotations")
    assert not problems, problems


def test_garbage_from_providers_does_no_harm(start, upstream, provide):
    chance = random.Random(f"garbage {SEED}")
    key = Key()
    provider = provide(key)
    gateway = begin(start, upstream, provider)
    until_status(gateway, key.bearer(), 200)
    for number in rounds():
        serve_garbage(gateway, upstream, provider, chance, number)
        assert status(gateway, key.bearer()) == 200, f"seed {SEED}"
        del provider.requests[:]
