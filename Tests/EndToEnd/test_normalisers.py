"""Paths, as upstreams of several kinds read them: whenever one of them thinks that something under /admin is asked for, the gateway must
have judged the request by the route of /admin."""

import json
import random
import re
from urllib.parse import unquote_to_bytes

import pytest
from lib.gateway import Gateway, configuration
from lib.upstreams import Upstream, answer

SEED = 20263
COUNT = 4000


# Upstreams, each as a function from the target on the wire to the resource that it takes it for.


def resolve(path):
    """Dot segments resolved, as every one of them does in the end; above the root stays the root."""
    stack = []
    parts = path.split(b"/")
    for part in parts:
        if part == b"..":
            stack = stack[:-1]
        elif part != b".":
            stack.append(part)
    return b"/" + b"/".join(part for part in stack if part or len(stack) > 1).lstrip(b"/")


def merge(path):
    return re.sub(rb"/+", b"/", path)


def decode(path):
    return unquote_to_bytes(path)


def overlong(path):
    """A decoder that only adds bits up."""
    path = re.sub(rb"[\xc0\xc1][\x80-\xbf]", lambda m: bytes([(m[0][0] & 1) << 6 | m[0][1] & 0x3F]), path)
    path = re.sub(rb"\xe0[\x80\x81][\x80-\xbf]", lambda m: bytes([(m[0][1] & 1) << 6 | m[0][2] & 0x3F]), path)
    return re.sub(rb"\xf0\x80[\x80\x81][\x80-\xbf]", lambda m: bytes([(m[0][2] & 1) << 6 | m[0][3] & 0x3F]), path)


def without_query(target):
    return re.split(rb"[?#]", target)[0]


def without_parameters(path):
    return b"/".join(part.split(b";")[0] for part in path.split(b"/"))


def backslashes(path):
    return path.replace(b"\\", b"/")


def cut_at_nul(path):
    return path.split(b"\0")[0]


UPSTREAMS = {
    "plain": lambda t: resolve(without_query(t)),
    "merging slashes": lambda t: resolve(merge(without_query(t))),
    "decoding": lambda t: resolve(merge(decode(without_query(t)))),
    "decoding without merging": lambda t: resolve(decode(without_query(t))),
    "decoding after resolving": lambda t: decode(resolve(without_query(t))),
    "decoding before splitting": lambda t: resolve(merge(without_query(decode(t)))),
    "decoding twice": lambda t: resolve(merge(decode(decode(without_query(t))))),
    "backslashes": lambda t: resolve(merge(backslashes(decode(without_query(t))))),
    "backslashes raw": lambda t: resolve(merge(backslashes(without_query(t)))),
    "parameters": lambda t: resolve(merge(without_parameters(without_query(t)))),
    "parameters decoded": lambda t: resolve(merge(without_parameters(decode(without_query(t))))),
    "parameters before decoding": lambda t: resolve(merge(decode(without_parameters(without_query(t))))),
    "parameters to the end": lambda t: resolve(merge(decode(without_query(t)).split(b";")[0])),
    "overlong": lambda t: resolve(merge(overlong(decode(without_query(t))))),
    "a C string": lambda t: resolve(merge(cut_at_nul(decode(without_query(t))))),
    "all at once": lambda t: resolve(
        merge(backslashes(without_parameters(cut_at_nul(overlong(without_query(decode(decode(t))))))))
    ),
}


def is_under(resource, path):
    return resource == path or resource.startswith(path + b"/")


ROUTES = [
    {"path": "/", "upstream": "app", "auth": "none", "request_headers": {"set": {"X-Route": "root"}}},
    {"path": "/open", "upstream": "app", "auth": "none", "request_headers": {"set": {"X-Route": "open"}}},
    {"path": "/open/admin", "upstream": "app", "auth": "none", "request_headers": {"set": {"X-Route": "inner"}}},
    {"path": "/admin", "upstream": "app", "auth": "none", "request_headers": {"set": {"X-Route": "admin"}}},
]


@pytest.fixture(scope="module")
def far():
    def handler(exchange):
        exchange.read_body()
        target = exchange.target.encode("latin-1")
        views = {name: upstream(target).decode("latin-1") for name, upstream in UPSTREAMS.items()}
        exchange.send(answer(json.dumps({"route": exchange["X-Route"], "target": exchange.target, "views": views})))

    upstream = Upstream(handler)
    yield upstream
    upstream.close()


def begin(far, directory, routes):
    return Gateway(str(directory), configuration(far, routes=routes, log={"access": "off"}))


@pytest.fixture(scope="module")
def near(far, tmp_path_factory):
    gateway = begin(far, tmp_path_factory.mktemp("normalisers"), ROUTES)
    yield gateway
    gateway.kill()


@pytest.fixture(scope="module")
def lenient(far, tmp_path_factory):
    """The same where encoded slashes are let through."""
    routes = [{**route, "encoded_slashes": "allow"} for route in ROUTES]
    gateway = begin(far, tmp_path_factory.mktemp("lenient"), routes)
    yield gateway
    gateway.kill()


class Asking:
    """Sends targets one after the other, over as few connections as can be."""

    def __init__(self, gateway):
        self.gateway, self.client = gateway, None

    def __call__(self, target):
        """The request as the upstreams read it; None if it was refused."""
        if self.client is None:
            self.client = self.gateway.client()
        self.client.send(self.client.head(target))
        response = self.client.response()
        if response["connection"] == "close":
            self.client.close()
            self.client = None
        assert response.status in (200, 400, 414), response
        return response.json() if response.status == 200 else None


def assert_judged_right(target, seen):
    """A path that one upstream reads as /admin was judged as /admin; the same for the route in the other one."""
    for name, view in seen["views"].items():
        resource = view.encode("latin-1")
        if is_under(resource, b"/admin"):
            assert seen["route"] == "admin", f"{target!r}, sent as {seen['target']!r}, is {view!r} to '{name}', judged by {seen['route']}"
        if is_under(resource, b"/open/admin"):
            assert seen["route"] == "inner", f"{target!r}, sent as {seen['target']!r}, is {view!r} to '{name}', judged by {seen['route']}"


# Out of the published bypasses, most of them with the place where they worked.
BYPASSES = [
    "/admin", "/admin/", "//admin", "/admin//", "/./admin", "/admin/.", "/admin/x/..", "/x/../admin", "/%61dmin", "/adm%69n",
    "/%41dmin/../admin", "/open/../admin", "/open/..//admin", "/open//../admin", "/open/%2e%2e/admin", "/open/.%2e/admin",
    "/open/%2E%2E%2Fadmin", "/open/..%2fadmin", "/open/..%2Fadmin", "/open%2f..%2fadmin", "/open/..%5cadmin", "/open/..\\admin",
    "\\admin", "/\\admin", "/open\\..\\admin", "/%5cadmin", "/%5C..%5Cadmin", "/open/..;/admin", "/open/..;x=1/admin",
    "/open/.;/../admin", "/;/admin", "/;x/admin", "/.;/admin", "/open/..%3b/admin", "/open/..%3B/admin", "/admin;", "/admin;x",
    "/admin;/x", "/admin%3b", "/admin%3Bx/y", "/admin;%2f..%2f..", "/open;/../admin", "/open/%252e%252e/admin",
    "/open/%252e%252e%252fadmin", "/%2561dmin", "/%25%36%31dmin", "/%25%32%66admin", "/admin%00", "/admin%00.html", "/%00/admin",
    "/admin%0a", "/admin%0d%0a", "/admin%09", "/admin%20", "/admin%3f", "/admin%3fx", "/admin%3F/../x", "/admin%23", "/admin%23x",
    "/open/..%3f/admin", "/admin?x", "/admin?", "/admin#", "/admin#x", "/open?/../admin", "/open/%c0%ae%c0%ae/admin",
    "/%c0%afadmin", "/open%c0%af..%c0%afadmin", "/%e0%80%afadmin", "/%f0%80%80%afadmin", "/admin%c0%af", "/admin%c0%80",
    "/%c1%a1dmin", "/%c1%9cadmin", "/%uff0e%uff0e/admin", "/%u002e%u002e/admin", "/admin..;/", "/admin/..;/admin",
    "/open/x/../../admin", "/open/../open/../admin", "/../admin", "/../../admin", "/..;/admin", "/open/....//admin", "//x/../admin",
    "///admin", "/.//admin", "/open/./.././admin", "/admin/./", "/%2fadmin", "/%2f/admin", "/%2f%2fadmin", "http://HOST/admin",
    "http://HOST//admin", "http://HOST/open/../admin", "http://HOST/open/%2e%2e/admin", "/open/admin", "/open/%61dmin",
    "/open/x/..;/admin", "/open/x%2f..%2fadmin", "/open%2fadmin", "/open;x/admin", "/open%3badmin", "/open/%2e/admin",
    "/open/admin%3f/../x", "/open//admin", "/open/;/admin", "/open%3f/admin", "/open/admin%2f..",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["strict", "lenient"])
def test_published_bypasses(kind, near, lenient):
    gateway = near if kind == "strict" else lenient
    ask = Asking(gateway)
    passed = 0
    for target in BYPASSES:
        target = target.replace("HOST", gateway.authority)
        seen = ask(target)
        if seen is not None:
            passed += 1
            assert_judged_right(target, seen)
    assert 30 < passed < len(BYPASSES), "the table has cases that pass and cases that don't"


SEGMENTS = [
    "admin", "admin", "admin", "open", "open", "x", "..", "..", ".", "", "%61dmin", "adm%69n", "a%64min", "%2e%2e", "%2E%2e", ".%2e",
    "%2e", "...", "..;", "..;x=1", ".;", ";", ";x", "admin;", "admin;x", "admin;/x", "admin%3b", "admin%3Bx", "open;x", "..%3b",
    "admin%3f", "admin%3Fx", "admin%23", "..%3f", "open%3f", "%252e%252e", "%25%32%65", "%2561dmin", "admin%00", "%00", "admin%20",
    "admin%0a", "admin%c0%80", "%c0%ae%c0%ae", "%c0%ae", "%c1%a1dmin", "%e0%80%ae%e0%80%ae", "%c3%a9", "%e9", "admin%25", "admin+",
    "admin.", "~", ":", "@admin", "*", "(admin)", "%7Eadmin", "a", "%", "%2", "%zz", "admin#x", "admin?x",
]  # fmt: skip
SEPARATORS = ["/"] * 12 + ["//", "/./", "%2f", "%2F", "\\", "%5c", "%5C", "%252f", "%c0%af", "/x/../", "/;/", ";/", "%3b/", "/%2e/"]


def random_target(chance):
    target = "".join(chance.choice(SEPARATORS) + chance.choice(SEGMENTS) for _ in range(chance.randrange(1, 6)))
    if not target.startswith("/"):
        target = "/" + target
    if chance.random() < 0.1:
        at = chance.randrange(len(target))
        target = target[:at] + chance.choice(["%2e", "%2f", ";", "%3b", "/", ".", "%5c", "%3f", "%25"]) + target[at:]
    return target


@pytest.mark.parametrize("kind", ["strict", "lenient"])
def test_paths_at_random(kind, near, lenient):
    chance = random.Random(SEED)
    ask = Asking(near if kind == "strict" else lenient)
    passed, admin = 0, 0
    for _ in range(COUNT if kind == "strict" else COUNT // 2):
        target = random_target(chance)
        seen = ask(target)
        if seen is not None:
            passed += 1
            admin += seen["route"] in ("admin", "inner")
            assert_judged_right(target, seen)
    # Otherwise nothing would have been shown.
    assert passed > 200 and admin > 50


def test_what_is_forwarded_is_forwarded_again_as_it_is(near):
    """One spelling: what has come out goes in and comes out the same."""
    chance = random.Random(SEED + 1)
    ask = Asking(near)
    for _ in range(COUNT // 4):
        seen = ask(random_target(chance))
        if seen is not None:
            again = ask(seen["target"])
            assert again is not None and again["target"] == seen["target"] and again["route"] == seen["route"]
