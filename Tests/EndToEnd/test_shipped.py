"""The configuration that ships, and the demonstration."""

import json
import os
import re
import ssl
import shutil
import subprocess
import sys

import pytest

from lib.accounts import register, token_of
from lib.client import Client
from lib.gateway import ROOT, Gateway, binary, run, write_files
from lib.programs import Program
from lib.upstreams import free_port
from lib.waiting import until


def test_the_shipped_configuration_passes_as_it_is(directory):
    shutil.copy(os.path.join(ROOT, "gateway.json"), directory)
    code, output, errors = run("-t", directory=directory)
    assert (code, errors) == (0, ""), "errors or warnings"
    assert os.listdir(directory) == ["gateway.json"], "a check makes nothing"


@pytest.fixture
def shipped(directory):
    """The shipped configuration on free ports, with `whoami` behind it."""
    port = free_port()
    whoami = Program([binary(), "whoami", "--listen", f"127.0.0.1:{port}"], port, directory)
    with open(os.path.join(ROOT, "gateway.json")) as file:
        text = file.read().replace('["127.0.0.1:8080"]', '["127.0.0.1:0"]').replace("127.0.0.1:9001", f"127.0.0.1:{port}")
    gateway = Gateway(directory, text)
    yield gateway
    gateway.stop()
    whoami.close()


def test_the_shipped_configuration_serves_all_that_the_walkthrough_shows(shipped):
    with shipped.client() as client:
        assert client.request("/").text == "Welcome to the API gateway!"
        refused = client.request("/protected")
        assert (refused.status, refused.json()["message"]) == (401, "Token is missing!")
        assert register(client).status == 201
        text = token_of(client)
        fields = {"Authorization": f"Bearer {text}", "X-Auth-User": "root"}
        assert client.request("/protected", fields=fields).json() == {"message": "This is a protected route!"}
        response = client.request("/whoami/and/more?x=1", fields=fields)
        assert response.status == 200
        assert re.search(r'"x-auth-user"[^"]*"alice"', response.text, re.I), response.text
        assert '"root"' not in response.text
        assert client.request("/nowhere", fields=fields).status == 404
        allowed = client.request("/protected", fields={**fields, "Origin": "http://localhost:3000"})
        assert allowed["access-control-allow-origin"] == "http://localhost:3000"


def demonstration(directory, ports, *options):
    """The shipped configuration on those ports: the command and environment of `deploy/demo`."""
    with open(os.path.join(ROOT, "gateway.json")) as file:
        text = file.read()
    for old, new in zip(("127.0.0.1:8080", "127.0.0.1:9001"), ports):
        text = text.replace(f'["{old}"]', f'["127.0.0.1:{new}"]')
    write_files(directory, {"gateway.json": text})
    return [os.path.join(ROOT, "deploy", "demo"), *options, directory], {**os.environ, "PORTCULLIS": binary()}


@pytest.mark.parametrize("taken", ["the gateway's port", "the upstream's port", "the gateway's port, by a gateway"])
def test_the_demonstration_does_not_start_where_another_program_holds_a_port(taken, directory, start):
    """Another program's answer there is not the demonstration's."""
    ports = [free_port(), free_port()]
    index = 1 if "upstream" in taken else 0
    if "by a gateway" in taken:
        gateway = start({"listen": ["127.0.0.1:0"], "routes": [{"path": "/", "auth": "none", "respond": {"status": 200, "body": "x"}}]})
        ports[0] = gateway.address[1]
    else:
        program = Program([sys.executable, "-m", "http.server", str(ports[index]), "--bind", "127.0.0.1"], ports[index], directory)
    command, environment = demonstration(directory, ports)
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    if "by a gateway" not in taken:
        program.close()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Ctrl-C" not in done.stdout, "it says that it stands"
    assert "The demonstration did not start" in done.stderr
    assert f"127.0.0.1:{ports[index]}" in done.stderr
    with pytest.raises(ConnectionRefusedError):
        Client(("127.0.0.1", ports[1 - index]))


@pytest.mark.heavy
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["clear", "tls"])
def test_the_demonstration_starts_says_what_to_try_and_ends_with_ctrl_c(directory, options):
    """`deploy/demo` on free ports, with the binary that is already there."""
    import signal

    ports = [free_port(), free_port()]
    command, environment = demonstration(directory, ports, *options)
    log = os.path.join(directory, "demo.log")
    with open(log, "w") as output:
        demo = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:

        def said():
            with open(log) as file:
                return file.read()

        until(lambda: "Ctrl-C" in said() or demo.poll() is not None, said, timeout=60)
        assert demo.poll() is None, said()
        # What it says to try is pasted into a shell, as it is.
        lines = [line.strip() for line in said().splitlines() if line.startswith("  ")]
        lines = [line for line in lines if "curl" in line or os.path.realpath(binary()) in line]
        shell = subprocess.run(["bash", "-euc", "\n".join(f"{line}; echo" for line in lines)], capture_output=True, text=True)
        answers = [line for line in shell.stdout.splitlines() if line.startswith(("{", "Welcome"))]
        welcome, refused, registered, protected, whoami, me = answers
        assert welcome == "Welcome to the API gateway!"
        assert json.loads(refused)["message"] == "Token is missing!"
        assert json.loads(registered)["message"] == "User registered successfully!"
        assert json.loads(protected) == {"message": "This is a protected route!"}
        assert "alice" in whoami and '"root"' not in whoami
        assert json.loads(me)["user"] == "alice"
        # With the binary by its path, for nobody has it in PATH yet.
        assert "This gateway accepts the token." in shell.stdout, shell.stdout + shell.stderr
        assert "The request goes to the upstream 'whoami'" in shell.stdout, shell.stdout + shell.stderr
        secret = os.path.join(directory, "data", "secret.key")
        assert os.stat(secret).st_mode & 0o777 == 0o600
        tls = ssl.create_default_context(cafile=os.path.join(directory, "data/tls/ca.pem")) if options else None
        with Client(("127.0.0.1", ports[0]), tls=tls) as client:
            assert client.request("/").text == "Welcome to the API gateway!"
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(20) == 0
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                Client(("127.0.0.1", port))
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()
