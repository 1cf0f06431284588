"""Hostile clients: the gateway lives, leaks nothing and serves the next one."""

import random

from lib.gateway import configuration
from lib.tokens import bearer, token
from lib.upstreams import answer
from lib.waiting import until

SEED = 20251

TEMPLATES = [
    "GET /open/a?b=c HTTP/1.1\r\nHost: gateway.test\r\nX-A: 1\r\n\r\n",
    "POST /open HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 5\r\n\r\nhello",
    "POST /open HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    f"GET /%2e%2e/a;b?c HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer {token()}\r\nCookie: a=b\r\n\r\n",
    "OPTIONS / HTTP/1.1\r\nHost: gateway.test\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    "GET /open HTTP/1.1\r\nHost: gateway.test\r\nConnection: Upgrade, X-A\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n\r\n",
]
SPICE = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"%", b"..", b"/", b"\\", b"\xff", b"0", b"-1", b"chunked",
         b"Host: ", b"Content-Length: 3\r\n", b"HTTP/1.0", b"HTTP/2", b"\x7f", b"999999999999999999999", b"{", b"\""]  # fmt: skip


def mutated(random):
    data = bytearray(random.choice(TEMPLATES).encode())
    for _ in range(random.randrange(1, 6)):
        at = random.randrange(len(data))
        kind = random.randrange(4)
        if kind == 0:
            data[at : at + random.randrange(1, 9)] = b""
        elif kind == 1:
            data[at:at] = random.choice(SPICE)
        elif kind == 2:
            data[at] = random.randrange(256)
        else:
            data[at:at] = data[at : at + random.randrange(1, 40)]
        if not data:
            break
    return bytes(data)


def test_mangled_requests_do_no_harm(start, make_upstream):
    upstream = make_upstream()
    gateway = start(configuration(upstream, cors={"origins": ["https://a.test"]}, limits={"head_timeout": "1s"}))
    assert gateway.request("/open").status == 200
    before = gateway.descriptors()
    chance = random.Random(SEED)
    for number in range(600):
        with gateway.client() as client:
            client.send_as_far_as_it_goes(b"".join(mutated(chance) for _ in range(chance.randrange(1, 4))))
            if number % 3 == 0:
                client.reset()
            elif number % 3 == 1:
                client.half_close()
                try:
                    while client.socket.recv(65536):
                        pass
                except ConnectionResetError:
                    pass
    assert gateway.request("/", fields=bearer()).status == 200
    until(lambda: gateway.descriptors() <= before + 2, lambda: f"{gateway.descriptors()} descriptors, {before} before")
    assert len(upstream.exchanges) > 20
    for exchange in upstream.exchanges:
        assert exchange.version == "HTTP/1.1" and len(exchange.all("host")) == 1
        assert all(name.lower() != "x-auth-user" for name, _ in exchange.fields) or exchange["X-Auth-User"] == "alice"


def test_mangled_responses_do_no_harm(start, make_upstream):
    chance = random.Random(SEED)
    templates = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    ]

    def handler(exchange):
        exchange.read_body()
        if exchange.target == "/open/good":
            exchange.send(answer("good"))
            return
        data = bytearray(chance.choice(templates))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(0, 4)] = chance.choice(SPICE)
        exchange.send(bytes(data))
        exchange.close()

    gateway = start(configuration({"servers": [make_upstream(handler).address], "response_timeout": "1s", "idle_timeout": "1s"}))
    answered = 0
    for _ in range(400):
        with gateway.client() as client:
            client.send(client.head("/open"))
            client.half_close()
            received = b""
            while data := client.socket.recv(65536):
                received += data
            assert not received or received.startswith(b"HTTP/1.1 "), received[:200]
            answered += received != b""
    assert answered > 200
    assert gateway.request("/open/good").text == "good"
