"""Certificates in files, as listeners and their clients use them."""

import datetime
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .identity_provider import Authority, _general_name

NAMES = ("localhost", "127.0.0.1")
CLIENT = [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])]
SERVER = [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])]


class Pair:
    """A certificate and its key in files of a directory."""

    def __init__(self, certificate, key, parsed, private):
        self.certificate, self.key, self.parsed, self.private = certificate, key, parsed, private

    @property
    def entry(self):
        """Its entry of `tls.certificates`."""
        return {"certificate": self.certificate, "key": self.key}

    @property
    def der(self):
        return self.parsed.public_bytes(serialization.Encoding.DER)


class FileAuthority(Authority):
    """An authority whose certificates go into files."""

    def pair(self, directory, name="site", names=NAMES, kind="ec", days=(-1, 30), usage=SERVER, subject=None):
        """Writes `name.pem` and `name.key`, or replaces them each in one step, and returns the pair."""
        key = (
            rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:] or 2048))
            if kind.startswith("rsa")
            else ec.generate_private_key(ec.SECP256R1())
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or name)])
        extensions = [x509.BasicConstraints(ca=False, path_length=None), *usage]
        if names:
            extensions.append(x509.SubjectAlternativeName([_general_name(each) for each in names]))
        parsed = self._sign(subject, key, extensions, days)
        paths = [os.path.join(directory, name + end) for end in (".pem", ".key")]
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for path, data in zip(paths, (parsed.public_bytes(serialization.Encoding.PEM), private)):
            replace(path, data)
        return Pair(*paths, parsed, key)

    def list(self, directory, *revoked, name="revoked.pem", days=(-1, 30)):
        """Writes a list of revoked certificates and returns its path."""
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateRevocationListBuilder().issuer_name(self.name)
            .last_update(now + datetime.timedelta(days=days[0])).next_update(now + datetime.timedelta(days=days[1]))
        )  # fmt: skip
        for pair in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(pair.parsed.serial_number).revocation_date(now)
            builder = builder.add_revoked_certificate(entry.build())
        path = os.path.join(directory, name)
        replace(path, builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    def trust(self, version=None, client=None, protocols=None, **changes):
        """A client's context that trusts this authority; `client` is the pair that it shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.pem())
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if client is not None:
            context.load_cert_chain(client.certificate, client.key)
        if protocols is not None:
            context.set_alpn_protocols(protocols)
        for name, value in changes.items():
            setattr(context, name, value)
        return context


def replace(path, data):
    """Writes a file beside it and renames it over: a reader sees the old one or the new one."""
    beside = path + ".new"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    os.rename(beside, path)


def unchecked(version=None):
    """A client's context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context
