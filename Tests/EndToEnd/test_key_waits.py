"""Requests whose tokens name keys that are not there yet: they wait for the fetch that may bring them."""

from lib.accounts import accounts
from lib.identity_provider import DESCRIPTION, KEY_SET, Key, response
from lib.issuers import configured, reason, status, until_said, until_status, url_issuer
from lib.key_waits import Asking, Gate, waiting
from lib.waiting import until


# A key that is used as soon as it is published.


def test_a_key_used_as_soon_as_it_is_published_costs_no_refusal(start, upstream, provide):
    old = Key("old")
    gateway, provider = waiting(start, upstream, provide, old)
    for number in range(3):
        new = Key(f"new {number}")
        provider.keys = [old, new]
        assert status(gateway, new.bearer()) == 200
        assert status(gateway, old.bearer()) == 200
    assert provider.count() == 4


def test_the_same_with_discovery(start, upstream, provide):
    old, new = Key("old"), Key("new")
    provider = provide(old)
    config = configured(upstream, {"issuer": provider.issuer, "audience": "any", "discover": True}, cooldown="1h")
    gateway = start(config)
    until_status(gateway, old.bearer(iss=provider.issuer), 200)
    provider.keys = [new]
    gate = Gate(provider, DESCRIPTION)
    asking = Asking(gateway, new.bearer(iss=provider.issuer))
    until(lambda: gate.held, "a fetch")
    gate.open()
    assert asking.answer().status == 200


def test_all_who_need_the_key_wait_for_one_fetch(start, upstream, provide):
    """Of several workers, with and without a body, a hosted endpoint and a WebSocket."""
    old, new = Key("old"), Key("new")
    routes = [{"path": "/", "upstream": "app"}, {"path": "/report", "upstream": "app", "auth": "report"}]
    gateway, provider = waiting(start, upstream, provide, old, workers=3, routes=routes, accounts=accounts())
    gate = Gate(provider)
    provider.keys = [old, new]
    askings = [Asking(gateway, new.bearer()) for _ in range(12)]
    askings += [Asking(gateway, new.bearer(), method="POST", body=b"x" * 100_000) for _ in range(3)]
    askings += [Asking(gateway, new.bearer(), "/report")]
    hosted = [Asking(gateway, new.bearer(), "/me") for _ in range(3)]
    until(lambda: gate.held, "a fetch")
    # Whoever has a known key waits for nobody.
    assert {status(gateway, old.bearer()) for _ in range(12)} == {200}
    assert not any(asking.has_answer() for asking in askings + hosted)
    gate.open()
    assert {asking.answer().status for asking in askings} == {200}
    # Its key is known by then, and it is no token of the accounts' own.
    assert [asking.answer().refusal for asking in hosted] == [(403, "issuer_not_allowed")] * 3
    assert provider.count() == 2


def test_a_handshake_waits_too(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    provider.keys = [new]
    handshake = {
        **new.bearer(), "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    # The upstream is none for WebSockets: what counts is that it is asked.
    assert gateway.request(fields=handshake).status == 200
    assert upstream.last["upgrade"] == "websocket"


def test_requests_sent_ahead_are_answered_in_their_order(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    gate = Gate(provider)
    provider.keys = [old, new]
    with gateway.client(timeout=60) as client:
        client.send(*(client.head(f"/{number}", fields=key.bearer()) for number, key in enumerate([new, old, new])))
        until(lambda: gate.held, "a fetch")
        gate.open()
        assert [client.response().status for _ in range(3)] == [200] * 3
    assert [exchange.target for exchange in upstream.exchanges] == ["/0", "/1", "/2"]


def test_a_key_that_is_not_in_the_set_afterwards_is_unknown(start, upstream, provide):
    gateway, provider = waiting(start, upstream, provide, Key())
    gate = Gate(provider)
    asking = Asking(gateway, Key("bogus").bearer())
    until(lambda: gate.held, "a fetch")
    assert not asking.has_answer()
    gate.open()
    assert asking.answer().refusal == (401, "key_unknown")


def test_a_fetch_that_fails_leaves_the_key_unknown(start, upstream, provide):
    key = Key()
    gateway, provider = waiting(start, upstream, provide, key)
    provider.answers[KEY_SET] = response(status=500)
    assert gateway.request(fields=Key("bogus").bearer()).refusal == (401, "key_unknown")
    provider.stop()
    assert gateway.request(fields=Key("bogus").bearer()).refusal == (401, "key_unknown")
    assert status(gateway, key.bearer()) == 200


def test_the_first_keys_are_waited_for(start, upstream, provide):
    key = Key()
    provider = provide(key)
    gate = Gate(provider)
    config = configured(upstream, url_issuer(provider), cooldown="1h")
    config["auth"]["jwks_wait"] = "30s"
    gateway = start(config)
    asking = Asking(gateway, key.bearer())
    until(lambda: gate.held, "a fetch")
    gate.open()
    assert asking.answer().status == 200


# What it costs.


def test_a_made_up_kid_does_not_use_up_the_turn_of_the_next(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    provider.keys = [old, new]
    assert status(gateway, new.bearer()) == 200


def test_the_budget_of_fetches_is_three_and_then_nobody_waits(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old, workers=2)
    for number in range(12):
        assert reason(gateway, Key(f"bogus {number}").bearer()) == "key_unknown"
    assert provider.count() == 4
    gate = Gate(provider)
    provider.keys = [old, new]
    for _ in range(8):
        assert gateway.request(fields=new.bearer()).refusal == (401, "key_unknown")
    assert (provider.count(), gate.held) == (4, 0)


def test_the_budget_comes_back_one_by_one(start, upstream, provide):
    gateway, provider = waiting(start, upstream, provide, Key(), cooldown="1s")
    for _ in range(4):
        assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    until(lambda: reason(gateway, Key("bogus").bearer()) == "key_unknown" and provider.count() >= 5, "a fetch more")


def test_every_issuer_has_a_budget_of_its_own(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    other = provide(old)
    config = configured(upstream, url_issuer(provider), url_issuer(other, issuer="https://other.test"), cooldown="1h")
    gateway.reload(config)
    until_status(gateway, old.bearer(iss="https://other.test"), 200)
    for _ in range(5):
        assert reason(gateway, Key("bogus").bearer()) == "key_unknown"
    other.keys = [new]
    assert status(gateway, new.bearer(iss="https://other.test")) == 200


# What happens meanwhile.


def test_a_client_that_only_closes_its_sending_side_gets_its_answer(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    gate = Gate(provider)
    provider.keys = [new]
    asking = Asking(gateway, new.bearer())
    asking.client.half_close()
    until(lambda: gate.held, "a fetch")
    gate.open()
    assert asking.answer().status == 200


def test_a_reload_while_requests_wait_does_no_harm(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old)
    gate = Gate(provider)
    provider.keys = [old, new]
    config = gateway.reload
    asking = Asking(gateway, new.bearer())
    until(lambda: gate.held, "a fetch")
    other = provide(new)
    config(configured(upstream, url_issuer(other)))
    gate.open()
    # It is judged by what is in force when its wait ends, whether that has keys by then or not.
    assert asking.answer().status in (200, 503)
    until_status(gateway, new.bearer(), 200)
    gateway.signal(3)
    assert gateway.wait() == 0


def test_a_gateway_that_stops_answers_those_who_wait(start, upstream, provide):
    old, new = Key("old"), Key("new")
    gateway, provider = waiting(start, upstream, provide, old, drain_timeout="30s")
    gate = Gate(provider)
    provider.keys = [old, new]
    asking = Asking(gateway, new.bearer())
    until(lambda: gate.held, "a fetch")
    gateway.signal(3)
    until_said(gateway, "draining")
    gate.open()
    assert asking.answer().status == 200
    assert gateway.wait() == 0
