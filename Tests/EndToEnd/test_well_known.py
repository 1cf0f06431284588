"""`/.well-known/jwks.json` and `/.well-known/openid-configuration`, as anybody may ask for them."""

import pytest

from lib.accounts import configuration
from lib.gateway import configuration as plain
from lib.gateway import run, write_config
from lib.keys import ISSUER, signing

KEYS = "/.well-known/jwks.json"
DISCOVERY = "/.well-known/openid-configuration"
ORIGIN = "https://app.test"


@pytest.mark.parametrize("path", [KEYS, DISCOVERY])
def test_they_may_be_kept_for_a_while_and_are_the_same_for_everybody(start, path):
    gateway = start(signing(cors={"origins": [ORIGIN]}))
    with gateway.client() as client:
        answer = client.request(path)
        assert (answer.status, answer["content-type"], answer["cache-control"]) == (200, "application/json", "public, max-age=300")
        head = client.request(path, "HEAD")
        assert (head.status, head.body, head["content-length"]) == (200, b"", answer["content-length"])
        assert client.request(path + "?a=b", fields={"Authorization": "Bearer nonsense"}).body == answer.body
        refused = client.request(path, "POST", body=b"{}")
        assert (refused.status, refused["allow"]) == (405, "GET, HEAD")
        shown = client.request(path, fields={"Origin": ORIGIN})
        assert shown["access-control-allow-origin"] == ORIGIN
        asked = client.request(path, "OPTIONS", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
        assert (asked.status, asked["access-control-allow-methods"]) == (204, "GET, HEAD")


@pytest.mark.parametrize("algorithm", ["ES256", "RS512", "EdDSA"])
def test_the_issuer_is_described_where_its_name_is_a_url(start, algorithm):
    for name, base in ((ISSUER, ISSUER), (ISSUER + "/", ISSUER), (ISSUER + "/auth", ISSUER + "/auth")):
        gateway = start(signing(algorithm, issuer=name))
        assert gateway.request(DISCOVERY).json() == {
            "issuer": name, "jwks_uri": base + KEYS, "id_token_signing_alg_values_supported": [algorithm],
        }  # fmt: skip
    # Below the path of the name as well, for proxies before the gateway that leave it there.
    assert gateway.request("/auth" + DISCOVERY).body == gateway.request(DISCOVERY).body
    assert gateway.request("/auth" + KEYS).body == gateway.request(KEYS).body


def test_they_come_before_every_prefix(start, upstream):
    whole = signing(routes=[{"path": "/", "auth": "none", "upstream": "app"}], upstreams={"app": {"servers": [upstream.address]}})
    gateway = start({**whole, "routes": whole["routes"][1:]})
    assert gateway.request(KEYS).status == 200
    assert gateway.request(KEYS + "/").status == gateway.request("/.well-known/other").status == 200
    assert len(upstream.exchanges) == 2


def test_where_there_is_nothing_to_tell_the_paths_are_free(start, upstream):
    open_route = [{"path": "/", "auth": "none", "upstream": "app"}]
    gateway = start(plain(upstream, open_route))
    for path in (KEYS, DISCOVERY):
        gateway.request(path)
    assert [exchange.target for exchange in upstream.exchanges] == [KEYS, DISCOVERY]
    for issuer in (None, "the gate"):
        gateway = start(configuration(issuer=issuer))
        assert gateway.request(KEYS).json() == {"keys": []}
        assert gateway.request(DISCOVERY).refusal == (404, "not_found")


@pytest.mark.parametrize("path", [KEYS, DISCOVERY])
def test_no_route_can_take_their_place(directory, path):
    route = {"exact": path, "auth": "none", "respond": {"status": 200}}
    write_config(directory, signing(routes=[route]))
    code, _, errors = run("-t", directory=directory)
    assert code == 1 and f'"{path}" is answered by the gateway itself' in errors
