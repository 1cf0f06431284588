"""An identity provider of the tests' own: keys of every kind, real HTTPS under its own authority, and every kind of misbehaviour."""

import datetime
import ipaddress
import json
import os
import socket
import ssl
import threading
import time

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from .listening import Listener, read_head
from .tokens import claims

KEY_SET = "/keys"
DESCRIPTION = "/.well-known/openid-configuration"

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class Key:
    """A signing key with its `kid`."""

    def __init__(self, kid="one", algorithm="ES256"):
        self.kid, self.algorithm = kid, algorithm
        if algorithm.startswith(("RS", "PS")):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif algorithm.startswith("ES"):
            curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
            self.private = ec.generate_private_key(curves[algorithm]())
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()

    def jwk(self, **changes):
        """The public key as a JWK; a change to None takes a member away."""
        maker = jwt.get_algorithm_by_name(self.algorithm)
        key = json.loads(maker.to_jwk(self.private.public_key()))
        key = {**key, "kid": self.kid, "alg": self.algorithm, "use": "sig", **changes}
        key.pop("key_ops", None)
        return {name: value for name, value in key.items() if value is not None}

    def pem(self):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def token(self, headers=None, **changes):
        headers = {"kid": self.kid} if headers is None else headers
        return jwt.encode(claims(**changes), self.private, algorithm=self.algorithm, headers=headers)

    def bearer(self, **changes):
        return {"Authorization": "Bearer " + self.token(**changes)}


def key_set(*keys):
    """A JWK Set as text, of keys or of JWKs."""
    return json.dumps({"keys": [key.jwk() if isinstance(key, Key) else key for key in keys]})


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, name="Test Authority"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(
            self.name, self.key, [x509.BasicConstraints(ca=True, path_length=0)], days=(-1, 365)
        )

    def _sign(self, subject, key, extensions, days):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
        )  # fmt: skip
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self.key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def write(self, directory, name="ca.pem"):
        path = os.path.join(directory, name)
        with open(path, "w") as file:
            file.write(self.pem())
        return path

    def private_pem(self):
        return _private_pem(self.key).decode()

    def issue(self, *names, days=(-1, 30)):
        """A certificate for these names and addresses, and its key, in PEM form."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        certificate = self._sign(
            subject, key, [alternatives, x509.BasicConstraints(ca=False, path_length=None)], days
        )
        return certificate.public_bytes(serialization.Encoding.PEM), _private_pem(key)

    def pair(self, directory, stem, *names):
        """Writes `stem`.pem and `stem`.key."""
        for ending, text in zip(("pem", "key"), self.issue(*names)):
            with open(os.open(os.path.join(directory, f"{stem}.{ending}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text)

    def context(self, directory, *names, days=(-1, 30), version=None):
        """For a server with a certificate for these names and addresses."""
        path = os.path.join(directory, f"server.{time.monotonic_ns()}.pem")
        with open(path, "wb") as file:
            for text in self.issue(*names or ("127.0.0.1", "localhost"), days=days):
                file.write(text)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if version is not None:
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = version
        return context


def _private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def response(body="", status=200, fields=(), length=None):
    """The bytes of a response."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}", *fields]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(location, status=302):
    return response(status=status, fields=[f"Location: {location}"])


def silence(connection):
    """An answer that never comes."""
    connection.recv(1)


class IdentityProvider:
    """Serves its keys until it is told otherwise.

    `answers` maps paths to what stands in for the usual: bytes, or a function that gets the connection.
    """

    def __init__(self, *keys, context=None, issuer=None):
        self.keys = list(keys)
        self.context = context
        self.fields = ["Content-Type: application/json"]
        self.answers = {}
        self.requests = []
        self.failures = []
        self.port = 0
        self._lock = threading.Lock()
        self._listener = None
        self._connections = set()
        self.start()
        self.issuer = issuer or self.url("")

    def url(self, path=KEY_SET, host="127.0.0.1"):
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def count(self, path=KEY_SET):
        """The number of requests for that path."""
        with self._lock:
            return sum(request[0] == path for request in self.requests)

    def start(self):
        """Listens, at the same port as before."""
        self._listener = Listener(self._serve, ("127.0.0.1", self.port))
        self.port = self._listener.port

    def stop(self):
        """Is gone, with all connections."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    close = stop

    def _serve(self, connection):
        with self._lock:
            self._connections.add(connection)
        plain = connection
        try:
            connection.settimeout(30)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            head = read_head(connection)
            if head is None:
                return
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            with self._lock:
                self.requests.append((path, lines))
            self._answer(connection, path)
            if self.context:
                connection = connection.unwrap()
        except (OSError, ValueError) as error:  # ValueError: of what was shut down nothing can be unwrapped
            self.failures.append(error)
        finally:
            with self._lock:
                self._connections.discard(plain)
            connection.close()

    def _answer(self, connection, path):
        answer = self.answers.get(path)
        if answer is None:
            answer = self.usual(path)
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)

    def usual(self, path):
        if path == KEY_SET:
            return response(key_set(*self.keys), fields=self.fields)
        if path == DESCRIPTION:
            return response(json.dumps(self.description()), fields=self.fields)
        return response("<h1>Not Found</h1>", 404)

    def description(self):
        return {"issuer": self.issuer, "jwks_uri": self.url(), "id_token_signing_alg_values_supported": ["ES256"]}
