"""Writes the seeds of one reader into a folder: python3 Tests/Fuzz/seeds.py READER FOLDER

What the unit tests know of interesting input is taken from them: the wire corpus, and the configurations of ConfigurationTests.
Keys are made with openssl.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
SECRET = b"a secret of more than sixty-four bytes, so that it serves HS512 as well"
GOOD = {"iss": "https://login.example.com/", "sub": "alice", "aud": "orders", "iat": 1699999900, "exp": 1700000600}
HEADER = {"alg": "HS256", "typ": "JWT"}


def wire(*names):
    """The bytes of the wire corpus's cases (Tests/Corpus/README.md)."""
    for name in names:
        for case in (TESTS / "Corpus/http" / f"{name}.txt").read_text().split("\n### ")[1:]:
            lines = case.split("\n---")[0].split("\n")[1:]
            text = "".join(line for line in lines if not line.startswith("("))
            yield re.sub(rb"\\(x..|.)", unescaped, text.encode())


def unescaped(match):
    escape = match[1]
    if escape.startswith(b"x") and len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    return {b"r": b"\r", b"n": b"\n", b"t": b"\t"}.get(escape, escape)


def targets():
    for request in wire("requests", "smuggling", "paths", "hosts"):
        parts = request.split(b" ")
        if len(parts) > 2:
            yield parts[1]


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token(header, payload, name="sha256"):
    message = encoded(header) + b"." + encoded(payload)
    return message + b"." + encoded(hmac.new(SECRET, message, name).digest())


def headers():
    yield compact(HEADER)
    for member in [{"kid": "a"}, {"typ": "at+jwt"}, {"typ": "application/AT+JWT"}, {"crit": ["b64"], "b64": False}, {"b64": False}]:
        yield compact(HEADER | member)
    for algorithm in ["none", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256"]:
        yield compact(HEADER | {"alg": algorithm})
    yield b'{"alg":"HS256","alg":"none"}'


def claims():
    changes = [
        {}, {"roles": ["a", "b,c", "d\r\n"]}, {"roles": "one"}, {"scope": "read write"}, {"scope": ["a", "b"]},
        {"sub": "Zo\u00eb %41 \U0001f600"}, {"sub": ""}, {"sub": 1}, {"aud": ["a", "orders"]}, {"aud": []}, {"nbf": 1700000000.5},
        {"exp": 1.7e9}, {"exp": 1e308}, {"exp": "1"}, {"iat": 1700000002}, {"iat": -1}, {"nested": {"a": [1, 2.5e3, None, True]}},
        {"user": "bob"}, {"jti": "1", "sid": "2"}, {"big": 2**53},
    ]
    for change in changes:
        yield compact(GOOD | change)
    for name in GOOD:
        yield compact({key: value for key, value in GOOD.items() if key != name})


def tokens():
    for header in headers():
        name = {"HS384": "sha384", "HS512": "sha512"}.get(json.loads(header).get("alg"), "sha256")
        yield token(header, compact(GOOD), name)
    for payload in claims():
        yield token(compact(HEADER), payload)
    yield b"..."
    yield b"eyJhbGciOiJub25lIn0.e30."


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def private_keys():
    yield openssl("genpkey", "-algorithm", "ed25519")
    for curve in ["P-256", "P-384", "P-521", "secp256k1"]:
        yield openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve)
    yield openssl("genrsa", "2048")
    yield openssl("genpkey", "-algorithm", "x25519")


def pem():
    for key in private_keys():
        yield key
        public = openssl("pkey", "-pubout", given=key)
        yield public
        yield public + public
    rsa = openssl("genrsa", "2048")
    yield openssl("rsa", "-traditional", given=rsa)
    yield openssl("rsa", "-RSAPublicKey_out", given=rsa)
    yield openssl("pkey", "-aes128", "-passout", "pass:x", given=rsa)
    yield openssl("ecparam", "-name", "prime256v1", "-genkey")
    yield openssl("req", "-x509", "-newkey", "ed25519", "-noenc", "-keyout", "/dev/null", "-subj", "/CN=a", "-days", "9999")
    yield b"not a key"


def json_web_keys():
    """Public keys taken out of openssl's DER, where they stand at the end."""
    for curve, name, size in [("P-256", "ES256", 32), ("P-384", "ES384", 48), ("P-521", "ES512", 66)]:
        key = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve)
        point = openssl("pkey", "-pubout", "-outform", "DER", given=key)[-2 * size:]
        x, y = (encoded(part).decode() for part in (point[:size], point[size:]))
        yield {"kty": "EC", "crv": curve, "x": x, "y": y, "kid": curve, "alg": name, "use": "sig"}
    key = openssl("genpkey", "-algorithm", "ed25519")
    x = encoded(openssl("pkey", "-pubout", "-outform", "DER", given=key)[-32:]).decode()
    yield {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "ed", "key_ops": ["verify"]}
    modulus = openssl("rsa", "-modulus", "-noout", given=openssl("genrsa", "2048")).decode().strip().split("=")[1]
    yield {"kty": "RSA", "n": encoded(bytes.fromhex(modulus)).decode(), "e": "AQAB", "kid": "rsa"}
    yield {"kty": "oct", "k": encoded(SECRET).decode(), "kid": "secret", "alg": "HS256"}
    yield {"kty": "AKP"}


def key_sets():
    keys = list(json_web_keys())
    yield from (compact(key) for key in keys)
    yield from (compact({"keys": [key]}) for key in keys)
    yield compact({"keys": keys})
    yield compact({"keys": [keys[0], keys[0], keys[1] | {"kid": "P-256"}, keys[3] | {"kid": "P-256"}, 1, None]})
    yield compact({"keys": []})
    yield from list(pem())[1:3]


def configurations():
    yield (TESTS.parent / "gateway.json").read_bytes()
    gate = (TESTS / "Fuzz/Targets/Gate.swift").read_text()
    yield re.search(r'"""\n(.*?)"""', gate, re.S)[1].replace(r"\(Issuing.name)", GOOD["iss"]).encode()
    for source in sorted((TESTS / "ConfigurationTests").glob("*.swift")):
        for text in re.findall(r'"""\n(.*?)"""', source.read_text(), re.S):
            for case in re.split(r"\n *\u2192.*(?=\n|$)", text):
                if case.strip():
                    yield case.encode()


def texts_of_json():
    yield from claims()
    yield from headers()
    source = (TESTS / "JSONTests/JSONReaderTests.swift").read_text()
    for text in re.findall(r'\(#?"((?:\\.|[^"\\])*)"', source):
        yield text.encode()
    yield b'// a\n{"a": [1, /* b */ 2.5e-3,], "\\ud83d\\ude00": "\\u0000",}'


def addresses():
    yield from [
        b"192.0.2.1", b"::", b"::1", b"1::", b"2001:db8::1:0:0:1", b"::ffff:192.0.2.1", b"1:2:3:4:5:6:7:8", b"1:2:3:4:5:6:1.2.3.4",
        b"10.0.0.0/8", b"2001:db8::/32", b"0.0.0.0/0", b"[::1]:80", b"example.com:8080", b"EXAMPLE.com.", b"a_b~c.d:65535",
        b"010.1.1.1", b"1.2.3.256", b"1.2.3", b"192.0.2.1, 10.1.2.3, 10.2.3.4", b"[2001:db8::1]:443, 10.0.0.1:80", b"unknown",
    ]


def credentials():
    places = [
        b"Authorization: Bearer $1", b"Authorization: $2", b"Authorization: bearer  $1", b"Authorization: Basic YTpi",
        b"X-Token: $1", b"Cookie: a=b; session=$1\r\nOrigin: http://a", b"Cookie: session=$1; session=$2",
        b"Authorization: Bearer $1\r\nCookie: session=$1", b"Authorization: Bearer $1\r\nX-Token: $2", b"X-Auth-User: root",
        b"Authorization: Bearer $1\r\nConnection: X-Auth-User, Authorization\r\nX_Auth_User: root", b"X-Forwarded-For: 10.1.1.1",
        b"Authorization: Bearer $1\r\nContent-Length: 5", b"Authorization: Bearer $1\r\nTransfer-Encoding: chunked",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: chat, bearer, $1\r\nOrigin: http://a",
    ]
    for path in [b"/", b"/a?access_token=$1&b=c", b"/public/%2e%2e/a", b"/public/a", b"/optional;x/b", b"/public%2Fa", b"//public"]:
        for method in [b"GET", b"POST"]:
            yield method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n"
            for place in places:
                yield method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + place + b"\r\n\r\n"


def texts():
    salt, key = base64.b64encode(b"s" * 16).rstrip(b"="), base64.b64encode(b"\xfb\xff" * 16).rstrip(b"=")
    yield b"$scrypt$ln=15,r=8,p=3$" + salt + b"$" + key
    yield b"$scrypt$ln=4,r=1,p=1$" + salt + b"$" + key
    yield from [b"alice", b"a.b-c_d@e+f", b"admin,user", "p\u00e4ssw\u00f6rd \U0001f600".encode(), b"correct horse battery", b"a" * 65]
    yield b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    yield from [b"a=b; c=d;e; =f", b"a=b&c&=d&&e=%41+f", b"abc-123"]


def discovery():
    yield compact({"issuer": GOOD["iss"], "jwks_uri": "https://login.example.com/keys?a=b"})
    yield compact({"issuer": GOOD["iss"], "jwks_uri": "http://[::1]:8443"})
    yield from [
        b"https://login.example.com:8443/a/b?c=d", b"HTTP://[2001:db8::1]/", b"https://a@b/", b"https://127.1/", b"/a/../b", b"?x", b"b/c",
        b"//other.example/x", b"mailto:x", b"#f", b"max-age=60", b"public, max-age=\"3600\", no-transform", b"no-store", b"max-age=x",
        b"max-age=99999999999999999999", b"private,no-cache , max-age=5", b"60",
    ]


def frames():
    """Frames of RFC 6455 §5.2, to a server and to a client."""
    for mask in [b"", b"abcd"]:
        bit = 0x80 if mask else 0
        for first in [0x01, 0x82, 0x80, 0x88, 0x89, 0x8A]:
            yield bytes([first, bit]) + mask
            yield bytes([first, bit | 5]) + mask + b"hello" + bytes([0x81, bit | 1]) + mask + b"x"
        yield bytes([0x82, bit | 126, 0, 200]) + mask + b"y" * 200 + bytes([0x88, bit]) + mask
        yield bytes([0x82, bit | 127, 0, 0, 0, 0, 0, 0, 1, 0]) + mask + b"z" * 256
        yield bytes([0x82, bit | 127, 255, 0, 0, 0, 0, 0, 1, 0]) + mask
    yield from (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + rest for rest in [
        b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat",
        b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate; a=b", b"x",
    ])


def wishes():
    """Lists of protocols, and the name of a host as the extension has it."""
    for names in (["http/1.1"], ["h2", "http/1.1"], ["http/1.0", "h2"], ["a" * 255, "h2"]):
        yield b"".join(bytes([len(name)]) + name.encode() for name in names)
    for name in (b"localhost", b"*.example.com", b"EXAMPLE.com.", b"a\0b"):
        yield bytes([0, len(name) + 3, 0, 0, len(name)]) + name


SEEDS = {
    "request-head": lambda: wire("requests", "smuggling", "hosts", "paths"),
    "response-head": lambda: wire("responses"),
    "chunks": lambda: wire("chunks"),
    "path": targets,
    "target": targets,
    "json": texts_of_json,
    "configuration": configurations,
    "token": tokens,
    "token-header": headers,
    "claims": claims,
    "key-set": key_sets,
    "pem": pem,
    "base64url": lambda: (part for one in tokens() for part in one.split(b".")),
    "addresses": addresses,
    "credentials": credentials,
    "text": texts,
    "discovery": discovery,
    "web-socket": frames,
    "proxy-header": lambda: wire("proxy-headers"),
    "client-wishes": wishes,
}


def main():
    reader, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if reader in ("pem", "key-set") and any(folder.iterdir()):
        return  # Made anew, keys would pile up.
    for seed in SEEDS[reader]():
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
