"""TLS as programs speak it: curl, requests, Node, OpenSSL, WebSockets, tlslite, and the scanners that operators use."""

import json
import os
import shutil
import socket
import subprocess

import pytest
import requests
from tlslite import HandshakeSettings, TLSConnection
from tlslite.constants import KeyUpdateMessageType
from tlslite.errors import TLSClosedConnectionError
from websockets.sync.client import connect

from lib.certificates import FileAuthority
from lib.client import Client
from lib.gateway import configuration
from lib.tokens import bearer, token
from test_websocket import make_server  # noqa: F401 (a fixture)


@pytest.fixture
def authority():
    return FileAuthority()


@pytest.fixture
def ca(authority, directory):
    return authority.write(directory)


@pytest.fixture
def gateway(start, upstream, authority, directory):
    pair = authority.pair(directory)
    listen = [{"address": "127.0.0.1:0", "tls": {"certificates": [pair.entry]}}]
    return start(configuration(upstream, listen=listen), directory=directory)


def url(gateway, path="/"):
    return f"https://localhost:{gateway.address[1]}{path}"


@pytest.mark.parametrize("options", [["--tls-max", "1.2"], ["--tlsv1.3"], ["--http2"]], ids=" ".join)
def test_curl(gateway, ca, options):
    address = ["--resolve", f"localhost:{gateway.address[1]}:127.0.0.1"]
    command = ["curl", "-sS", "--cacert", ca, *address, *options, "-H", "Authorization: Bearer " + token(), "-w", " %{http_code}"]
    done = subprocess.run([*command, url(gateway), url(gateway)], capture_output=True, text=True, timeout=20)
    assert done.stdout.count(" 200") == 2, done


def test_requests(gateway, ca):
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(f"https://127.0.0.1:{gateway.address[1]}/", headers=bearer(), verify=ca, timeout=10).status_code == 200


def test_node(gateway, ca):
    program = """
      const https = require('https'), fs = require('fs');
      const agent = new https.Agent({ keepAlive: true, ca: fs.readFileSync(process.argv[1]) });
      const get = () => new Promise((resolve, reject) => https.get(
        { host: '127.0.0.1', port: process.argv[2], servername: 'localhost', path: '/open', agent },
        r => { r.resume(); r.on('end', () => resolve(r.statusCode)); }).on('error', reject));
      (async () => { console.log(await get(), await get()); agent.destroy(); })();
    """
    node = shutil.which("node") or shutil.which("nodejs")
    done = subprocess.run([node, "-e", program, ca, str(gateway.address[1])], capture_output=True, text=True, timeout=20)
    assert done.stdout == "200 200\n", done


def test_websockets(start, make_server, authority, directory, ca):  # noqa: F811
    server = make_server()
    pair = authority.pair(directory)
    listen = [{"address": "127.0.0.1:0", "tls": {"certificates": [pair.entry]}}]
    gateway = start(configuration({"servers": [server.address]}, listen=listen), directory=directory)
    context = authority.trust()
    with connect(f"wss://localhost:{gateway.address[1]}/", sock=socket.create_connection(gateway.address), ssl=context,
                 server_hostname="localhost", additional_headers=bearer(), max_size=None) as client:  # fmt: skip
        for message in ("hello", os.urandom(1 << 20), "x" * 70_000):
            client.send(message)
            assert client.recv(timeout=10) == message


def test_openssl_may_not_renegotiate(gateway):
    command = ["openssl", "s_client", "-connect", gateway.authority, "-tls1_2", "-servername", "localhost"]
    done = subprocess.run(command, input="R\n", capture_output=True, text=True, timeout=20)
    assert "RENEGOTIATING" in done.stdout + done.stderr
    assert "no renegotiation" in done.stderr, done.stderr


def tlslite(gateway):
    """A connection of TLS 1.3 of a client that changes its keys when it is told to."""
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 4)
    connection = TLSConnection(socket.create_connection(gateway.address, 10))
    connection.handshakeClientCert(settings=settings, serverName="localhost")
    return connection


def change_keys(connection):
    for _ in connection.send_keyupdate_request(KeyUpdateMessageType.update_requested):
        pass


def test_a_client_may_change_its_keys(gateway):
    connection = tlslite(gateway)
    for _ in range(20):
        change_keys(connection)
        connection.write(b"GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.read(min=15).startswith(b"HTTP/1.1 200 OK")
    connection.close()


def test_a_client_that_does_nothing_but_change_its_keys_is_cut_off(gateway, authority):
    before = gateway.memory()["VmRSS"]
    connection = tlslite(gateway)
    with pytest.raises((TLSClosedConnectionError, OSError)):
        for _ in range(20_000):
            change_keys(connection)
    assert gateway.memory()["VmRSS"] < before + (4 << 20)
    with Client(gateway.address, tls=authority.trust()) as client:
        assert client.request("/open").status == 200


def test_sslscan_finds_nothing_old(gateway):
    done = subprocess.run(["sslscan", "--no-colour", gateway.authority], capture_output=True, text=True, timeout=60)
    assert {"TLSv1.0   disabled", "TLSv1.1   disabled", "SSLv3     disabled"} <= set(done.stdout.splitlines()), done.stdout
    ciphers = [line.split()[4] for line in done.stdout.splitlines() if line.startswith(("Accepted", "Preferred"))]
    assert ciphers
    assert all(cipher.startswith(("TLS_", "ECDHE-")) and "CBC" not in cipher and "-SHA" not in cipher[-4:] for cipher in ciphers)
    assert "Session renegotiation not supported" in done.stdout
    assert "not vulnerable to heartbleed" in done.stdout


# The order of ciphers is the client's, which is the advice of Mozilla.
KNOWN = {"cipher_order", "cipher-order"}


@pytest.mark.heavy
def test_testssl_finds_nothing_above_low(gateway, directory):
    report = os.path.join(directory, "testssl.json")
    program = shutil.which("testssl") or shutil.which("testssl.sh")
    command = [program, "--quiet", "--color", "0", "-p", "-s", "-f", "-P", "-U", "--jsonfile", report, gateway.authority]
    subprocess.run(command, capture_output=True, timeout=400)
    with open(report) as file:
        findings = json.load(file)
    assert len(findings) > 40
    grave = [each for each in findings if each["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "WARN")]
    assert not [each for each in grave if not any(each["id"].startswith(name) for name in KNOWN)], grave


def test_a_ragged_end_of_the_client_is_no_trouble(gateway, authority):
    for _ in range(3):
        client = Client(gateway.address, tls=authority.trust())
        assert client.request("/open").status == 200
        # Without a farewell, as many programs leave.
        socket.socket(fileno=client.socket.detach()).close()
    assert gateway.alive()
    assert "error" not in gateway.errors()
