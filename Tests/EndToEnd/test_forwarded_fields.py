"""The fields that the gateway adds, removes and keeps, both ways."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest

from lib.gateway import configuration
from lib.tokens import bearer
from lib.upstreams import answer, scripted

HOP_BY_HOP = ["Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Upgrade"]


def test_fields_pass_in_their_order_with_their_spelling_and_value(gateway, upstream):
    pairs = [("X-first", "1"), ("ACCEPT", "a/b;q=0.5, c"), ("X-Empty", ""), ("X-first", "2"), ("X-Latin", "caf\xe9")]
    gateway.request("/open", fields=pairs)
    seen = [(name, value) for name, value in upstream.last.fields if name in dict(pairs)]
    assert seen == pairs


def test_hop_by_hop_fields_stay_behind(gateway, upstream):
    fields = {name: "x" for name in HOP_BY_HOP} | {"Connection": "X-Mine, keep-alive", "X-Mine": "1", "X-Kept": "1"}
    gateway.request("/open", fields=fields)
    names = upstream.last.names()
    assert "x-kept" in names and "x-mine" not in names
    for name in ("keep-alive", "proxy-connection", "proxy-authorization", "trailer", "upgrade"):
        assert name not in names
    assert (upstream.last["Connection"] or "keep-alive").lower() == "keep-alive"


@pytest.mark.parametrize(
    "nominated", ["Host", "Authorization", "X-Request-Id", "X-Forwarded-For", "Content-Length", "Via", "Cookie"]
)
def test_connection_cannot_make_the_gateway_drop_what_it_sets(nominated, gateway, upstream):
    fields = {**bearer(), "Connection": f"close, {nominated}", "Cookie": "a=b"}
    response = gateway.request("/", method="POST", fields=fields, body=b"hello")
    assert response.status == 200
    seen = upstream.last
    assert seen["Host"] and seen["X-Request-Id"] and seen["X-Forwarded-For"] and seen["Via"]
    assert (seen["X-Auth-User"], seen.body) == ("alice", b"hello")


def test_hop_by_hop_fields_of_a_response_stay_behind(start, make_upstream):
    lines = ["Connection: X-Mine, keep-alive", "Keep-Alive: timeout=5", "X-Mine: 1", "X-Kept: 1", "Proxy-Authenticate: Basic"]
    gateway = start(configuration(make_upstream(scripted(answer("x", "200 OK", *lines)))))
    response = gateway.request("/open")
    for name in ("keep-alive", "x-mine", "upgrade"):
        assert response[name] is None
    assert response["x-kept"] == "1"


def test_the_upstreams_fields_reach_the_client(start, make_upstream):
    lines = ["Server: app/1.0", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Empty: ", "ETag: W/\"x\""]
    gateway = start(configuration(make_upstream(scripted(answer("x", "200 OK", *lines)))))
    response = gateway.request("/open")
    assert response.all("set-cookie") == ["a=1", "b=2"]
    assert (response["server"], response["x-empty"], response["etag"]) == ("app/1.0", "", 'W/"x"')


def test_date_is_added_where_it_is_missing_and_kept_where_it_is_not(start, make_upstream):
    stamp = "Tue, 15 Nov 1994 08:12:31 GMT"
    gateway = start(configuration(make_upstream(scripted(answer("x"), answer("x", "200 OK", f"Date: {stamp}")))))
    added = parsedate_to_datetime(gateway.request("/open")["date"])
    assert abs(added.timestamp() - time.time()) < 5
    assert gateway.request("/open")["date"] == stamp
    assert gateway.request("/")["date"], "the gateway's own answers have a date too"


def test_via_names_the_gateway_both_ways(gateway, upstream):
    response = gateway.request("/open", fields={"Via": "1.0 edge"})
    sent = ", ".join(upstream.last.all("Via"))
    assert re.fullmatch(r"1\.0 edge, 1\.1 \S+", sent), sent
    assert re.search(r"1\.1 \S+$", ", ".join(response.all("via"))), response.fields


def test_every_request_has_an_id_of_its_own(gateway, upstream):
    ids = set()
    for _ in range(5):
        gateway.request("/open", fields={"X-Request-Id": "mine"})
        ids.add(upstream.last["X-Request-Id"])
    assert len(ids) == 5 and "mine" not in ids
    assert all(re.fullmatch(r"[0-9A-Za-z-]{16,}", each) for each in ids)


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_trace_is_continued_as_it_came(flags, gateway, upstream):
    gateway.request("/open", fields={"traceparent": TRACE + flags, "tracestate": "a=b"})
    assert (upstream.last["traceparent"], upstream.last["tracestate"]) == (TRACE + flags, "a=b")


@pytest.mark.parametrize("fields", [[], [("traceparent", "none")], [("tracestate", "a=b")], [("traceparent", TRACE + "01")] * 2])
def test_no_trace_is_begun(fields, gateway, upstream):
    gateway.request("/open", fields=fields)
    assert upstream.last["traceparent"] is None and upstream.last["tracestate"] is None


def test_what_is_taken_off_the_path_is_told(start, upstream):
    routes = [
        {"path": "/api/v1", "upstream": "app", "auth": "none", "strip_prefix": "/api"},
        {"path": "/plain", "upstream": "app", "auth": "none", "add_prefix": "/x"},
    ]
    for proxies, prefix, kept in ([], "/api", None), (["127.0.0.0/8"], "/outer/api", "/outer"):
        gateway = start(configuration(upstream, routes=routes, trusted_proxies=proxies))
        assert gateway.request("/api/v1/x").status == 200
        assert (upstream.last.target, upstream.last["X-Forwarded-Prefix"]) == ("/v1/x", "/api")
        assert gateway.request("/api/v1/x", fields={"X-Forwarded-Prefix": "/outer"}).status == 200
        assert upstream.last["X-Forwarded-Prefix"] == prefix
        assert gateway.request("/plain", fields={"X-Forwarded-Prefix": "/outer"}).status == 200
        assert upstream.last["X-Forwarded-Prefix"] == kept


class TestStrangers:
    """Peers outside `trusted_proxies`: nothing they say about where a request came from is believed."""

    CLAIMS = {
        "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Port": "443", "X-Forwarded-Prefix": "/x", "X-Forwarded-Uri": "/admin", "X-Forwarded-User": "root",
        "Forwarded": "for=1.2.3.4", "X-Real-IP": "1.2.3.4", "X-Original-URL": "/admin", "X-Original-Host": "evil.test",
        "X-Rewrite-URL": "/admin", "X_Forwarded_For": "1.2.3.4",
    }  # fmt: skip

    def test_are_told_apart_from_proxies(self, gateway, upstream):
        fields = {name: value for name, value in self.CLAIMS.items() if "_" not in name}
        gateway.request("/open", fields=fields)
        seen = upstream.last
        assert seen["X-Forwarded-For"] == "127.0.0.1"
        assert seen["X-Forwarded-Proto"] == "http"
        assert seen["X-Forwarded-Host"] == gateway.authority
        for name in fields:
            if name not in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"):
                assert seen[name] is None, name
        assert b"1.2.3.4" not in seen.raw_head and b"evil.test" not in seen.raw_head

    def test_cannot_use_connection_to_remove_what_is_set(self, gateway, upstream):
        gateway.request("/open", fields={"Connection": "X-Forwarded-For, X-Forwarded-Host"})
        assert upstream.last["X-Forwarded-For"] == "127.0.0.1"
        assert upstream.last["X-Forwarded-Host"] == gateway.authority


class TestTrustedProxies:
    @pytest.fixture
    def gateway(self, start, upstream):
        return start(configuration(upstream, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"]))

    @pytest.mark.parametrize(
        "chain, client",
        [
            ("203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
            ("2001:db8::7, fd00::1", "2001:db8::7"),
        ],
    )
    def test_the_rightmost_untrusted_address_is_the_client(self, chain, client, gateway, upstream):
        gateway.request("/open", fields={"X-Forwarded-For": chain, "X-Forwarded-Proto": "https"})
        assert gateway.access_log(1)[0]["client"] == client
        assert client in upstream.last["X-Forwarded-For"]
        assert upstream.last["X-Forwarded-Proto"] == "https"

    UNREADABLE = [
        "unknown", "203.0.113.9, unknown", "203.0.113.9, unix:", "203.0.113.9, fe80::1%eth0", "_hidden", "", "203.0.113.9,",
        "1.2.3.4.5", "evil\t, 10.0.0.1", ", ,", "203.0.113.9, 1.2.3.4:99999", "203.0.113.9, [::1", "127.0.0.1, unknown, 10.1.2.3",
    ]  # fmt: skip

    @pytest.mark.parametrize("chain", UNREADABLE)
    def test_a_client_that_is_no_address_is_unknown_and_passes_no_rule(self, chain, start, upstream):
        routes = [
            {"path": "/allowed", "upstream": "app", "auth": "none", "allow_addresses": ["127.0.0.0/8", "::/0", "0.0.0.0/0"]},
            {"path": "/denied", "upstream": "app", "auth": "none", "deny_addresses": ["192.0.2.0/24"]},
            {"path": "/open", "upstream": "app", "auth": "none"},
        ]
        gateway = start(configuration(upstream, routes=routes, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"]))
        for target, status in ("/allowed", 403), ("/denied", 403), ("/open", 200):
            assert gateway.request(target, fields={"X-Forwarded-For": chain}).status == status
        assert [line["client"] for line in gateway.access_log(3)] == ["unknown"] * 3
        assert gateway.request("/allowed").status == 200

    def test_one_that_says_it_in_forwarded_is_believed(self, gateway, upstream):
        gateway.request("/open", fields={"Forwarded": 'for=1.1.1.1, for="[2001:db8::7]:80";proto=https, for=10.0.0.3'})
        gateway.request("/open", fields={"Forwarded": "for=203.0.113.9, for=unknown"})
        gateway.request("/open", fields={"Forwarded": "for=1.1.1.1", "X-Forwarded-For": "203.0.113.9"})
        assert [line["client"] for line in gateway.access_log(3)] == ["2001:db8::7", "unknown", "203.0.113.9"]

    def test_what_is_believed_passes_and_nothing_else(self, gateway, upstream):
        believed = {
            "X-Forwarded-Proto": "https", "X-Forwarded-Host": "site.test", "X-Forwarded-Port": "8443", "X-Forwarded-Prefix": "/x",
            "Forwarded": "for=203.0.113.9",
        }  # fmt: skip
        others = {
            "X-Forwarded-Uri": "/y", "X-Forwarded-User": "y", "X-Forwarded-Method": "y", "X-Real-IP": "1.2.3.4",
            "X-Original-URL": "/y", "X-Original-Method": "y", "X-Rewrite-URL": "/y", "X_Forwarded_Proto": "y", "X.Real.IP": "y",
        }  # fmt: skip
        for extra in ({}, {"Connection": ", ".join([*believed, *others])}):
            gateway.request("/open", fields={**believed, **others, **extra})
            for name, value in believed.items():
                assert upstream.last[name] == value
            assert not set(upstream.last.names()) & {name.lower() for name in others}

    def test_one_that_says_nothing_is_the_client_itself(self, gateway, upstream):
        gateway.request("/open")
        assert gateway.access_log(1)[0]["client"] == "127.0.0.1"
        assert upstream.last["X-Forwarded-Proto"] == "http"
