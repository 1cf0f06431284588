"""The admin listener: whether the gateway lives, and whether it can do its work."""

import signal

import pytest

from lib.client import Client, refuses
from lib.gateway import configuration
from lib.upstreams import Held, free_port
from lib.waiting import until

ADMIN = {"listen": "127.0.0.1:0"}


def ask(gateway, path, method="GET"):
    with Client(gateway.admin) as client:
        return client.request(path, method)


def test_healthz_and_readyz_answer_anyone(start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN))
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        response = ask(gateway, path)
        assert (response.status, response.json()) == (200, {"status": status})
        assert response["content-type"] == "application/json"
        assert response["cache-control"] == "no-store"
        head = ask(gateway, path, "HEAD")
        assert (head.status, head.body) == (200, b"")
    assert not upstream.exchanges


@pytest.mark.parametrize("path", ["/", "/open", "/orders", "/healthz/", "/healthz/x", "/health", "/metrics", "/readyz.json"])
def test_everything_else_is_404(path, start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN))
    assert ask(gateway, path).refusal == (404, "not_found")
    assert not upstream.exchanges, "no route leads from here to an upstream"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_404(method, start, upstream):
    assert ask(start(configuration(upstream, admin=ADMIN)), "/healthz", method).refusal == (404, "not_found")


def test_the_probes_are_not_on_the_clients_listener(start, upstream):
    routes = [{"path": "/open", "upstream": "app", "auth": "none"}]
    gateway = start(configuration(upstream, routes=routes, admin=ADMIN))
    assert gateway.request("/healthz").status == 404
    assert gateway.request("/readyz").status == 404


def test_a_connection_is_kept_and_a_query_does_no_harm(start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN))
    with Client(gateway.admin) as client:
        for _ in range(3):
            assert client.request("/healthz?verbose=1").status == 200
        assert client.request("/nothing", "POST", body=b"x" * 100).status == 404
        assert client.request("/readyz").status == 200


def test_what_is_no_http_is_400(start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN))
    with Client(gateway.admin) as client:
        client.send("nonsense\r\n\r\n")
        assert client.response().status == 400


def test_it_may_be_a_unix_socket(start, upstream, directory):
    gateway = start(configuration(upstream, admin={"listen": f"unix:{directory}/admin.sock"}), directory=directory)
    assert ask(gateway, "/healthz").status == 200


def test_it_answers_when_the_clients_listener_is_full(start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN, limits={"connections": 1}))
    with gateway.client() as client:
        assert client.request("/open").status == 200
        assert ask(gateway, "/healthz").status == 200


def test_probes_are_not_in_the_access_log(start, upstream):
    gateway = start(configuration(upstream, admin=ADMIN))
    ask(gateway, "/healthz")
    gateway.request("/open")
    assert [line["path"] for line in gateway.access_log(1)] == ["/open"]


def test_readyz_names_the_upstreams_without_a_server(start, upstream):
    down = f"127.0.0.1:{free_port()}"
    check = {"path": "/", "interval": "50ms", "timeout": "1s", "unhealthy_after": 1, "healthy_after": 1}
    upstreams = {"good": {"servers": [upstream.address]}, "bad": {"servers": [down], "health_check": check}}
    routes = [{"path": f"/{name}", "upstream": name, "auth": "none"} for name in upstreams]
    gateway = start(configuration(routes=routes, upstreams=upstreams, admin={**ADMIN, "ready": "upstreams"}))
    response = until(lambda: (r := ask(gateway, "/readyz")).status == 503 and r, "the gateway not to be ready")
    assert response.error["upstreams"] == ["bad"]
    assert (response.error["status"], response.error["reason"]) == ("unavailable", "upstream_unavailable")
    assert ask(gateway, "/healthz").status == 200
    assert gateway.request("/good").status == 200


@pytest.mark.parametrize("ready", [{}, {"ready": "process"}])
def test_one_dead_upstream_takes_no_gateway_out_of_service(ready, start, upstream):
    check = {"path": "/", "interval": "50ms", "timeout": "1s", "unhealthy_after": 1}
    bad = {"servers": [f"127.0.0.1:{free_port()}"], "health_check": check}
    routes = [{"path": "/bad", "upstream": "bad", "auth": "none"}]
    gateway = start(configuration(routes=routes, upstreams={"bad": bad}, admin={**ADMIN, **ready}))
    until(lambda: "is unhealthy" in gateway.errors(), "the server to be unhealthy")
    response = ask(gateway, "/readyz")
    assert (response.status, response.json()) == (200, {"status": "ready"})
    assert gateway.request("/bad").refusal == (503, "upstream_unavailable")


def test_while_draining_it_answers_that_it_is_not_ready(start, make_upstream):
    held = Held()
    upstream = make_upstream(held)
    gateway = start(configuration(upstream, admin=ADMIN, drain_timeout="20s", workers=2))
    idle = Client(gateway.admin)
    assert idle.request("/readyz").status == 200
    busy = gateway.client()
    busy.send(busy.head("/open"))
    upstream.wait_for(1)
    gateway.signal(signal.SIGTERM)
    response = until(lambda: (r := ask(gateway, "/readyz")).status == 503 and r, "the drain to begin")
    assert response.error["reason"] == "draining"
    assert ask(gateway, "/healthz").status == 200
    assert idle.request("/readyz").status == 503
    waiting = Client(gateway.admin)  # connections to the admin listener hold nothing up
    held.release()
    assert busy.response().status == 200
    busy.close()
    assert gateway.wait() == 0
    waiting.close()


def test_it_takes_part_in_a_reload(start, upstream):
    gateway = start(configuration(upstream))
    gateway.reload(configuration(upstream, admin=ADMIN))
    address = gateway.listening()[-1]
    with Client(address) as client:
        assert client.request("/readyz").status == 200
        gateway.reload(configuration(upstream, admin=ADMIN, limits={"fields": 50}))
        assert client.request("/readyz").status == 200
        assert len(gateway.listening()) == 2, "it was not bound again"
    gateway.reload(configuration(upstream))
    until(lambda: refuses(address), "the admin listener to close")
