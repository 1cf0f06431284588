"""Requests whose keys take long to come: how long they wait, how many, and what those get who do not."""

import time

from lib.identity_provider import Key
from lib.issuers import status, until_status
from lib.key_waits import Asking, Gate, crowd, waiting
from lib.waiting import until


def test_a_fetch_that_takes_longer_is_503(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old, wait="200ms")
    gate = Gate(provider)
    provider.keys = [old, new]
    began = time.monotonic()
    answer = gateway.request(fields=new.bearer())
    assert answer.refusal == (503, "keys_unavailable")
    assert int(answer["retry-after"]) > 0
    assert time.monotonic() - began >= 0.2
    # The fetch goes on, and whoever comes next waits for the same one.
    assert gateway.request(fields=new.bearer()).refusal == (503, "keys_unavailable")
    assert status(gateway, old.bearer()) == 200
    gate.open()
    until_status(gateway, new.bearer(), 200)
    assert provider.count() == 2


def test_nobody_waits_where_no_time_is_given(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old, wait="0s")
    gate = Gate(provider)
    provider.keys = [old, new]
    assert gateway.request(fields=new.bearer()).refusal == (503, "keys_unavailable")
    gate.open()
    until_status(gateway, new.bearer(), 200)


def test_more_than_a_thousand_do_not_wait(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old, workers=2)
    gate = Gate(provider)
    provider.keys = [old, new]
    fields = new.bearer()
    askings = crowd(gateway, fields, 1040)
    until(lambda: sum(asking.has_answer() for asking in askings) >= 40, "those that don't wait")
    refused = [asking for asking in askings if asking.has_answer()]
    assert len(refused) == 40
    for asking in refused:
        answer = asking.answer()
        assert answer.refusal == (503, "keys_unavailable") and int(answer["retry-after"]) > 0
    patient = [asking for asking in askings if asking not in refused]
    # Those who leave make room for others.
    for asking in patient[:10]:
        asking.client.reset()
    until(lambda: sum(line["status"] == 499 for line in gateway.access_log()) == 10, "the ends of those who left")
    latest = [Asking(gateway, fields) for _ in range(10)]
    assert status(gateway, old.bearer()) == 200
    assert not any(asking.has_answer() for asking in latest)
    assert gateway.request(fields=fields).refusal == (503, "keys_unavailable")
    gate.open()
    for asking in patient[10:] + latest:
        assert asking.answer().status == 200
    assert provider.count() == 2


def test_a_client_that_says_no_more_keeps_nobody_from_waiting(start, upstream, provide):
    """It may have left, or wait for its answer: its place is another's."""
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    gate = Gate(provider)
    provider.keys = [old, new]
    fields = new.bearer()
    askings = crowd(gateway, fields, 1000)
    until(lambda: gate.held, "a fetch")
    full = Asking(gateway, fields)
    until(full.has_answer, "a refusal")
    assert full.answer().refusal == (503, "keys_unavailable")
    askings[0].client.half_close()
    # As soon as the gateway has noticed, one more waits.
    probes = []
    until(lambda: not answered_soon(probes, Asking(gateway, fields)), "room for one more")
    gate.open()
    assert probes[-1].answer().status == 200
    assert {asking.answer().status for asking in askings[1:]} == {200}


def answered_soon(probes, asking):
    probes.append(asking)
    try:
        return until(asking.has_answer, "an answer", timeout=3)
    except AssertionError:
        return False
