"""The cost of strangers' bytes: no more than that of harmless bytes in the same number.

Measured is the time that the process has been computing, so a busy machine changes nothing. Tests/ProxyTests/CostTests.swift has
many more inputs; here is what they come to off the wire.
"""

import pytest

from lib.gateway import configuration

ROUNDS = 20
# Different work, but of the same order; what is not linear costs hundreds of times as much.
FACTOR = 12

# Who has failed must wait: his body is read and his name looked at, and nothing is hashed.
ACCOUNTS = {
    "store": "sqlite:accounts.db", "signing": {"algorithm": "HS256", "secret_file": "accounts.key"},
    "throttle": {"failures": 1, "max_delay": "15m"},
}  # fmt: skip


def cost(gateway, raw, method="GET"):
    """The least that one of several requests has cost."""
    best = None
    with gateway.client() as client:
        for _ in range(ROUNDS):
            before = gateway.processor_time()
            client.send(raw)
            response = client.response(method)
            assert response.status not in (413, 431), "it was not even looked at"
            spent = gateway.processor_time() - before
            best = spent if best is None else min(best, spent)
            if response["connection"] == "close":
                client.close()
                client.__init__(gateway.address)
    return best


def many(text, count):
    return text * (count // len(text))


def head(*fields, target="/open"):
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *fields, "", ""])


HARMLESS = head(*[f"Field-{number}: " + many("some words ", 500).strip() for number in range(60)])
OTHERS = [f"a{number:02}: b" for number in range(95)]
LOOKALIKES = ["n" * 440 + str(number) for number in range(100, 131)]

HEADS = {
    "commas in Connection": head(*OTHERS, "Connection: " + "," * 31_000),
    "commas and a name in Connection": head(*OTHERS, "Connection: x" + "," * 31_000),
    "names in Connection": head(*[f"{name}: x" for name in LOOKALIKES], "Connection: " + ",".join(LOOKALIKES)),
    "cookies": head("Cookie: " + many("a;", 31_000)),
    "beginnings of tokens": head("User-Agent: " + many("eyJ", 31_000)),
    "addresses": head("X-Forwarded-For: " + many("127.0.0.1,", 31_000)),
    "a host": f"GET /open HTTP/1.1\r\nHost: {many('a.', 31_000)}a\r\n\r\n",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_costs_what_harmless_ones_cost(name, start, upstream):
    gateway = start(configuration(upstream, trusted_proxies=["127.0.0.0/8"]))
    usual = cost(gateway, HARMLESS)
    assert cost(gateway, HEADS[name]) < FACTOR * usual, usual


def marks(number):
    """One text for Unicode whatever the number: combining marks in another order."""
    return "".join("\u0327" if place >> number & 1 == 0 else "\u0301" for place in range(480))


BODIES = {
    "names of combining marks": "{" + ",".join(f'"{marks(number)}{number}":0' for number in range(16)) + "}",
    "one name of combining marks": '{"' + "\u0327\u0301" * 3900 + '":0}',
    "a user of combining marks": '{"username":"' + "\u0327\u0301" * 3900 + '","password":"x"}',
    "escapes": '{"username":"' + "a\\n" * 5200 + '","password":""}',
}


@pytest.mark.parametrize("name", BODIES)
def test_the_body_of_a_login_costs_what_harmless_ones_cost(name, start, upstream):
    gateway = start(configuration(upstream, accounts=ACCOUNTS))

    def login(body):
        body = body.encode()
        fields = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return cost(gateway, fields.encode() + body, "POST")

    # Without a user and a password.
    usual = login("{" + ",".join(f'"name{number}":"value"' for number in range(750)) + "}")
    assert login(BODIES[name]) < FACTOR * usual, usual
