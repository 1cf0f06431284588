"""A gateway that is killed while sessions begin, go on and end: none is lost, none is doubled, and what was revoked is refused.

PORTCULLIS_LONG_ROUNDS says how many kills, PORTCULLIS_LONG_SEED when they come.
"""

import os
import random
import sqlite3
import threading

import jwt

from lib import accounts
from lib.client import Closed
from lib.gateway import HASHED
from lib.waiting import until

ROUNDS = int(os.environ.get("PORTCULLIS_LONG_ROUNDS", "3"))
SEED = os.environ.get("PORTCULLIS_LONG_SEED", "1")
USERS = 4
CONFIG = accounts.configuration(throttle=False, workers=2, refresh_grace="10m", max_sessions=10_000)


class Known:
    """A session as far as its client knows."""

    def __init__(self, answer):
        self.tokens = [answer["token"]]
        self.refresh_token = answer["refresh_token"]
        self.asked = None  # the last request that was not answered
        self.ended = False

    @property
    def sid(self):
        return jwt.decode(self.tokens[0], options={"verify_signature": False})["sid"]


class Client(threading.Thread):
    """Refreshes several sessions, logs in and out, until nobody answers any more."""

    def __init__(self, gateway, number, seed):
        super().__init__()
        self.gateway, self.user, self.chance = gateway, f"user{number % USERS}", random.Random(seed)
        self.sessions = []
        self.requests = 0
        self.surprise = None

    def run(self):
        try:
            with self.gateway.client(timeout=HASHED) as self.client:
                while True:
                    self.step()
        except (OSError, Closed):
            pass
        except AssertionError as error:
            self.surprise = error

    def step(self):
        living = [each for each in self.sessions if not each.ended]
        if not living or (len(living) < 4 and self.chance.random() < 0.05):
            answer = accounts.log_in(self.client, self.user)
            assert answer.status == 200
            self.sessions.append(Known(answer.json()))
        else:
            each = self.chance.choice(living)
            if self.chance.random() < 0.2:
                each.asked = "logout"
                fields = {"Authorization": each.tokens[-1]}
                assert self.client.request("/logout", "POST", fields).status == 204
                each.asked, each.ended = None, True
            else:
                each.asked = "refresh"
                answer = accounts.post(self.client, "/refresh", {"refresh_token": each.refresh_token})
                assert answer.status == 200
                each.tokens.append(answer.json()["token"])
                each.refresh_token, each.asked = answer.json()["refresh_token"], None
        self.requests += 1


def check(gateway, each):
    """True if the session goes on."""
    answer = accounts.post(gateway, "/refresh", {"refresh_token": each.refresh_token})
    if each.ended:
        assert answer.refusal == (401, "refresh_invalid"), "a session that was ended has come back"
    elif each.asked != "logout":
        assert answer.status == 200, f"a session is lost: {answer}"
    goes_on = answer.status == 200
    if goes_on and each.asked == "refresh":
        again = accounts.post(gateway, "/refresh", {"refresh_token": each.refresh_token})
        assert again.json()["refresh_token"] == answer.json()["refresh_token"], "a session has two ends"
    for token in {each.tokens[0], each.tokens[-1]}:
        answer = gateway.request("/protected", fields={"Authorization": token})
        assert answer.status == 200 if goes_on else answer.refusal == (401, "token_revoked")
    return goes_on


def test_sessions_are_whole_after_every_kill(start, directory):
    chance = random.Random(f"sessions {SEED}")
    total = ended = going = unanswered = 0
    for number in range(ROUNDS):
        gateway = start(CONFIG, directory=directory)
        gateway.stop = lambda: None  # it is killed
        if number == 0:
            for user in range(USERS):
                assert accounts.register(gateway, f"user{user}").status == 201
        clients = [Client(gateway, each, f"{SEED} {number} {each}") for each in range(6)]
        for client in clients:
            client.start()
        until(lambda: all(client.requests > 1 for client in clients), "the clients are at work", HASHED)
        goal = chance.randrange(20, 150)
        until(lambda: sum(client.requests for client in clients) >= goal, "their requests", HASHED)
        gateway.kill()
        for client in clients:
            client.join()
            assert client.surprise is None, client.surprise
        gateway = start(CONFIG, directory=directory)
        gateway.stop = lambda: None
        known = [each for client in clients for each in client.sessions]
        for each in known:
            goes_on = check(gateway, each)
            going += goes_on
            ended += not goes_on
            unanswered += each.asked is not None
        total += sum(client.requests for client in clients)
        gateway.kill()
        with sqlite3.connect(os.path.join(directory, "data", "accounts.db")) as database:
            doubled = "SELECT session FROM refresh_tokens WHERE spent IS NULL GROUP BY session HAVING count(*) != 1"
            assert database.execute(doubled).fetchall() == [], "a session has one token that is good"
            lonely = "SELECT id FROM sessions WHERE number NOT IN (SELECT session FROM refresh_tokens WHERE spent IS NULL)"
            assert database.execute(lonely).fetchall() == []
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    print(f"{ROUNDS} kills amid {total} requests, {unanswered} of them unanswered: {going} sessions went on, {ended} had ended")
