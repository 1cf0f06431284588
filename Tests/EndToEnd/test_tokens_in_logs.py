"""No token reaches a log, wherever the client has put it."""

import json

import pytest

from lib.gateway import configuration, run, write_config, write_files
from lib.tokens import SECRET, token
from lib.upstreams import scripted
from lib.waiting import until

LONE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0."
MASK = "[redacted]"


def encoded(text, every=1):
    """Percent-encoded, every so many characters of it."""
    return "".join(f"%{ord(char):02x}" if place % every == 0 else char for place, char in enumerate(text))


def parts(text):
    """The parts of a token that must not be readable anywhere: payload and signature."""
    return [part for part in text.split(".")[1:] if part]


PLACES = {
    "a parameter": ("/open/f?a=1&t={}&b=2", {}, ("path", "/open/f?a=1&t=[redacted]&b=2")),
    "a parameter called token": ("/open/f?token={}&b=2", {}, ("path", "/open/f?token=[redacted]&b=2")),
    "a parameter without name": ("/open/f?{}", {}, ("path", "/open/f?[redacted]")),
    "an address in a parameter": ("/open/f?next=https%3A%2F%2Fa.test%2F%3Ft%3D{}%26c", {}, None),
    "the path": ("/open/verify/{}", {}, ("path", "/open/verify/[redacted]")),
    "the middle of the path": ("/open/verify/{}/mail?x", {}, ("path", "/open/verify/[redacted]/mail?x")),
    "the path behind a letter": ("/open/x{};v=1", {}, None),
    "User-Agent": ("/open", {"User-Agent": "app/1 {} (x)"}, ("user_agent", "app/1 [redacted] (x)")),
    "User-Agent alone": ("/open", {"User-Agent": "{}"}, ("user_agent", "[redacted]")),
    "Referer": ("/open", {"Referer": "http://a.test/{}/x?y={}&z"}, None),
    "Host": ("/open", {"Host": "{}"}, None),
}


@pytest.mark.parametrize("spelling", ["plain", "dots encoded", "encoded", "encoded here and there", "encoded twice"])
@pytest.mark.parametrize("format", ["json", "combined"])
@pytest.mark.parametrize("place", PLACES)
def test_a_token_is_not_in_the_access_log(place, format, spelling, start, upstream):
    target, fields, expected = PLACES[place]
    texts = [token(), LONE]
    spell = {
        "plain": lambda text: text,
        "dots encoded": lambda text: text.replace(".", "%2E"),
        "encoded": encoded,
        "encoded here and there": lambda text: encoded(text, 7),
        "encoded twice": lambda text: encoded(text).replace("%", "%25"),
    }[spelling]
    if place == "Host" and spelling != "plain" or "path" in place and spelling == "encoded twice":
        pytest.skip("refused, and nothing of it is written")
    gateway = start(configuration(upstream, log={"access": "stdout", "format": format}))
    with gateway.client() as client:
        for text in texts:
            wire = spell(text)
            sent = {name: value.replace("{}", wire) for name, value in fields.items()}
            assert client.request(target.replace("{}", wire), fields=sent).status == 200
    output = until(lambda: gateway.output().count("\n") >= 2 and gateway.output(), "two lines")
    for text in texts:
        for part in parts(text) + parts(spell(text)):
            assert part not in output
        assert spell(text) not in output
    if format == "json":
        for line in output.splitlines():
            if expected:
                assert json.loads(line)[expected[0]] == expected[1]
    elif place != "Host":
        assert output.count(MASK) >= 2, output


@pytest.mark.parametrize("name", ["token", "access_token", "id_token", "refresh_token", "to%6ben"])
def test_parameters_that_hold_tokens_are_written_without_their_values(name, gateway):
    gateway.request(f"/open?{name}=opaque&tokens=seen&a_token=too")
    (line,) = gateway.access_log(1)
    assert line["path"] == f"/open?{name}=[redacted]&tokens=seen&a_token=too"


def test_what_is_no_token_is_written_as_it_is(gateway):
    fields = {"User-Agent": "eyebrow/1.2.3 (eyJ.x; www.eyes.example.com)", "Host": "eyes.example.com"}
    gateway.request("/open/eyJ/a.b.c?v=1.2.3&e=eyJx.y", fields=fields)
    (line,) = gateway.access_log(1)
    assert line["path"] == "/open/eyJ/a.b.c?v=1.2.3&e=eyJx.y"
    assert (line["user_agent"], line["host"]) == (fields["User-Agent"], fields["Host"])


def test_a_refused_request_shows_none_either(gateway):
    text = token(exp=1)
    gateway.request(f"/x/{text}?y={text}", fields={"Authorization": f"Bearer {text}", "User-Agent": text})
    (line,) = gateway.access_log(1)
    assert (line["status"], line["path"], line["user_agent"]) == (401, f"/x/{MASK}?y={MASK}", MASK)


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


def test_a_user_and_an_id_of_that_shape_are_not_written_either(start, upstream):
    gateway = start(configuration(upstream, trusted_proxies=["127.0.0.0/8"]))
    gateway.request("/x", fields={"Authorization": "Bearer " + token(sub=token(sub="other")), "X-Request-Id": LONE})
    (line,) = gateway.access_log(1)
    assert (line["user"], line["request_id"], line["status"]) == (MASK, MASK, 200)


def test_no_token_is_in_the_gateways_own_messages(start, make_upstream):
    upstream = make_upstream(scripted(b"nonsense", close=True))
    gateway = start(configuration(upstream, log={"access": "stdout", "format": "json", "level": "debug"}))
    text = token()
    gateway.request(f"/open/{text}", fields={"User-Agent": text})
    until(lambda: "can't be relayed" in gateway.errors(), "a message about the upstream")
    assert all(part not in gateway.errors() for part in parts(text))


@pytest.mark.parametrize(
    "arguments",
    [
        ["/open/{}?x={}&token=opaque-value"],
        ["/open", "-H", "User-Agent: x {}"],
        ["/open", "-H", "X-Anything: {}"],
        ["/open", "-H", "Referer: http://a.test/?t={}"],
        ["/open", "-H", "Origin: {}", "-H", "Sec-Fetch-Site: {}"],
        ["/nowhere%2f{}"],
        ["/open/../{}"],
        ["/open/{}#"],
        ["/x", "-H", "Authorization: Bearer {}"],
        ["/x", "-H", "Authorization: Basic {}"],
        ["/x", "-H", "Cookie: a={}"],
        ["/open", "-H", "Host: {}"],
        ["/open", "-H", "Connection: close, {}"],
        ["/open", "-H", "X-Forwarded-For: {}"],
    ],
    ids=lambda words: " ".join(words),
)
@pytest.mark.parametrize("text", [token(), LONE, token().replace(".", "%2E")], ids=["signed", "unsigned", "encoded"])
def test_explain_shows_no_token(text, arguments, directory, upstream):
    write_files(directory, {"secret.key": SECRET})
    path = write_config(directory, configuration(upstream, cors={"origins": ["https://app.example.com"]}))
    words = [word.replace("{}", text) for word in arguments]
    code, output, errors = run("explain", "GET", *words, "-c", path)
    assert code in (0, 2), errors
    for part in parts(text.replace("%2E", ".")):
        assert part not in output
    assert "opaque-value" not in output
