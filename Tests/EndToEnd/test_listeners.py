"""The addresses that the gateway listens on and connects to: IPv4, IPv6, Unix sockets, several at once."""

import grp
import os
import signal
import socket
import stat

import pytest

from lib.client import Client
from lib.gateway import Gateway, configuration, run, write_config, write_files
from lib.tokens import SECRET, bearer
from lib.upstreams import answer, free_port, scripted


def ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not ipv6(), reason="this machine has no IPv6 loopback")


def test_a_unix_socket_may_be_the_listener(start, upstream, directory):
    gateway = start(configuration(upstream, listen=["unix:" + directory + "/gateway.sock"]), directory=directory)
    with Client(directory + "/gateway.sock") as client:
        assert client.request("/open").status == 200
        assert client.request("/", fields=bearer()).status == 200
        assert client.request("/").status == 401
    assert gateway.alive()


def test_a_unix_socket_that_was_left_behind_is_replaced(start, upstream, directory):
    path = directory + "/gateway.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
    start(configuration(upstream, listen=["unix:" + path]), directory=directory)
    with Client(path) as client:
        assert client.request("/open").status == 200


def test_a_unix_socket_may_be_the_upstream(start, make_upstream, directory):
    upstream = make_upstream(unix=directory + "/app.sock")
    gateway = start(configuration(upstream))
    with gateway.client() as client:
        for _ in range(3):
            assert client.request("/open").status == 200
    assert len(upstream.connections) == 1


@needs_ipv6
def test_ipv6_on_both_sides(start, make_upstream):
    upstream = make_upstream(host="::1")
    gateway = start(configuration(upstream, listen=["[::1]:0"]))
    assert gateway.address[0] == "::1"
    with gateway.client() as client:
        assert client.request("/open").status == 200
    assert upstream.last["X-Forwarded-For"].strip('"[]') == "::1"
    assert upstream.last["Host"] == client.host


def test_a_name_may_be_the_upstream(start, upstream):
    gateway = start(configuration({"servers": [f"localhost:{upstream.port}"]}))
    assert gateway.request("/open").status == 200


def test_several_listeners_serve_the_same_routes(start, make_upstream, directory):
    upstream = make_upstream(scripted(answer("same")))
    config = configuration(upstream, listen=["127.0.0.1:0", {"address": "127.0.0.1:0"}, f"unix:{directory}/g.sock"])
    gateway = start(config, directory=directory)
    assert len(gateway.addresses) == 3
    for address in gateway.addresses:
        with Client(address) as client:
            assert client.request("/open").text == "same"


def rights(path):
    status = os.stat(path)
    return oct(stat.S_IMODE(status.st_mode)), status.st_gid


@pytest.fixture
def masked():
    """Files of the gateway's are for its user alone, unless it says otherwise."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_a_unix_socket_has_the_rights_that_are_asked_for_whatever_the_mask(start, upstream, directory, masked):
    group = grp.getgrall()[-1] if os.geteuid() == 0 else grp.getgrgid((os.getgroups() or [os.getegid()])[-1])
    own = os.getegid()
    listen = [
        f"unix:{directory}/a", {"address": f"unix:{directory}/b", "mode": "0600"},
        {"address": f"unix:{directory}/c", "mode": "606", "group": group.gr_name},
        {"address": f"unix:{directory}/d", "mode": "0666", "group": str(group.gr_gid)},
    ]  # fmt: skip
    config = configuration(upstream, listen=listen, admin={"listen": f"unix:{directory}/e"})
    gateway = start(config, directory=directory)
    asked = [("0o660", own), ("0o600", own), ("0o606", group.gr_gid), ("0o666", group.gr_gid), ("0o660", own)]
    assert [rights(f"{directory}/{name}") for name in "abcde"] == asked
    for name in "abcd":
        with Client(f"{directory}/{name}") as client:
            assert client.request("/open").status == 200
    listen[1]["mode"] = "0640"
    with Client(f"{directory}/b") as client:
        assert client.request("/open").status == 200
        gateway.reload(config)
        assert rights(f"{directory}/b") == ("0o640", own)
        assert client.request("/open").status == 200, "the listener is the same"


def test_a_group_that_is_not_there_is_an_error(start, upstream, directory):
    def config(group):
        return configuration(upstream, listen=[{"address": f"unix:{directory}/a", "group": group}])

    write_files(directory, {"secret.key": SECRET})
    path = write_config(directory, config("no-such-group"))
    for arguments in (["-t"], []):
        code, _, errors = run(*arguments, "-c", path)
        assert code == 1
        assert "error: there is no group 'no-such-group'" in errors
        assert not os.path.exists(f"{directory}/a")
    gateway = start(config("0" if os.geteuid() == 0 else str(os.getegid())), directory=directory)
    gateway.reload(config("no-such-group"), in_force=False)
    assert "there is no group 'no-such-group'" in gateway.errors()


def test_an_address_in_use_is_an_error(directory):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        config = configuration(routes=[{"path": "/", "auth": "none", "respond": {"status": 200}}])
        config["listen"] = ["127.0.0.1:%d" % sock.getsockname()[1]]
        write_files(directory, {"secret.key": SECRET})
        code, _, errors = run("-c", write_config(directory, config))
        assert code == 1
        assert "error: " in errors and config["listen"][0] in errors


def test_a_port_that_another_gateway_has_is_an_error(start, upstream):
    """Otherwise the kernel shares the clients out among two configurations, and nobody notices."""
    config = configuration(upstream, listen=[f"127.0.0.1:{free_port()}"])
    start(config)
    with pytest.raises(AssertionError, match="in use"):
        start(config)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_unix_socket_is_removed_at_the_end(number, start, upstream, directory):
    gateway = start(configuration(upstream, listen=[f"unix:{directory}/a.sock"]))
    gateway.signal(number)
    assert gateway.wait() == 0
    assert not os.path.exists(f"{directory}/a.sock")


def test_no_listener_is_open_to_the_world_by_accident(start, upstream):
    gateway = start(configuration(upstream))
    assert gateway.address[0] == "127.0.0.1"


def test_the_default_file_is_gateway_json_in_the_current_directory(directory):
    config = configuration(routes=[{"path": "/", "auth": "none", "respond": {"status": 200, "body": "here"}}])
    write_files(directory, {"secret.key": SECRET})
    write_config(directory, config)
    code, _, errors = run("-t", directory=directory)
    assert code == 0, errors
    assert os.path.exists(os.path.join(directory, "gateway.json"))
    gateway = Gateway(directory, config)
    assert gateway.request("/").text == "here"
    gateway.stop()


def test_a_proxy_on_a_unix_socket_may_be_trusted(start, upstream, directory):
    for number, trusted in enumerate((["unix"], [])):
        path = f"{directory}/g{number}.sock"
        start(configuration(upstream, listen=["unix:" + path], trusted_proxies=trusted))
        with Client(path) as client:
            client.request("/open", fields={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
        seen = (upstream.last["X-Forwarded-For"] or "", upstream.last["X-Forwarded-Proto"])
        assert ("203.0.113.9" in seen[0], seen[1]) == ((True, "https") if trusted else (False, "http"))
