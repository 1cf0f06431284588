"""The tutorial that this system grew out of, step by step, with the clients that people use: requests and curl."""

import json
import subprocess
import time

import jwt
import pytest
import requests

from lib.accounts import PASSWORD, configuration, secret

WELCOME = "Welcome to the API gateway!"
ORIGIN = "http://localhost:3000"
CREDENTIALS = {"username": "alice", "password": PASSWORD}


@pytest.fixture(params=[401, 403], ids=lambda status: f"reject_status {status}")
def gateway(request, start):
    gateway = start(configuration(auth={"reject_status": request.param}, cors={"origins": [ORIGIN]}))
    gateway.reject_status = request.param
    return gateway


def test_the_walkthrough_with_requests(gateway):
    url, status = gateway.url, gateway.reject_status
    assert requests.get(url + "/").text == WELCOME

    answer = requests.post(url + "/register", json=CREDENTIALS)
    assert (answer.status_code, answer.json()) == (201, {"message": "User registered successfully!"})
    answer = requests.post(url + "/register", json={**CREDENTIALS, "password": "another password"})
    assert (answer.status_code, answer.json()["message"]) == (409, "User already exists!")

    answer = requests.post(url + "/login", json={**CREDENTIALS, "password": "another password"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid credentials!")
    answer = requests.post(url + "/login", json=CREDENTIALS)
    assert answer.status_code == 200
    token = answer.json()["token"]

    for value in (token, "Bearer " + token, "bearer " + token):
        answer = requests.get(url + "/protected", headers={"Authorization": value})
        assert (answer.status_code, answer.json()) == (200, {"message": "This is a protected route!"})

    answer = requests.get(url + "/protected")
    assert (answer.status_code, answer.json()["message"]) == (status, "Token is missing!")
    expired = jwt.encode({"user": "alice", "exp": time.time() - 1}, secret(gateway), algorithm="HS256")
    for bad, reason in ((token[:-4] + "AAAA", "signature_invalid"), ("nonsense", "token_malformed"), (expired, "token_expired")):
        for value in (bad, "Bearer " + bad):
            answer = requests.get(url + "/protected", headers={"Authorization": value})
            assert (answer.status_code, answer.json()["message"], answer.json()["reason"]) == (status, "Token is invalid!", reason)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def curl(*arguments):
    """(status, body)"""
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def test_the_walkthrough_with_curl(gateway):
    url, status = gateway.url, gateway.reject_status
    body = ["-H", "Content-Type: application/json", "-d", json.dumps(CREDENTIALS)]
    assert curl(url + "/") == (200, WELCOME)
    assert curl("-X", "POST", url + "/register", *body)[0] == 201
    assert curl("-X", "POST", url + "/register", *body)[0] == 409
    code, answer = curl("-X", "POST", url + "/login", *body)
    token = json.loads(answer)["token"]
    assert code == 200
    for value in (token, "Bearer " + token):
        code, answer = curl(url + "/protected", "-H", "Authorization: " + value)
        assert (code, json.loads(answer)) == (200, {"message": "This is a protected route!"})
    code, answer = curl(url + "/protected")
    assert (code, json.loads(answer)["message"]) == (status, "Token is missing!")
    code, answer = curl(url + "/protected", "-H", "Authorization: Bearer broken")
    assert (code, json.loads(answer)["message"]) == (status, "Token is invalid!")
    # A body that curl announces with `Expect: 100-continue` arrives, too.
    code, answer = curl(url + "/login", *body, "-H", "Expect: 100-continue")
    assert code == 200


def test_tokens_go_both_ways_with_pyjwt(gateway):
    requests.post(gateway.url + "/register", json=CREDENTIALS)
    token = requests.post(gateway.url + "/login", json=CREDENTIALS).json()["token"]
    claims = jwt.decode(token, secret(gateway), algorithms=["HS256"])
    assert claims["user"] == claims["sub"] == "alice"
    assert claims["exp"] - claims["iat"] == 3600

    # Whether there is such an account or not: what counts is the signature.
    for user in ("alice", "somebody else"):
        made = jwt.encode({"user": user, "exp": time.time() + 60}, secret(gateway), algorithm="HS256")
        answer = requests.get(gateway.url + "/me", headers={"Authorization": made})
        assert (answer.status_code, answer.json()["user"]) == (200, user)
    stranger = jwt.encode({"user": "alice", "exp": time.time() + 60}, "x" * 43, algorithm="HS256")
    assert requests.get(gateway.url + "/protected", headers={"Authorization": stranger}).json()["reason"] == "signature_invalid"


def test_a_page_of_another_origin_registers_logs_in_and_calls_as_a_browser_does(gateway):
    def fetch(method, path, fields, body=None):
        """Asks first, as a browser does for JSON and `Authorization`; refuses itself what was not allowed."""
        asked = ", ".join(sorted(name.lower() for name in fields))
        question = {"Origin": ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": asked}
        allowed = requests.options(gateway.url + path, headers=question)
        assert allowed.status_code == 204
        assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert method in allowed.headers["Access-Control-Allow-Methods"].split(", ")
        names = {name.strip().lower() for name in allowed.headers["Access-Control-Allow-Headers"].split(",")}
        assert {name.lower() for name in fields} <= names
        answer = requests.request(method, gateway.url + path, headers={"Origin": ORIGIN, **fields}, data=body)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, "the page may not read the answer"
        assert "Origin" in answer.headers["Vary"]
        return answer

    body = json.dumps(CREDENTIALS)
    form = {"Content-Type": "application/json"}
    assert fetch("POST", "/register", form, body).status_code == 201
    assert fetch("POST", "/register", form, body).status_code == 409
    assert fetch("POST", "/login", form, "{").status_code == 400
    token = fetch("POST", "/login", form, body).json()["token"]
    bearer = {"Authorization": "Bearer " + token}
    assert fetch("GET", "/me", bearer).json()["user"] == "alice"
    assert fetch("GET", "/protected", bearer).status_code == 200
    assert fetch("GET", "/protected", {"Authorization": "Bearer x"}).json()["message"] == "Token is invalid!"

    other = requests.options(gateway.url + "/login", headers={"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"})
    assert other.status_code == 204 and "Access-Control-Allow-Origin" not in other.headers
