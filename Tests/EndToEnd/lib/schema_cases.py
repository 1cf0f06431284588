"""Configurations, and whether the gateway and the schema take them."""

import copy

ABSENT = object()


BASE = {
    "listen": ["127.0.0.1:0"],
    "auth": {"issuers": [{"issuer": "i", "audience": "any", "secret_file": "secret.key"}]},
    "accounts": {"store": "sqlite:a.db", "signing": {"secret_file": "accounts.key"}},
    "upstreams": {"u": {"servers": ["127.0.0.1:9001"]}},
    "routes": [{"path": "/", "upstream": "u"}, {"path": "/r", "auth": "none", "respond": {"status": 200}}],
}


def changed(changes):
    """The base with values put in (or, with ABSENT, taken out) at places such as `routes.0.auth`."""
    config = copy.deepcopy(BASE)
    for place, value in changes.items():
        *way, last = place.split(".")
        target = config
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target.setdefault(step, {})
        if value is ABSENT:
            del target[last]
        else:
            target[int(last) if isinstance(target, list) else last] = value
    return config


def table(good, bad):
    """(changes, whether they are fine), from values by place; a tuple holds several values."""
    cases = []
    for values, verdict in ((good, True), (bad, False)):
        for place, several in values.items():
            for value in several if isinstance(several, tuple) else (several,):
                cases.append(({place: value}, verdict))
    return cases


CERTIFICATES = {"certificates": [{"certificate": "site.pem", "key": "site.key"}]}

LISTENER_GOODS = {
    "redirect": ["https", "https:8443"],
    "proxy_protocol": [True, ["10.0.0.0/8", "::1"]],
    "tls": [
        CERTIFICATES,
        {**CERTIFICATES, "min_version": "1.3", "strict_sni": True, "tickets": False, "hsts": "365d"},
        {**CERTIFICATES, "hsts": "0s", "client_certificates": {"ca": "clients.pem"}},
        {**CERTIFICATES, "client_certificates": {"ca": "clients.pem", "mode": "optional", "crl": "revoked.pem"}},
    ],
}

LISTENER_FAULTS = {
    "http2": ["yes"],
    "redirect": ["http", "https:0", "https:x", "https://a", True],
    "proxy_protocol": ["10.0.0.0/8", [], ["10.0.0.1/x"], 1],
    "forward_auth": [True],
    "tls": [
        True, {}, {"certificates": []}, {"certificates": [{"certificate": "ca.pem"}]}, {"certificates": [{"key": "key.pem"}]},
        *({**CERTIFICATES, key: value} for key, value in [
            ("min_version", "1.1"), ("min_version", 1.2), ("strict_sni", 1), ("tickets", "no"), ("hsts", 31536000), ("acme", {}),
            ("client_certificates", {}), ("client_certificates", {"ca": "clients.pem", "mode": "request"}),
        ]),
    ],
}


GOOD = {
    "$schema": "x.json",
    "listen": (["unix:a.sock"], ["[::1]:0", "localhost:0"], [{"address": "127.0.0.1:0"}], ["${ADDRESS}"],
               [{"address": "127.0.0.1:0", "http2": False, "proxy_protocol": False}],
               *([{"address": "127.0.0.1:0", key: value}] for key, values in LISTENER_GOODS.items() for value in values),
               [{"address": "unix:a.sock", "mode": "0600"}], [{"address": "unix:a.sock", "mode": "660", "group": "0"}]),
    "workers": ("auto", 1, 1024, "${AUTO}"),
    "pid_file": "gateway.pid",
    "drain_timeout": ("0s", "250ms", "1m", "1h", "30d", "${DURATION}"),
    "shutdown_delay": ("0s", "5s", "${DURATION}"),
    "trusted_proxies": ("unix", [], ["10.0.0.0/8", "unix", "::1", "2001:db8::/32"]),
    "log": ({}, {"access": "off", "format": "combined", "error": "e.log", "level": "debug"}, {"format": "${JSON}"}),
    "limits": (
        {}, {"handshake_timeout": "3s"}, {"token": "1KiB"}, {"token": "64KiB", "head": "1MiB"}, {"head": "16KiB", "target": "4KB", "fields": 1, "response_head": "1MiB", "head_timeout": "1ms", "idle_timeout": "1d"},
        {"body_rate": "0B", "max_body": "unlimited", "connections": 1, "connections_per_address": 1}, {"max_body": "1GiB"},
    ),
    "cors": (
        {"origins": ["*"]}, {"origins": ["*"], "credentials": False}, {"origins": ["https://*.example.com", "http://*.a.test:81"]},
        {"origins": ["https://a.example", "http://localhost:3000"], "methods": ["GET", "PURGE"], "headers": ["X-A"],
         "expose": [], "credentials": True, "max_age": "10m"},
    ),
    "admin": ({"listen": "127.0.0.1:0"}, {"listen": "127.0.0.1:0", "ready": "process"}, {"listen": "unix:a", "ready": "upstreams"},
              {"listen": "127.0.0.1:0", "tls": CERTIFICATES}),
    "auth.reject_status": (401, 403),
    "auth.realm": "the gate",
    "auth.leeway": "5s",
    "auth.forward_token": False,
    "auth.token_from": ([{"header": "X-Token"}], [{"cookie": "t"}, {"query": "access_token"}], [{"websocket_protocol": "bearer"}]),
    "auth.identity_headers": ({}, {"X-User": "sub", "X-Iss": "iss"}, {"X-A": "tls:subject", "X-B": "tls:san", "X-C": "tls:fingerprint"}),
    "auth.issuers": [],
    "auth.issuers.0.audience": ("any", "a", ["a", "b"], ["any"]),
    "auth.issuers.0.algorithms": (["HS384"], ["HS256", "HS512"], ["${HS256}"]),
    "auth.issuers.0": (
        {"issuer": "i", "audience": "any", "jwks": "keys.json"},
        {"issuer": "i", "audience": "any", "jwks": "keys.json", "algorithms": ["HS256", "ES256", "EdDSA"]},
        {"issuer": "i", "audience": "any", "public_key_file": "key.pem", "algorithms": ["ES256"]},
        {"issuer": "i", "audience": "any", "jwks": "https://127.0.0.1:1/keys?a=b", "ca": "ca.pem"},
        {"issuer": "i", "audience": "any", "jwks": "http://localhost/keys", "discover": False},
        {"issuer": "https://127.0.0.1:1/", "audience": "any", "discover": True, "ca": "ca.pem", "algorithms": ["PS512"]},
        {"issuer": "${ISSUER}", "audience": "any", "discover": True},
        {"issuer": "i", "audience": "any", "jwks": "${KEYS}"},
    ),
    "auth.jwks_cooldown": ("1s", "1h", "1500ms"),
    "auth.jwks_wait": ("0s", "250ms", "1m"),
    "auth.issuers.0.leeway": "1m",
    "auth.issuers.0.max_ttl": "1h",
    "auth.issuers.0.require_exp": False,
    "auth.issuers.0.numeric_subject": (False, True),
    "auth.issuers.0.require_binding": (False, True),
    "auth.issuers.0.claims": ({}, {"subject": "email"}, {"roles": "realm_access.roles", "scope": "https://a.example/scope"}),
    "accounts.store": ("sqlite:/var/lib/a.db", "sqlite:./a.db", "${STORE}"),
    "accounts.registration": ("open", "closed", "invite"),
    "accounts.registration_limit": (
        {"requests": 1, "per": "1ms"}, {"requests": 10, "per": "1h", "burst": 3, "by": "address"},
        {"requests": 10, "per": "1h", "by": {"header": "X-Tenant"}}, {"requests": 10, "per": "1h", "by": "route"},
    ),
    "accounts.audit": ("stdout", "audit.log"),
    "accounts.issuer": (None, "https://gate.example"),
    "accounts.audience": (None, "orders", ["orders", "billing"]),
    "accounts.signing.algorithm": ("HS256", "HS512"),
    "accounts.signing": (
        {"key_directory": "keys"}, {"key_directory": "keys", "algorithm": "EdDSA"}, {"secret_file": "s", "algorithm": "${HS256}"},
    ),
    "auth.identity_assertion": (
        {"header": "X-A", "issuer": "https://gate.example", "key_directory": "keys"},
        {"header": "X-A", "issuer": "g", "key_directory": "k", "ttl": "5s", "bind": True, "algorithm": "ES512"},
    ),
    "accounts.access_token_ttl": ("1s", "5m", "60000ms"),
    "accounts.refresh_token_ttl": ("1s", "30d"),
    "accounts.refresh_grace": ("0s", "1500ms", "1h"),
    "accounts.session_max_ttl": ("1s", "365d"),
    "accounts.max_sessions": (1, 10_000),
    "accounts.password": ({}, {"min_length": 12, "max_length": 1024}),
    "accounts.default_roles": ([], ["user", "reader"]),
    "accounts.throttle": (False, {}, {"failures": 1, "window": "1s", "max_delay": "1h"}),
    "accounts.paths": ({}, {"register": "/v1/register", "login": "/v1/login", "me": "/v1/me"}, {"refresh": "/r", "logout": None, "sessions": "/s"}),
    "upstreams.u.servers": (["localhost:80", "[::1]:1", "unix:a.sock"], [{"address": "localhost:1", "weight": 1000}, "localhost:2"]),
    "upstreams.u.balance": "round_robin",
    "upstreams.u.health_check": (
        {"path": "/"},
        {"path": "/healthz?a=b", "interval": "10ms", "timeout": "1s", "healthy_after": 1, "unhealthy_after": 1000},
        {"path": "/", "host": "app.example.com:8080", "headers": {"X-Probe": "1", "User-Agent": "probe"}, "status": "204"},
        {"path": "/", "host": "[::1]", "headers": {}, "status": "200-299,304,401-403"}, {"path": "/", "status": 204},
    ),
    "upstreams.u.resolve": ("10ms", "30s", "1d"),
    "upstreams.u.passive_health": (False, {}, {"failures": 1, "eject": "1s", "max_eject": "1s"}),
    "upstreams.u.connect_timeout": "250ms",
    "upstreams.u.protocol": "http1",
    "upstreams.u.tls": (
        False, True, {}, {"server_name": "a.example"}, {"server_name": "::1", "ca": "ca.pem", "certificate": "site.pem", "key": "site.key",
                                                        "verify": True, "min_version": "1.3"},
    ),
    "upstreams.u.keepalive": (0, 10_000),
    "routes.0.host": ("a.example", "*.example.com", "127.0.0.1", "[::1]", "A.example."),
    "routes.0.methods": (["GET"], ["GET", "POST", "PURGE"]),
    "routes.0.headers": ({}, {"X-A": "b c"}, {"X-A": ""}),
    "routes.0.auth": ("required", "optional", "report", "certificate", "none"),
    "routes.0": tuple(
        {"path": "/", "upstream": "u", "auth": auth, "require": {"claims": {"tls:san": "URI:a"}}} for auth in ("certificate", "optional", "none")
    ),
    "routes.0.require": (
        {"claims": {"tls:subject": "CN=a", "tls:san": ["DNS:a", "IP:::1"], "tls:fingerprint": "0a" * 32, "sub": "a"}},
        {"roles": ["a"]}, {"any_role": ["a", "b"], "scope": ["a:b"], "issuer": "i"}, {"issuer": ["i"]},
        {"claims": {"tenant": "a", "level": [1, 2.5, True]}},
    ),
    "routes.0.path": ("/a", "/a/", "/a%20b", "/a.b-c_d~e"),
    "routes.0.add_prefix": ("/api", "/api/"),
    "routes.0.host_header": ("keep", "upstream"),
    "routes.0.request_headers": ({}, {"set": {"X-A": "1"}, "add": {"X-B": "2"}, "remove": ["X-C"]}),
    "routes.0.response_headers": {"remove": ["Server"]},
    "routes.0.encoded_slashes": ("allow", "refuse"),
    "routes.0.max_body": ("unlimited", "1B"),
    "routes.0.timeout": "1m",
    "routes.0.allow_addresses": (["10.0.0.0/8"], "10.0.0.0/8"),
    "routes.0.deny_addresses": ([], ["::1"], "10.1.0.0/16"),
    "routes.0.cors": (False, {"origins": ["https://a.example"]}),
    "routes.0.websocket": (True, False, {}, {"outlive_token": True}, {"outlive_token": False, "idle_timeout": "5m"}),
    "routes.1.respond": ({"status": 599}, {"status": 200, "body": "x", "headers": {"X-A": "1"}}, {"status": 200, "json": None}),
}  # fmt: skip


BAD = {
    "listen": ([], "127.0.0.1:80", ["8080"], ["127.0.0.1"], ["http://a:1"], [1], [{}], [{"adress": "localhost:1"}],
        *([{"address": "127.0.0.1:0", key: value}] for key, values in LISTENER_FAULTS.items() for value in values),
               [{"address": "unix:a", "mode": "rw"}], [{"address": "unix:a", "mode": "0888"}], [{"address": "unix:a", "mode": 660}],
               [{"address": "unix:a", "mode": "4660"}], [{"address": "unix:a", "group": ""}],
               [{"address": "127.0.0.1:0", "mode": "0660"}], [{"address": "127.0.0.1:0", "group": "0"}], ABSENT),
    "workers": (0, 1025, 1.5, "all", True),
    "wokers": 1,
    "pid_file": ("", 1),
    "drain_timeout": ("30", "1.5s", "-1s", "1y", 30, ""),
    "shutdown_delay": ("5", 5, "-1s"),
    "trusted_proxies": (["host"], 1),
    "log": ({"format": "xml"}, {"level": "warn"}, {"access": ""}, {"acess": "off"}, []),
    "limits": (
        {"head": "32"}, {"head": "32kb"}, {"head": 1}, {"fields": 0}, {"token": 16384}, {"token": "16"}, {"fields": "1"}, {"head_timeout": "0s"}, {"body_rate": 240},
        {"max_body": "big"}, {"connections": 0}, {"heads": "1KiB"},
    ),
    "cors": (
        {}, {"origins": []}, {"origins": "*"}, {"origins": ["*", "https://a"]}, {"origins": ["https://a/"]}, {"origins": ["a"]}, {"origins": ["https://*a.test"]}, {"origins": ["https://a.*.test"]},
        {"origins": ["*"], "credentials": True}, {"origins": ["https://a"], "methods": ["get"]},
        {"origins": ["https://a"], "headers": ["*"]}, False,
    ),
    "admin": ("127.0.0.1:9090", {}, {"listen": "9090"}, {"listen": "localhost:1", "require": {}}, {"listen": "localhost:1", "ready": "always"}),
    "auth": [],
    "auth.reject_status": (400, "401"),
    "auth.realm": ("", 'a"b', "é"),
    "auth.leeway": 1,
    "auth.forward_token": "yes",
    "auth.token_from": ([], [{}], [{"header": "A", "cookie": "b"}], [{"header": "a b"}], [{"websocket_protocol": "a, b"}]),
    "auth.identity_headers": ([], {"X User": "sub"}, {"X-User": ""}, {"X-User": 1}, {"X-User": "tls:sub"}, {"X-User": "tls:"}),
    "auth.identity_assertion": (
        {}, [], {"issuer": "g", "key_directory": "k"}, {"header": "X A", "issuer": "g", "key_directory": "k"},
        {"header": "X-A", "issuer": "g", "key_directory": "k", "ttl": "0s"},
        {"header": "X-A", "issuer": "g", "key_directory": "k", "bind": "yes"},
        {"header": "X-A", "issuer": "g", "key_directory": "k", "algorithm": "HS256"},
    ),
    "auth.issuers": {},
    "auth.issuers.0": (
        {}, {"issuer": "i", "audience": "any"}, {"issuer": "i", "secret_file": "secret.key"},
        {"issuer": "i", "audience": "any", "discover": True}, {"issuer": "https://a", "audience": "any", "discover": False},
        {"issuer": "https://a", "audience": "any", "discover": "true"}, {"issuer": "https://a?b", "audience": "any", "discover": True},
        {"issuer": "https://a", "audience": "any", "discover": True, "jwks": "keys.json"},
        {"issuer": "https://a", "audience": "any", "discover": True, "algorithms": ["HS256"]},
        {"issuer": "i", "audience": "any", "public_key_file": "key.pem", "jwks": "keys.json"},
        {"issuer": "i", "audience": "any", "public_key_file": "key.pem", "algorithms": ["HS256"]},
        {"issuer": "i", "audience": "any", "public_key_file": "key.pem", "ca": "ca.pem"},
        {"issuer": "i", "audience": "any", "jwks": ""}, {"issuer": "i", "audience": "any", "jwks": "ftp://a/keys"},
        {"issuer": "i", "audience": "any", "jwks": "https://a b/"}, {"issuer": "i", "audience": "any", "jwks": "https://u@a/"},
        {"issuer": "i", "audience": "any", "jwks": "https://a/#b"}, {"issuer": "i", "audience": "any", "jwks": 1},
        {"issuer": "i", "audience": "any", "jwks": "https://a/", "algorithms": ["HS256", "ES256"]},
    ),
    "auth.jwks_cooldown": ("0s", 30, "30"),
    "auth.jwks_wait": (2, "2", "soon"),
    "auth.issuers.0.issuer": ("", 1),
    "auth.issuers.0.audience": ("", [], ["a", "a"], None),
    "auth.issuers.0.algorithms": ([], ["none"], ["RS256"], ["HS256", "HS256"], "HS256"),
    "auth.issuers.0.jwks": "keys.json",
    "auth.issuers.0.ca": "ca.pem",
    "auth.issuers.0.max_ttl": "0s",
    "auth.issuers.0.numeric_subject": ("yes", 1),
    "auth.issuers.0.require_binding": ("yes", 1),
    "auth.issuers.0.claims": ("sub", {"user": "sub"}, {"roles": ["roles"]}, {"scope": ""}),
    "accounts": (None, {}, {"store": "sqlite:a"}),
    "accounts.store": ("a.db", "sqlite:", "sqlite:///a.db", "sqlite::memory:", 1),
    "accounts.registration": ("off", True, "Open"),
    "accounts.issuer": ("", 1),
    "accounts.audience": ("any", "", [], ["a", "a"], 1),
    "accounts.signing": (
        {}, {"secret_file": ""}, {"key_directory": ""}, {"secret_file": "s", "key_directory": "k"}, "HS256",
        {"key_directory": "k", "algorithm": "HS256"}, {"secret_file": "s", "algorithm": "RS256"},
    ),
    "accounts.signing.algorithm": ("ES256", "none"),
    "accounts.registration_limit": (
        None, {}, {"requests": 1}, {"per": "1s"}, {"requests": 0, "per": "1s"}, {"requests": 1, "per": "0s"},
        {"requests": 1, "per": "1s", "by": "somebody"}, {"requests": 1, "per": "1s", "by": {}},
    ),
    "accounts.refresh_token_ttl": ("0s", "1500ms", 3600),
    "accounts.max_sessions": (0, 10_001, "10"),
    "accounts.access_token_ttl": ("500ms", "1500ms", "0s", 3600),
    "accounts.password": (8, {"min_length": 0}, {"max_length": 1025}, {"min": 8}),
    "accounts.default_roles": ("user", ["user", "user"], [""]),
    "accounts.throttle": (True, None, {"failures": 0}, {"window": "0s"}, {"max_delay": "1ms"}, {"failure": 1}),
    "accounts.paths": ({"login": "login"}, {"login": "/a?b"}, {"login": "/a*"}, {"refresh": "r"}, []),
    "upstreams": ([], {"a b": {"servers": ["localhost:1"]}}),
    "upstreams.u": ({}, []),
    "upstreams.u.servers": ([], ["127.0.0.1"], ["127.0.0.1:0"], ["http://a:1"], [{"weight": 1}], [{"address": "localhost:1", "weight": 0}]),
    "upstreams.u.balance": ("random", {"hash": "user"}),
    "upstreams.u.retries": 1,
    "upstreams.u.health_check": (
        {}, False, "/healthz", {"path": "healthz"}, {"path": "/a b"}, {"path": "/a#b"}, {"path": "/", "healthy_after": 0},
        {"path": "/", "interval": "0s"}, {"path": "/", "port": 1},
    ),
    "upstreams.u.passive_health": (True, {"failures": 0}, {"eject": "0s"}, {"ejekt": "1s"}),
    "upstreams.u.connect_timeout": "0s",
    "upstreams.u.protocol": ("h2", 1),
    "upstreams.u.tls": (
        "yes", {"server_name": ""}, {"server_name": "a b"}, {"certificate": "key.pem"}, {"key": "key.pem"}, {"verify": 0}, {"min_version": "1.1"},
        {"min_version": 1.2}, {"sni": "a"},
    ),
    "admin.tls": (True, {}, {"certificates": []}, {"certificates": [{"certificate": "ca.pem"}]}),
    "upstreams.u.keepalive": -1,
    "routes": ([], {}, ABSENT),
    "routes.0": ({}, {"path": "/"}, {"upstream": "u"}, {"path": "/", "exact": "/", "upstream": "u"}, 1, *(
        {"path": "/", "upstream": "u", "auth": auth, "require": require}
        for auth in ("certificate", "none")
        for require in ({"claims": {"tls:san": "URI:a", "sub": "a"}}, {"roles": ["a"]}, {"claims": {"tls:san": "URI:a"}, "issuer": "i"})
    )),
    "routes.0.respond": {"status": 200},
    "routes.0.host": ("*", "*example.com", "a.*.com", "a:80", "", 1),
    "routes.0.methods": ([], ["get"], ["GET", "GET"], ["CONNECT"], ["G T"], "GET"),
    "routes.0.headers": ({"X A": "b"}, {"X-A": " b"}, {"X-A": 1}, []),
    "routes.0.auth": ("on", "Required", False),
    "routes.0.require": ({}, {"role": ["a"]}, {"roles": []}, {"roles": "a"}, {"scope": ["a b"]}, {"claims": {"a": None}}, {"claims": {"a": []}},
        {"claims": {"tls:sub": "a=b"}}, {"claims": {"tls:subject": "alice"}}, {"claims": {"tls:subject": 1}}, {"claims": {"tls:subject": []}},
        {"claims": {"tls:san": "a.example"}}, {"claims": {"tls:san": ["DNS:a", "DNS:"]}}, {"claims": {"tls:fingerprint": "AB"}}),
    "routes.0.path": ("a", "", "/a*", "/a?b", "/a#b", "/a;b", "/a\\b", "/a b"),
    "routes.0.strip_prefix": "/",
    "routes.0.add_prefix": ("/", "api"),
    "routes.0.host_header": "x",
    "routes.0.request_headers": ({"set": []}, {"replace": {}}, {"remove": ["a b"]}, {"remove": "X-A"}),
    "routes.0.encoded_slashes": True,
    "routes.0.max_body": ("big", 1),
    "routes.0.timeout": "0s",
    "routes.0.rate_limit": {},
    "routes.0.allow_addresses": ([], ["host"]),
    "routes.0.cors": (True, {}),
    "routes.0.websocket": ("on", 1, None, {"outlive_token": 1}, {"idle_timeout": "0s"}, {"idle": "1s"}),
    "routes.1.websocket": (True, {}),
    "routes.1.require": {"roles": ["a"]},
    "routes.1.strip_prefix": "/r",
    "routes.1.timeout": "1s",
    "routes.1.respond": ({}, {"status": 199}, {"status": "200"}, {"status": 200, "body": "x", "json": 1}, {"status": 200, "body": 1}),
    "routes.1.redirect": {"location": "/"},
}  # fmt: skip


CASES = table(GOOD, BAD)


ENVIRONMENT = {
    "ADDRESS": "127.0.0.1:0", "AUTO": "auto", "DURATION": "1s", "JSON": "json", "HS256": "HS256", "STORE": "sqlite:b.db",
    "ISSUER": "https://127.0.0.1:1/", "KEYS": "keys.json",
}  # fmt: skip
