"""Applications that check identity assertions with nothing but the published keys."""

import pytest

from lib import programs, upstreams
from lib.accounts import register, token_of
from lib.client import Client
from lib.gateway import run
from lib.keys import ISSUER, names
from lib.tokens import authorization
from lib.waiting import until
from test_identity_assertion import HEADER, asserting


@pytest.fixture
def application(start, tmp_path):
    """Starts an application and a gateway that trust each other: (application, gateway, token of alice)."""
    made = []

    def begin(algorithm=None, **assertion):
        port = upstreams.free_port()
        made.append(programs.asserted(str(tmp_path), f"http://127.0.0.1:{port}", "app", ISSUER))
        whole = asserting(made[-1], algorithm=algorithm, **assertion)
        gateway = start({**whole, "listen": [f"127.0.0.1:{port}"]})
        register(gateway)
        return made[-1], gateway, token_of(gateway)

    yield begin
    for each in made:
        each.close()


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS384"])
def test_an_application_checks_it_with_nothing_but_the_published_keys(application, algorithm):
    _, gateway, token = application(algorithm)
    answer = gateway.request("/a%20b?c", fields=authorization(token))
    assert (answer.status, answer.json()["claims"]["sub"]) == (200, "alice")
    # Meant for another one.
    answer = gateway.request("/other", fields=authorization(token))
    assert answer.status == 403 and "Audience" in answer.json()["refused"]
    # Without the gateway's word there is none.
    assert gateway.request("/open", fields={HEADER: "forged"}).json()["refused"].startswith("Not enough segments")


def test_an_application_takes_assertions_through_a_rotation(application):
    _, gateway, token = application(ttl="5s")
    kids = []

    def is_new():
        answer = gateway.request("/a", fields=authorization(token))
        assert answer.status == 200, answer
        kids.append(answer.json()["kid"])
        return kids[-1] == kids[0] if len(kids) == 1 else kids[-1] != kids[-2]

    until(is_new, "an assertion")
    published = names(gateway)
    assert run("key", "rotate", directory=gateway.directory)[0] == 0
    until(is_new, "an assertion with the new key")
    # The application has known it all along: the keys were fetched once.
    assert kids[-1] == published[0]
    lines = [line for line in gateway.access_log() if line["path"] == "/.well-known/jwks.json"]
    assert len(lines) == 2, "once by the application, once by this test"


def test_an_application_notices_what_was_tampered_with(application):
    """The assertion of one request presented with another, as somebody between gateway and upstream could."""
    app, gateway, token = application(bind=True)
    host, port = app.address.split(":")
    def direct(text, method="GET", target="/a", name=gateway.authority):
        with Client((host, int(port))) as client:
            return client.request(target, method, {"Host": name, HEADER: text, "Connection": "close"})

    text = gateway.request("/a?b", fields=authorization(token)).json()["assertion"]
    assert direct(text).status == 200
    for answer, name in [
        (direct(text, method="DELETE"), "method"), (direct(text, target="/admin"), "path"), (direct(text, name="evil.test"), "host"),
    ]:  # fmt: skip
        assert answer.status == 403 and answer.json()["refused"].startswith(name + " is ")
    head, _, signature = text.rpartition(".")
    assert "Signature" in direct(head + "." + ("A" if signature[0] != "A" else "B") + signature[1:]).json()["refused"]
