"""The access log: one line for each request, and no secret in any of them."""

import datetime
import os
import re

import pytest

from lib import pace
from lib.gateway import configuration
from lib.tokens import SECRET, bearer, token
from lib.upstreams import answer
from lib.waiting import until

PLACES = [{"header": "Authorization"}, {"cookie": "access_token"}, {"query": "access_token"}, {"header": "X-Token"}]

COMBINED = re.compile(
    r"^(\S+) - (\S+) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] QUOTED (\d{3}) (\d+|-) QUOTED QUOTED$".replace(
        "QUOTED", r'"((?:[^"\\]|\\.)*)"'
    )
)


def test_a_request_leaves_a_line_with_what_happened(gateway, upstream):
    response = gateway.request("/orders/7?page=2", method="POST", fields=bearer(), body=b"hello")
    (line,) = gateway.access_log(1)
    assert (line["client"], line["method"], line["status"], line["user"]) == ("127.0.0.1", "POST", 200, "alice")
    assert line["path"].startswith("/orders/7")
    assert line["route"] == "/"
    assert upstream.address in str(line["upstream"])
    assert line["request_id"] == upstream.last["X-Request-Id"]
    assert response["x-request-id"] is None, "an id is for the upstream and the log"
    assert not line.get("reason")


def test_a_line_has_sizes_and_times(start, make_upstream):
    def handler(exchange):
        exchange.read_body()
        pace.take(0.02)
        exchange.send(answer("hello"))

    gateway = start(configuration(make_upstream(handler)))
    gateway.request("/open")
    (line,) = gateway.access_log(1)
    assert line["bytes"] == 5
    assert 15 < line["upstream_ms"] <= line["duration_ms"] < 10_000
    stamp = datetime.datetime.fromisoformat(line["time"])
    assert abs(datetime.datetime.now(datetime.timezone.utc) - stamp) < datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
    "target, method, fields, status, reason",
    [
        ("/", "GET", {}, 401, "token_missing"),
        ("/", "GET", {"Authorization": "Bearer a.b.c"}, 401, "token_malformed"),
        ("/", "GET", {"Authorization": "Bearer " + token(exp=1)}, 401, "token_expired"),
    ],
)
def test_a_refusal_is_logged_with_its_reason(target, method, fields, status, reason, gateway):
    response = gateway.request(target, method=method, fields=fields)
    (line,) = gateway.access_log(1)
    assert (line["status"], line["reason"], line["request_id"]) == (status, reason, response.error["request_id"])
    assert not line.get("user")
    assert not line.get("upstream")


def test_requests_that_never_became_one_are_logged_too(gateway):
    gateway.exchange("GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    gateway.exchange("BROKEN\r\n\r\n")
    lines = gateway.access_log(2)
    assert [line["status"] for line in lines] == [400, 400]


def test_a_broken_off_response_is_logged(start, make_upstream):
    from lib.client import Closed
    from lib.upstreams import scripted

    upstream = make_upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", close=True))
    gateway = start(configuration(upstream))
    with gateway.client() as client, pytest.raises(Closed):
        client.request("/open")
    (line,) = gateway.access_log(1)
    assert (line["status"], line["broken_off"]) == (200, True)


@pytest.mark.parametrize("format", ["json", "combined"])
def test_no_secret_is_ever_written(format, start, upstream):
    config = configuration(upstream, auth={"token_from": PLACES}, log={"access": "stdout", "format": format, "level": "debug"})
    gateway = start(config)
    good, bad, other = token(), token(exp=1), token(sub="bob")
    secrets = [good, bad, other, "cookievalue", SECRET] + [part for part in good.split(".")[1:]]
    with gateway.client() as client:
        for text in (good, bad):
            client.request("/", fields={"Authorization": f"Bearer {text}", "Cookie": "session=cookievalue"})
            client.request(f"/x?a=1&access_token={text}&b=2")
            client.request(f"/nowhere/%2f?access_token={text}")
            client.request("/", fields={"X-Token": text})
            client.request("/", fields={"Cookie": f"session=cookievalue; access_token={text}"})
            client.request("/", fields={"Authorization": f"Bearer {text}", "X-Token": other})
            client.request("/", fields={"Referer": f"http://gateway.test/?access_token={text}"})
            client.request("/", fields={"Authorization": f"Basic {text}"})
    gateway.exchange(f"GET /?access_token={good} HTTP/9.9\r\nHost: a\r\n\r\n")
    gateway.exchange(f"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\nX A: 1\r\n\r\n")
    until(lambda: len(gateway.output().splitlines()) >= 18, lambda: f"18 lines: {gateway.output()}")
    everything = gateway.output() + gateway.errors()
    for secret in secrets:
        assert secret not in everything, f"{secret!r} is in the log"
    assert "a=1" in everything and "b=2" in everything, "what is no secret stays"


def test_access_token_in_the_query_is_redacted_even_where_no_token_is_looked_for(gateway):
    gateway.request("/open?access_token=hidden-value&x=1")
    (line,) = gateway.access_log(1)
    assert line["path"].startswith("/open?access_token=") and line["path"].endswith("&x=1")
    assert "hidden-value" not in gateway.output()


def test_the_combined_format_is_what_log_tools_read(start, upstream):
    gateway = start(configuration(upstream, log={"access": "stdout", "format": "combined"}))
    fields = {**bearer(), "Referer": "http://a.test/", "User-Agent": 'curl "x" \\'}
    gateway.request("/orders?x=1", fields=fields)
    gateway.request("/")
    lines = until(lambda: (lambda found: len(found) >= 2 and found)(gateway.output().splitlines()), "two lines")
    match = COMBINED.match(lines[0])
    assert match, lines[0]
    client, user, _, request, status, size, referer, _ = match.groups()
    assert (client, user, request, status, size, referer) == (
        "127.0.0.1", "alice", "GET /orders?x=1 HTTP/1.1", "200", "2", "http://a.test/"
    )  # fmt: skip
    assert COMBINED.match(lines[1]).group(2, 5) == ("-", "401")


@pytest.mark.parametrize("user", ["日本", "al ice", "-", 'x"y'])
def test_the_combined_log_names_no_other_user_than_the_one_who_came(user, start, upstream):
    gateway = start(configuration(upstream, log={"access": "stdout", "format": "combined"}))
    assert gateway.request("/", fields=bearer(sub=user)).status == 200
    line = until(lambda: gateway.output(), "a line")
    before = line.partition(" [")[0].split(" ")
    assert len(before) == 3, f"the columns have moved: {line!r}"
    assert before[2] not in ("-", "", "alice", "xy"), f"{user!r} is logged as somebody else: {line!r}"


def test_a_request_id_that_is_believed_is_the_one_that_is_logged_and_answered(start, upstream):
    gateway = start(configuration(upstream, trusted_proxies=["127.0.0.0/8"]))
    gateway.request("/open", fields={"X-Request-Id": "edge-1"})
    assert upstream.last["X-Request-Id"] == "edge-1"
    assert gateway.access_log(1)[0]["request_id"] == "edge-1"
    assert gateway.request("/", fields={"X-Request-Id": "edge-2"}).error["request_id"] == "edge-2"


def test_a_hostile_client_cannot_write_lines_of_its_own(start, upstream):
    for format in ("json", "combined"):
        gateway = start(configuration(upstream, log={"access": "stdout", "format": format}))
        fields = {**bearer(sub='x\n"}\r\nforged'), "User-Agent": 'a" 200 "forged\xff\t', "Referer": '\\"'}
        gateway.request("/%22%5d?x=%0a", fields=fields)
        gateway.request('/"}x?"', fields=fields)
        gateway.request("/open")
        lines = until(lambda: (lambda found: len(found) >= 3 and found)(gateway.output().splitlines()), "three lines")
        assert len(lines) == 3
        if format == "json":
            gateway.access_log(3)
        else:
            assert all(COMBINED.match(line) for line in lines), lines


def test_the_log_may_be_a_file(start, upstream, directory):
    gateway = start(configuration(upstream, log={"access": "access.log", "format": "json"}), directory=directory)
    gateway.request("/open")
    path = os.path.join(directory, "access.log")
    assert gateway.access_log(1, path=path)[0]["status"] == 200
    assert gateway.output() == ""
    assert os.stat(path).st_mode & 0o007 == 0, "others can read the log"


def test_the_log_may_be_off(start, upstream):
    gateway = start(configuration(upstream, log={"access": "off"}))
    assert gateway.request("/open").status == 200
    assert gateway.stop() is None
    assert gateway.output() == ""


def test_every_line_is_there_after_a_drain(start, upstream):
    import signal

    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for _ in range(100):
            client.request("/open")
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    assert len(gateway.output().splitlines()) == 100


def test_the_log_file_is_reopened_after_rotation(start, upstream, directory):
    import signal

    gateway = start(configuration(upstream, log={"access": "access.log", "format": "json"}), directory=directory)
    path = os.path.join(directory, "access.log")
    gateway.request("/open/before")
    gateway.access_log(1, path=path)
    os.rename(path, path + ".1")
    gateway.signal(signal.SIGUSR1)
    until(lambda: os.path.exists(path), "a new log file")
    gateway.request("/open/after")
    (line,) = gateway.access_log(1, path=path)
    assert line["path"] == "/open/after"


def test_the_gateways_own_messages_may_go_to_a_file(start, upstream, directory):
    config = configuration(upstream, log={"access": "off", "error": "error.log", "level": "debug"})
    config["listen"] = [f"unix:{directory}/gateway.sock"]
    from lib.client import Client
    from lib.gateway import binary, write_config, write_files
    import signal
    import subprocess

    write_files(directory, {"secret.key": SECRET})
    process = subprocess.Popen([binary(), "-c", write_config(directory, config)], cwd=directory)
    try:
        until(lambda: os.path.exists(f"{directory}/gateway.sock"), "the listener")
        with Client(f"{directory}/gateway.sock") as client:
            assert client.request("/open").status == 200
        # A thread of its own writes the file.
        path = os.path.join(directory, "error.log")
        until(lambda: "listening on" in open(path).read(), "the line")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
