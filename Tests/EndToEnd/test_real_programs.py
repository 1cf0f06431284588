"""Real clients before the gateway and real applications behind it: curl, requests, Node; Flask under gunicorn, Node."""

import json
import os
import shutil
import subprocess

import pytest
import requests

from lib import programs, upstreams
from lib.gateway import configuration
from lib.tokens import bearer, token


@pytest.fixture(params=["flask", "node"])
def application(request):
    return request.getfixturevalue(request.param + "_upstream")


@pytest.fixture
def gateway(start, application):
    return start(configuration(application, cors={"origins": ["http://localhost:3000"]}))


def curl(*arguments):
    command = ["curl", "--silent", "--show-error", "--max-time", "20", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def headers_of(body):
    """The fields that the application saw, by lower-case name."""
    if isinstance(body["headers"], dict):
        return body["headers"]
    return {name.lower(): value for name, value in body["headers"]}


def test_requests_with_a_token_of_pyjwt(gateway):
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer " + token(roles=["user", "admin"])
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            response = session.request(method, gateway.url + "/orders/7?page=2", data="hello" if method != "GET" else None)
            assert response.status_code == 200
            body = response.json()
            assert body["method"] == method
            seen = headers_of(body)
            assert (seen["x-auth-user"], seen["x-auth-roles"]) == ("alice", "user,admin")
            assert seen["x-forwarded-for"] == "127.0.0.1"
    assert requests.get(gateway.url + "/", timeout=10).json()["message"] == "Token is missing!"


def test_a_wsgi_application_cannot_be_fooled_by_underscores(start, flask_upstream):
    gateway = start(configuration(flask_upstream))
    spoofs = {"X_Auth_User": "root", "x-auth_user": "root", "X.Auth.User": "root", "X-Auth-User": "root"}
    for path, fields, user in (("/", bearer(), "alice"), ("/open", {}, None)):
        body = gateway.request(path, fields={**fields, **spoofs}).json()
        assert body["environ"].get("HTTP_X_AUTH_USER") == user
        assert "root" not in json.dumps(body)


def test_requests_streams_a_generator_in_chunks(gateway):
    pieces = (b"piece %d;" % number for number in range(100))
    response = requests.post(gateway.url + "/open/up", data=pieces, timeout=10)
    assert response.json()["body"] == "".join(f"piece {number};" for number in range(100))


def test_curl_gets_posts_and_uploads(gateway, directory):
    authorization = "Authorization: Bearer " + token()
    body = json.loads(curl("-H", authorization, gateway.url + "/a%20b/../c?d=e"))
    assert (body.get("path") or body["url"]).startswith("/c")
    assert json.loads(curl("-H", authorization, "-d", "a=1", gateway.url + "/form"))["body"] == "a=1"
    path = os.path.join(directory, "upload")
    with open(path, "w") as file:
        file.write("line\n" * 50_000)
    body = json.loads(curl("-H", authorization, "-H", "Expect: 100-continue", "-T", path, gateway.url + "/upload"))
    assert body["method"] == "PUT" and len(body["body"]) == 250_000
    chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", f"@{path}"]
    assert len(json.loads(curl("-H", authorization, *chunked, gateway.url + "/upload"))["body"]) == 250_000


def test_curl_sees_the_status_and_speaks_http10(gateway):
    code = ["-o", "/dev/null", "-w", "%{http_code} %{http_version}"]
    assert curl(*code, gateway.url + "/")[:3] == "401"
    assert curl(*code, "--http1.0", gateway.url + "/open")[:3] == "200"
    assert curl(*code, "-I", gateway.url + "/open")[:3] == "200"
    assert curl(*code, "--path-as-is", gateway.url + "/open/../x")[:3] == "401"
    reused = curl(*code, gateway.url + "/open", "--next", *code, gateway.url + "/open")
    assert reused.count("200") == 2


def test_a_browsers_preflight_and_request(gateway):
    origin = {"Origin": "http://localhost:3000"}
    preflight = requests.options(
        gateway.url + "/orders",
        headers={**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"},
        timeout=10,
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    response = requests.post(gateway.url + "/orders", headers={**origin, **bearer()}, data="x", timeout=10)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == origin["Origin"]


def test_nodes_client_keeps_its_connection(gateway):
    program = shutil.which("node") or shutil.which("nodejs")
    script = os.path.join(upstreams.HERE, "upstreams", "node_client.js")
    command = [program, script, gateway.url + "/node", token(), "5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    answers = json.loads(done.stdout)
    assert [answer["status"] for answer in answers] == [200] * 5
    assert len({answer["port"] for answer in answers}) == 1, "one connection for all of them"
    assert json.loads(answers[0]["body"])["body"] == "chunk one, chunk two"


def test_flask_streams(start, flask_upstream):
    gateway = start(configuration(flask_upstream))
    response = gateway.request("/stream/1000", fields=bearer())
    assert response.text == "".join(f"line {number}\n" for number in range(1000))


def test_nodes_trailers_and_cookies_reach_the_client(start, node_upstream):
    gateway = start(configuration(node_upstream))
    response = gateway.request("/trailers", fields={**bearer(), "TE": "trailers"})
    assert (response.text, response.trailers) == ("first second", [("x-checksum", "abc")])
    assert gateway.request("/open").all("set-cookie") == ["one=1", "two=2"]


def test_an_application_may_restart(start, tmp_path):
    first = programs.node(str(tmp_path))
    gateway = start(configuration(first))
    with gateway.client() as client:
        assert client.request("/open").status == 200
        first.close()
        assert client.request("/open").status == 502
        program = shutil.which("node") or shutil.which("nodejs")
        script = os.path.join(upstreams.HERE, "upstreams", "node_app.js")
        port = first.address.split(":")[1]
        second = programs.Program([program, script, port], int(port), str(tmp_path))
        assert client.request("/open").status == 200
        second.close()
