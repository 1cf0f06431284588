"""The files of TLS listeners: what is wrong with them is said with the file and the way out, and changes are served at once."""

import os
import re
import subprocess
import threading

import pytest
from cryptography.hazmat.primitives import serialization

from lib.certificates import NAMES, FileAuthority, replace
from lib.client import Client
from lib.gateway import configuration, run, write_config, write_files
from lib.tokens import SECRET
from lib.waiting import until


@pytest.fixture
def authority():
    return FileAuthority()


def config(upstream, *pairs, **tls):
    entries = [pair.entry for pair in pairs]
    listen = [{"address": "127.0.0.1:0", "tls": {"certificates": entries, **tls}}]
    return configuration(upstream, listen=listen)


def shown(gateway, authority):
    """The serial number of the certificate that clients see."""
    from cryptography import x509

    with Client(gateway.address, tls=authority.trust()) as client:
        return x509.load_der_x509_certificate(client.socket.getpeercert(binary_form=True)).serial_number


def damage(directory, pair):
    replace(pair.certificate, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def swap_key(directory, pair):
    other = FileAuthority().pair(directory, "other")
    replace(pair.key, open(other.key, "rb").read())


def encrypt_key(directory, pair):
    form = serialization.BestAvailableEncryption(b"secret")
    replace(pair.key, pair.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form))


FAULTS = {
    "missing certificate": (lambda d, pair: os.unlink(pair.certificate), "site.pem' can't be used: it can't be read: No such file"),
    "missing key": (lambda d, pair: os.unlink(pair.key), "site.key' can't be used: it can't be read: No such file"),
    "empty certificate": (lambda d, pair: replace(pair.certificate, b""), "site.pem' can't be used: it holds no certificate"),
    "empty key": (lambda d, pair: replace(pair.key, b""), "site.key' can't be used: it holds no private key"),
    "damaged certificate": (damage, "site.pem' can't be used: its certificate is damaged"),
    "a key of another certificate": (swap_key, "site.key' can't be used: its private key does not belong to the certificate in '"),
    "an encrypted key": (encrypt_key, "site.key' can't be used: its private key is encrypted"),
    "a key where the certificate should be": (
        lambda d, pair: replace(pair.certificate, open(pair.key, "rb").read()), "site.pem' can't be used: it holds no certificate"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_pair_that_does_not_serve_is_an_error_with_its_place(upstream, authority, directory, fault):
    pair = authority.pair(directory)
    spoil, text = FAULTS[fault]
    spoil(directory, pair)
    write_files(directory, {"secret.key": SECRET})
    path = write_config(directory, config(upstream, pair))
    for arguments in (["-t"], []):
        code, _, errors = run(*arguments, "-c", path, directory=directory)
        assert code == 1
        assert text in errors, errors
        assert "gateway.json:" in errors


def test_an_expired_certificate_is_an_error_of_a_check_and_of_a_reload_but_not_of_a_start(start, upstream, authority, directory):
    pair = authority.pair(directory, days=(-10, -1))
    expired = config(upstream, pair)
    write_files(directory, {"secret.key": SECRET})
    code, _, errors = run("-t", "-c", write_config(directory, expired), directory=directory)
    assert code == 1 and "its certificate expired on 2" in errors
    gateway = start(expired, directory=directory)
    assert "error" in gateway.errors() and "its certificate expired on 2" in gateway.errors()
    gateway.reload(in_force=False)
    assert gateway.alive()


def test_certificates_near_their_end_and_open_keys_are_warned_about(start, upstream, authority, directory):
    pair = authority.pair(directory, days=(-80, 10))
    os.chmod(pair.key, 0o644)
    gateway = start(config(upstream, pair), directory=directory)
    assert "site.pem': its certificate expires on 2" in gateway.errors()
    assert re.search(r"in (9|10) days: get a new one", gateway.errors())
    assert "holds a secret, and everybody can read it" in gateway.errors()


@pytest.mark.parametrize("kind", ["rsa1024", "rsa4096"])
def test_keys_that_are_too_weak_or_slow_are_told(upstream, authority, directory, kind):
    write_files(directory, {"secret.key": SECRET})
    pair = authority.pair(directory, kind=kind)
    code, _, errors = run("-t", "-c", write_config(directory, config(upstream, pair)), directory=directory)
    if kind == "rsa1024":
        assert code == 1 and "its key or signature is too weak" in errors
    else:
        assert code == 0 and "an RSA key of more than 3,072 bits" in errors


def test_a_replaced_certificate_is_served_without_a_reload(start, upstream, authority, directory):
    old = authority.pair(directory)
    gateway = start(config(upstream, old), directory=directory)
    with Client(gateway.address, tls=authority.trust()) as kept:
        assert kept.request("/open").status == 200
        assert shown(gateway, authority) == old.parsed.serial_number
        new = authority.pair(directory)
        until(lambda: shown(gateway, authority) == new.parsed.serial_number, "the new certificate")
        # Connections that stand are not touched.
        assert kept.request("/open").status == 200
    assert "its certificates were read again and are in force" in gateway.errors()


def test_a_replacement_that_does_not_serve_leaves_the_old_one_in_force(start, upstream, authority, directory):
    old = authority.pair(directory)
    gateway = start(config(upstream, old), directory=directory)
    damage(directory, old)
    until(lambda: "its certificate is damaged; what was read before stays in force" in gateway.errors(), gateway.errors)
    assert shown(gateway, authority) == old.parsed.serial_number
    new = authority.pair(directory)
    until(lambda: shown(gateway, authority) == new.parsed.serial_number, "the new certificate")
    assert gateway.errors().count("its certificate is damaged") == 1


def test_an_expired_replacement_leaves_the_old_one_in_force(start, upstream, authority, directory):
    old = authority.pair(directory)
    gateway = start(config(upstream, old), directory=directory)
    authority.pair(directory, days=(-10, -1))
    until(lambda: "its certificate expired on" in gateway.errors(), gateway.errors)
    assert shown(gateway, authority) == old.parsed.serial_number


def test_no_request_fails_while_certificates_are_replaced(start, upstream, authority, directory):
    gateway = start(config(upstream, authority.pair(directory)), directory=directory)
    context = authority.trust()
    done, failures, counts = threading.Event(), [], [0, 0]

    def load(number):
        try:
            with Client(gateway.address, tls=context) as kept:
                while not done.is_set():
                    assert kept.request("/open").status == 200
                    with Client(gateway.address, tls=context) as fresh:
                        assert fresh.request("/open").status == 200
                    counts[number] += 1
        except (AssertionError, OSError) as problem:
            failures.append(problem)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(int(os.environ.get("PORTCULLIS_REPLACEMENTS", "5"))):
        serial = authority.pair(directory).parsed.serial_number
        until(lambda: failures or shown(gateway, authority) == serial, "the new certificate")
    done.set()
    for thread in threads:
        thread.join()
    assert not failures and min(counts) > 0, (failures, counts)


def test_a_reload_brings_other_certificates(start, upstream, authority, directory):
    first, second = authority.pair(directory, "first", NAMES), authority.pair(directory, "second", NAMES)
    gateway = start(config(upstream, first), directory=directory)
    assert shown(gateway, authority) == first.parsed.serial_number
    gateway.reload(config(upstream, second))
    assert shown(gateway, authority) == second.parsed.serial_number
    damage(directory, first)
    gateway.reload(config(upstream, first), in_force=False)
    assert shown(gateway, authority) == second.parsed.serial_number


def test_openssl_finds_the_chain_whole(start, upstream, authority, directory):
    pair = authority.pair(directory)
    gateway = start(config(upstream, pair), directory=directory)
    done = subprocess.run(
        ["openssl", "s_client", "-connect", gateway.authority, "-servername", "localhost", "-verify_return_error",
         "-CAfile", authority.write(directory), "-brief"],
        input="", capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert "Verification: OK" in done.stderr, done.stderr
