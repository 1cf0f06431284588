"""What the breaker found about the gateway's own answers and its log."""

import pytest
from lib.gateway import configuration
from lib.tokens import bearer, token
from lib.upstreams import OK
from lib.waiting import until


@pytest.mark.parametrize("unreadable", ["FOO\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "\rX", "GET /"])
def test_an_error_behind_a_head_request_has_its_body(unreadable, start, upstream):
    gateway = start(configuration(upstream, limits={"head_timeout": "300ms"}))
    with gateway.client() as client:
        assert client.request("/open", "HEAD").status == 200
        client.send(unreadable)
        answer = client.response()
        assert answer.status in (400, 408, 505) and answer.error["reason"]


@pytest.mark.parametrize("format", ["json", "combined"])
def test_a_token_in_a_referer_is_not_logged(format, start, upstream):
    """A page that was opened with a token in its query sends that query along with each of its own requests."""
    secret = token()
    gateway = start(
        configuration(
            upstream, auth={"token_from": [{"header": "Authorization"}, {"query": "t"}]},
            log={"access": "stdout", "format": format},
        )  # fmt: skip
    )
    gateway.request("/open", fields={"Referer": f"http://gateway.test/page?a=b&t={secret}"})
    gateway.request("/open", fields={"Referer": f"http://gateway.test/page?access_token={secret}#x"})
    until(lambda: gateway.output().count("\n") >= 2, "two lines")
    assert secret not in gateway.output()


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
