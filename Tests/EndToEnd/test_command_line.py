"""The command line: what it prints, where, and with which exit code."""

import os
import re

import pytest

from lib.gateway import configuration, issuer, run, write_config, write_files
from lib.tokens import SECRET, forged, tampered, token

PUBLIC = [{"path": "/", "auth": "none", "respond": {"status": 200, "body": "x"}}]


@pytest.fixture
def check(directory):
    """Runs `-t` over a configuration (a value or its text): (exit code, lines on standard error)."""
    write_files(directory, {"secret.key": SECRET})

    def check(config, env=None):
        write_config(directory, config)
        code, _, errors = run("-t", "-c", "gateway.json", directory=directory, env=env)
        return code, errors.splitlines()

    return check


@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_the_version_is_one_line(flag):
    code, output, errors = run(flag)
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"portcullis \d+\.\d+\.\d+\S*\n", output), output


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_command_and_flag(flag):
    code, output, errors = run(flag)
    assert (code, errors) == (0, "")
    for word in ("-c", "-t", "-s", "reload, reopen, quit or stop", "HUP", "-v", "-h", "whoami", "--listen", "token inspect", "explain", "gateway.json"):
        assert word in output, word
    assert all(len(line) <= 120 for line in output.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["-x"], ["nonsense"], ["-c"], ["token"], ["token", "nonsense"],
     ["whoami", "--listen"], ["-t", "extra"], ["-c", "a.json", "-c", "b.json"],
     ["-s"], ["-s", "nonsense"], ["-s", "reload", "-t"], ["-s", "reload", "extra"], ["-s", "stop", "-s", "quit"]],
    ids=" ".join,
)  # fmt: skip
def test_a_mistake_in_usage_is_exit_2(arguments, directory):
    code, output, errors = run(*arguments, directory=directory)
    assert code == 2, (output, errors)
    assert output == ""
    assert errors


def test_a_file_that_is_missing_is_exit_1(directory):
    for arguments in (["-c", "none.json"], ["-t", "-c", "none.json"]):
        code, _, errors = run(*arguments, directory=directory)
        assert code == 1
        assert "none.json" in errors


def test_a_good_configuration_passes(check):
    code, lines = check(configuration(routes=PUBLIC))
    assert code == 0, lines
    assert not any("error" in line for line in lines)


def test_comments_and_trailing_commas_are_welcome(check):
    text = """// the whole of it
    {
      "listen": ["127.0.0.1:0"], /* one
      listener */
      "routes": [
        { "path": "/", "auth": "none", "respond": { "status": 200, "body": "// no comment", }, },
      ],
    }
    """
    assert check(text) == (0, [])


def test_an_error_names_line_and_column_in_characters(check):
    text = '{\n  "listen": ["127.0.0.1:0"],\n  "routes": [{ "path": "/é", "auth": "sometimes", "respond": { "status": 200 } }]\n}\n'
    code, lines = check(text)
    assert code == 1
    column = text.splitlines()[2].index('"sometimes"') + 1
    assert any(line.startswith(f"gateway.json:3:{column}: error: ") and "sometimes" in line for line in lines), lines


def test_every_error_of_a_file_is_found_in_one_go(check):
    text = """{
  "listn": ["127.0.0.1:0"],
  "listen": ["127.0.0.1:0"],
  "workers": 0,
  "drain_timeout": "soon",
  "routes": [
    { "path": "/a", "upstrem": "app", "auth": "none", "respond": { "status": 200 } },
    { "path": "/b", "upstream": "nowhere", "auth": "none" },
    { "path": "/b/../c", "auth": "none", "respond": { "status": 200 } }
  ]
}
"""
    code, lines = check(text)
    assert code == 1
    expected = {2: "did you mean 'listen'?", 4: "", 5: "soon", 7: "did you mean 'upstream'?", 8: "nowhere", 9: ""}
    for number, words in expected.items():
        found = [line for line in lines if re.match(rf"gateway\.json:{number}:\d+: error: ", line)]
        assert found and words in found[0], (number, lines)


@pytest.mark.parametrize(
    "text, place",
    [
        ("", "1:1"),
        ("{", "1:2"),
        ('{"listen": }', "1:12"),
        ('{"listen": ["127.0.0.1:0"], "listen": []}', "1:29"),
        ("[]", "1:1"),
        ("{'listen': 1}", "1:2"),
    ],
)
def test_a_file_that_is_not_json_is_told_where(text, place, check):
    code, lines = check(text)
    assert code == 1
    assert any(line.startswith(f"gateway.json:{place}: error: ") for line in lines), lines


@pytest.mark.parametrize(
    "change",
    [
        {"routes": [{"path": "/", "respond": {"status": 200}}], "auth": {}},
        {"routes": [{"path": "/", "auth": "none"}]},
        {"routes": [{"path": "/", "auth": "none", "respond": {"status": 200}, "redirect": {"status": 302, "location": "/"}}]},
        {"routes": PUBLIC + PUBLIC},
        {"routes": [{"path": "/", "auth": "none", "require": {"roles": ["a"]}, "respond": {"status": 200}}]},
        {"routes": [{"path": "/", "auth": "optional", "require": {"roles": ["a"]}, "respond": {"status": 200}}]},
        {"routes": [{"path": "relative", "auth": "none", "respond": {"status": 200}}]},
        {"routes": [{"path": "/%2f", "auth": "none", "respond": {"status": 200}}]},
        {"cors": {"origins": ["*"], "credentials": True}},
        {"cors": {"origins": ["https://app.example.com/path"]}},
        {"auth": {"identity_headers": {"Host": "sub"}, "issuers": [issuer()]}},
        {"auth": {"identity_headers": {"X Y": "sub"}, "issuers": [issuer()]}},
        {"auth": {"identity_headers": {"X-User": "sub", "x_user": "iss"}, "issuers": [issuer()]}},
        {"auth": {"reject_status": 404, "issuers": [issuer()]}},
        {"auth": {"issuers": [issuer(secret_file="missing.key")]}},
        {"auth": {"issuers": [issuer(algorithms=["none"])]}},
        {"auth": {"issuers": [issuer(), issuer()]}},
        {"listen": []},
        {"listen": ["127.0.0.1"]},
        {"listen": [{"address": "127.0.0.1:0", "tls": {}}]},
        {"listen": [{"address": "127.0.0.1:0", "tls": {"certificates": []}}]},
        {"listen": [{"address": "127.0.0.1:0", "tls": {"certificates": [{"key": "a.key"}], "client_certificates": {"ca": "a.pem"}}}]},
        {"admin": {"listen": "127.0.0.1:0", "tls": {}}},
        {"upstreams": {"app": {"servers": ["127.0.0.1:1"], "tls": {"certificate": "a.pem", "verify": 1}}}},
        {"trusted_proxies": ["everywhere"]},
        {"log": {"access": "stdout", "format": "xml"}},
        {"limits": {"head": 32}},
    ],
    ids=str,
)
def test_a_configuration_that_makes_no_sense_is_refused(change, check):
    code, lines = check({**configuration(routes=PUBLIC), **change})
    assert code == 1, "it was accepted"
    assert any(re.match(r"gateway\.json:\d+:\d+: error: ", line) for line in lines), lines


@pytest.mark.parametrize(
    "change",
    [
        {"accounts": {"store": "sqlite:a.db", "signing": {"secret_file": "secret.key"}, "browser": {}}},
        {"admin": {"listen": "127.0.0.1:0", "require": {"roles": ["admin"]}}},
        {"listen": [{"address": "127.0.0.1:0", "tls": {"acme": {"agree": True}}}]},
        {"listen": [{"address": "127.0.0.1:0", "forward_auth": True}]},
        {"upstreams": {"app": {"servers": ["127.0.0.1:1"], "retries": 1}}},
    ],
    ids=str,
)
def test_what_comes_later_is_refused_by_name(change, check):
    code, lines = check({**configuration(routes=PUBLIC), **change})
    assert code == 1
    assert any("not supported yet" in line for line in lines), lines


def test_a_secret_shorter_than_the_hash_is_refused(directory, check):
    write_files(directory, {"short.key": "only-thirty-one-characters-long"})
    code, lines = check(configuration(routes=PUBLIC, auth={"issuers": [issuer(secret_file="short.key")]}))
    assert code == 1
    assert any("short.key" in line or "secret" in line for line in lines)
    assert not any("only-thirty-one" in line for line in lines), "the secret is in the message"


def test_the_environment_fills_strings_in(check):
    config = configuration(routes=PUBLIC, listen=["127.0.0.1:${GATEWAY_PORT}"])
    assert check(config, env={"GATEWAY_PORT": "0"})[0] == 0
    code, lines = check(config)
    assert code == 1
    assert any("GATEWAY_PORT" in line for line in lines)


def test_running_a_broken_configuration_says_the_same_as_checking_it(directory, check):
    config = {**configuration(routes=PUBLIC), "workers": "many"}
    _, lines = check(config)
    code, output, errors = run("-c", "gateway.json", directory=directory)
    assert (code, output) == (1, "")
    assert set(lines) & set(errors.splitlines())


class TestTokenInspect:
    @pytest.fixture
    def inspect(self, directory):
        write_files(directory, {"secret.key": SECRET})
        path = write_config(directory, configuration(routes=PUBLIC))

        def inspect(text, stdin=False, before=False):
            arguments = ["token", "inspect", "-" if stdin else text]
            arguments = ["-c", path, *arguments] if before else [*arguments, "-c", path]
            code, output, errors = run(*arguments, stdin=text + "\n" if stdin else "")
            assert SECRET not in output + errors
            return code, output + errors

        return inspect

    def test_accepts_a_good_token(self, inspect):
        for arguments in ({}, {"stdin": True}, {"before": True}):
            code, text = inspect(token(roles=["user"]), **arguments)
            assert code == 0, text
            assert "alice" in text and "HS256" in text

    @pytest.mark.parametrize(
        "text, reason",
        [
            (token(exp=1), "token_expired"),
            (tampered(token()), "signature_invalid"),
            (token(iss="https://evil.test"), "issuer_unknown"),
            (token(aud="other"), "audience_mismatch"),
            (forged(header={"alg": "none"}), "algorithm_refused"),
            ("rubbish", "token_malformed"),
        ],
        ids=lambda value: value if "_" in value[:20] else "token",
    )
    def test_says_which_check_fails(self, text, reason, inspect):
        code, output = inspect(text)
        assert code == 1, output
        assert reason in output

    def test_shows_a_hostile_token_without_obeying_it(self, inspect):
        code, output = inspect(forged(payload={"iss": "\x1b[2J\u202e", "sub": "\x07"}))
        assert code == 1
        assert "\x1b" not in output and "\u202e" not in output and "\x07" not in output


class TestWhereTheConfigurationIs:
    def test_both_usual_places_are_named_when_there_is_none(self, directory):
        if os.path.exists("/etc/portcullis/gateway.json"):
            pytest.skip("this machine has one")
        for arguments in ([], ["-t"], ["-s", "reload"], ["user", "list"], ["explain", "GET", "/"]):
            code, _, errors = run(*arguments, directory=directory)
            assert code == 1
            assert "neither 'gateway.json' nor '/etc/portcullis/gateway.json' is there; -c names another file" in errors

    def test_c_stands_before_or_after_a_command(self, directory):
        write_files(directory, {"secret.key": SECRET})
        write_config(directory, configuration(routes=PUBLIC), "other.json")
        for arguments in (["explain", "GET", "/"], ["token", "inspect", token()], ["-t"]):
            assert run("-c", "other.json", *arguments, directory=directory)[0] == 0, arguments
            assert run(*arguments, "-c", "other.json", directory=directory)[0] == 0, arguments


@pytest.mark.parametrize(
    "arguments",
    [["-s", "upgrade"], ["-T"], ["diff", "a", "b"], ["selftest", "u"],
     ["store", "backup", "f"], ["demo"], ["init"], ["completion", "bash"], ["top"], ["user", "import", "f"], ["user", "export", "f"]],
    ids=" ".join,
)  # fmt: skip
def test_a_command_of_a_later_version_says_so(arguments, directory):
    code, output, errors = run(*arguments, directory=directory)
    assert (code, output) == (2, "")
    assert "not supported yet by this version" in errors
