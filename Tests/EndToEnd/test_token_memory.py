"""The memory of the tokens that a worker remembers: their text and little more, whatever they claim, and never more than documented."""

import json

import pytest

from lib.gateway import configuration
from lib.tokens import claims, forged

pytestmark = pytest.mark.heavy

COUNT = 9000
MIB = 1 << 20
REMEMBERED = 16 * MIB  # Tokens.md: tokens of a worker, and as much of its assertions


def padded(number, **more):
    """A good token of 7.3 KB, whose claims are a tree of thousands of zeros."""
    zeros = [[0] * 60 for _ in range(44)]
    return forged(payload=json.dumps(claims(sub=f"user{number}", zeros=zeros, **more), separators=(",", ":")))


def send_all(gateway, texts):
    """Sends a request with each token, many ahead, and reads the answers."""
    for begin in range(0, len(texts), 20):
        with gateway.client() as client:
            some = texts[begin : begin + 20]
            for text in some:
                client.send(client.head("/", "GET", {"Authorization": "Bearer " + text}))
            statuses = {client.response().status for _ in some}
            yield from statuses


@pytest.mark.parametrize("asserts", [False, True])
def test_good_tokens_of_a_tree_of_claims_cost_what_is_said(start, upstream, asserts):
    auth = {"identity_assertion": {"header": "X-A", "issuer": "https://gate.test", "key_directory": "keys"}} if asserts else {}
    gateway = start(configuration(upstream, auth=auth, log={"access": "off"}))
    texts = [padded(number) for number in range(COUNT)]
    assert 7200 < len(texts[0]) < 7600
    assert set(send_all(gateway, texts[:200])) == {200}
    before = gateway.memory()["VmRSS"]
    assert set(send_all(gateway, texts)) == {200}
    grown = gateway.memory()["VmRSS"] - before
    print(f"{grown / MIB:.1f} MiB for {COUNT} tokens")
    # A quarter more for what the allocator can't give back.
    assert grown < (REMEMBERED + (REMEMBERED if asserts else 0)) * 1.25


def test_refused_tokens_cost_less_still(start, upstream):
    gateway = start(configuration(upstream, log={"access": "off"}))
    texts = [padded(number, exp=1) for number in range(COUNT)]
    assert set(send_all(gateway, texts[:200])) == {401}
    before = gateway.memory()["VmRSS"]
    assert set(send_all(gateway, texts)) == {401}
    assert gateway.memory()["VmRSS"] - before < 8 * MIB
