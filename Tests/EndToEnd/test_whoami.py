"""`portcullis whoami`, the demonstration upstream."""

import pytest

from lib.gateway import configuration, run
from lib.programs import Program
from lib.tokens import bearer
from lib.upstreams import free_port


class TestWhoami:
    @pytest.fixture
    def whoami(self, directory):
        from lib.gateway import binary

        program = Program([binary(), "whoami", "--listen", f"127.0.0.1:{(port := free_port())}"], port, directory)
        yield program
        program.close()

    def test_answers_any_request_with_what_it_received(self, whoami, start):
        from lib.client import Client

        host, port = whoami.address.split(":")
        with Client((host, int(port))) as client:
            response = client.request("/a/b?c=d", method="PUT", fields=[("X-One", "1"), ("X-One", "2")], body=b"hello")
        assert response["content-type"].startswith("application/json")
        seen = response.json()
        assert (seen["method"], seen["path"], seen["body"]) == ("PUT", "/a/b?c=d", "hello")

    def test_serves_behind_the_gateway(self, whoami, start):
        gateway = start(configuration({"servers": [whoami.address]}))
        with gateway.client() as client:
            for framing in ({}, {"Transfer-Encoding": "chunked"}):
                body = b"5\r\nhello\r\n0\r\n\r\n" if framing else b"hello"
                response = client.request("/x", method="POST", fields={**bearer(), **framing}, body=body)
                assert response.status == 200
                seen = response.json()
                assert seen["body"] == "hello"
                assert "alice" in response.text
            assert client.request("/open", method="HEAD").status == 200
            assert client.request("/open").status == 200

    @pytest.mark.parametrize(
        "address, words",
        [
            ("203.0.113.7:0", "can't listen on 203.0.113.7:0: Cannot assign requested address; it is no address of this machine"),
            ("unix:/none/a.sock", "can't listen on unix:/none/a.sock: No such file or directory; the folder of '/none/a.sock' must be there"),
            ("127.0.0.1", "'127.0.0.1' is not an address: write 127.0.0.1:9001, [::1]:9001 or unix:/path.sock"),
        ],
    )  # fmt: skip
    def test_says_why_it_can_not_listen_as_the_gateway_does(self, address, words):
        code, _, errors = run("whoami", "--listen", address)
        assert code != 0
        assert errors.splitlines()[0] == f"portcullis: {words}"
