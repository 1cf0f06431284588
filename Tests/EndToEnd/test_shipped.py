"""What ships: the configuration, the demonstration and the walkthrough of the README."""

import json
import os
import re
import shutil
import subprocess

import pytest

from lib.client import Client
from lib.gateway import ROOT, Gateway, binary, run, write_files
from lib.tokens import SECRET
from lib.upstreams import Program, free_port
from lib.waiting import until


def test_the_shipped_configuration_passes_once_there_is_a_secret(directory):
    shutil.copy(os.path.join(ROOT, "gateway.json"), directory)
    os.mkdir(os.path.join(directory, "data"))
    write_files(directory, {"data/secret.key": SECRET})
    code, output, errors = run("-t", directory=directory)
    assert (code, errors) == (0, ""), "errors or warnings"


@pytest.fixture
def shipped(directory):
    """The shipped configuration on free ports, with `whoami` behind it."""
    port = free_port()
    whoami = Program([binary(), "whoami", "--listen", f"127.0.0.1:{port}"], port, directory)
    with open(os.path.join(ROOT, "gateway.json")) as file:
        text = file.read().replace('["127.0.0.1:8080"]', '["127.0.0.1:0"]').replace("127.0.0.1:9001", f"127.0.0.1:{port}")
    os.mkdir(os.path.join(directory, "data"))
    gateway = Gateway(directory, text, files={"data/secret.key": SECRET})
    yield gateway
    gateway.stop()
    whoami.close()


def demo_token(*arguments, secret):
    """A token as `deploy/demo-token` makes it, with openssl and a shell."""
    command = [os.path.join(ROOT, "deploy", "demo-token"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SECRET_FILE": secret})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_walkthrough_answers_as_the_readme_says(shipped):
    with shipped.client() as client:
        assert client.request("/").text == "Welcome to the API gateway!"
        refused = client.request("/protected")
        assert (refused.status, refused.json()["message"]) == (401, "Token is missing!")
        text = demo_token("alice", secret=os.path.join(shipped.directory, "data", "secret.key"))
        fields = {"Authorization": f"Bearer {text}", "X-Auth-User": "root"}
        assert client.request("/protected", fields=fields).json() == {"message": "This is a protected route!"}
        response = client.request("/whoami/and/more?x=1", fields=fields)
        assert response.status == 200
        assert re.search(r'"x-auth-user"[^"]*"alice"', response.text, re.I), response.text
        assert '"root"' not in response.text
        assert client.request("/nowhere", fields=fields).status == 404
        allowed = client.request("/protected", fields={**fields, "Origin": "http://localhost:3000"})
        assert allowed["access-control-allow-origin"] == "http://localhost:3000"


def test_a_demo_token_lives_for_an_hour_and_is_what_pyjwt_reads(directory):
    import jwt

    write_files(directory, {"secret.key": SECRET + "\n"})
    text = demo_token("zoë \"q\"", secret=os.path.join(directory, "secret.key"))
    claims = jwt.decode(text, SECRET, algorithms=["HS256"], audience="demo")
    assert claims["sub"] == 'zoë "q"'
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.heavy
def test_the_demonstration_starts_says_what_to_try_and_ends_with_ctrl_c(directory):
    """`deploy/demo` on free ports, with the binary that is already there."""
    import signal

    ports = [free_port(), free_port()]
    with open(os.path.join(ROOT, "gateway.json")) as file:
        text = file.read()
    for old, new in zip(("127.0.0.1:8080", "127.0.0.1:9001"), ports):
        text = text.replace(f'["{old}"]', f'["127.0.0.1:{new}"]')
    write_files(directory, {"gateway.json": text})
    log = os.path.join(directory, "demo.log")
    with open(log, "w") as output:
        demo = subprocess.Popen(
            [os.path.join(ROOT, "deploy", "demo"), directory], env={**os.environ, "PORTCULLIS": binary()},
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:

        def said():
            with open(log) as file:
                return file.read()

        until(lambda: "Ctrl-C" in said() or demo.poll() is not None, said, timeout=60)
        assert demo.poll() is None, said()
        line = next(line for line in said().splitlines() if line.strip().startswith("curl") and "Bearer" in line)
        answer = json.loads(subprocess.run(["bash", "-c", line + " -s"], capture_output=True, text=True).stdout)
        assert "message" in answer or "headers" in answer
        secret = os.path.join(directory, "data", "secret.key")
        assert os.stat(secret).st_mode & 0o777 == 0o600
        with Client(("127.0.0.1", ports[0])) as client:
            assert client.request("/").text == "Welcome to the API gateway!"
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(20) in (0, 130)
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                Client(("127.0.0.1", port))
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()
