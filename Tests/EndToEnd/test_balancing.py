"""The spread of requests over the servers of an upstream: by weight, and none is lost to one that is dead."""

import threading
from collections import Counter

from lib.gateway import configuration
from lib.listening import full_backlog
from lib.upstreams import free_port


def test_heavier_servers_get_more_and_unreachable_ones_are_not_asked_twice(start, servers):
    light, heavy = servers(2)
    settings = {"servers": [light.address, {"address": heavy.address, "weight": 5}], "passive_health": False}
    gateway = start(configuration(settings))
    with gateway.client() as client:
        for _ in range(60):
            client.request("/open")
        assert (light.requests, heavy.requests) == (10, 50)
        heavy.upstream.close()
        assert {client.request("/open").status for _ in range(12)} == {200}


def at_once(count, action):
    results = []

    def run():
        try:
            results.append(action())
        except AssertionError as problem:
            results.append(str(problem)[:60])

    threads = [threading.Thread(target=run) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Counter(results)


def test_a_dead_server_of_great_weight_does_not_hide_the_live_one(start, upstream):
    dead = {"address": f"127.0.0.1:{free_port()}", "weight": 5}
    gateway = start(configuration({"servers": [dead, upstream.address]}))
    assert Counter(gateway.request("/open").status for _ in range(24)) == {200: 24}


def test_a_server_that_does_not_accept_does_not_hide_the_live_one_from_requests_at_once(start, upstream):
    """The second try of one request must not go where its first one went because another request came in between."""
    with full_backlog() as address:
        gateway = start(configuration({"servers": [address, upstream.address], "connect_timeout": "300ms"}))
        assert at_once(20, lambda: gateway.request("/open").status) == {200: 20}
