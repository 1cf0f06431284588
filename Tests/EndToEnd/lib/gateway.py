"""The gateway as a process of its own, with its configuration and its logs in a directory of the test's."""

import contextlib
import json
import os
import re
import signal
import subprocess

from .client import TOO_SLOW, Client
from .tokens import AUDIENCE, ISSUER, SECRET
from .waiting import until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))

# How long an answer may take that a password has to be hashed for: the threads that do it stand back for everything else on the machine.
HASHED = 60.0

BANNER = re.compile(r"listening on ([^\s\"',]+)")


def binary():
    """The binary under test: $PORTCULLIS, or the release build of this work tree."""
    path = os.environ.get("PORTCULLIS")
    if not path:
        shown = subprocess.run(
            ["swift", "build", "-c", "release", "--show-bin-path"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        path = os.environ["PORTCULLIS"] = os.path.join(shown.stdout.strip(), "portcullis")
    assert os.access(path, os.X_OK), f"there is no binary at {path}: run `swift build -c release` first"
    return path


def issuer(**changes):
    """A trusted issuer whose secret stands in `secret.key` beside the configuration."""
    return {"issuer": ISSUER, "audience": [AUDIENCE], "algorithms": ["HS256"], "secret_file": "secret.key", **changes}


def configuration(upstream=None, routes=None, auth=None, **top):
    """A configuration that most tests start from: one issuer, `/` for the authenticated, `/open` for everyone."""
    if routes is None:
        routes = [{"path": "/", "upstream": "app"}, {"path": "/open", "upstream": "app", "auth": "none"}]
    whole = {
        "listen": ["127.0.0.1:0"],
        "workers": 1,
        "auth": {
            "identity_headers": {"X-Auth-User": "sub", "X-Auth-Roles": "roles", "X-Auth-Scope": "scope"},
            "issuers": [issuer()],
            **(auth or {}),
        },
        "routes": routes,
        "drain_timeout": "2s",
        "log": {"access": "stdout", "format": "json"},
        **top,
    }
    if upstream is not None and "upstreams" not in whole:
        whole["upstreams"] = {"app": upstream if isinstance(upstream, dict) else {"servers": [upstream.address]}}
    return whole


class Gateway:
    """Starts on construction and returns once every listener is bound."""

    def __init__(self, directory, config, arguments=(), files=(), env=None, command=(), pipe=False):
        """With `pipe`, standard output is a pipe, whose end `close_pipe` closes."""
        self.directory = directory
        write_files(directory, {"secret.key": SECRET, **dict(files)})
        self.config = write_config(directory, config)
        self.patience = HASHED if "accounts" in config else TOO_SLOW
        listeners = len(config.get("listen", [""])) + ("admin" in config) if isinstance(config, dict) else 1
        if pipe:
            self._pipe, end = os.pipe()
            self._stdout = os.fdopen(end, "wb")
        else:
            self._stdout = open(os.path.join(directory, "stdout"), "wb")
        self._stderr = open(os.path.join(directory, "stderr"), "wb")
        self.process = subprocess.Popen(
            [*command, binary(), "-c", self.config, *arguments],
            cwd=directory, stdin=subprocess.DEVNULL, stdout=self._stdout, stderr=self._stderr,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        try:
            until(
                lambda: self.process.poll() is not None or len(BANNER.findall(self.errors())) >= listeners,
                lambda: f"{listeners} listening line(s); standard error: {self.errors()!r}",
            )
            assert self.process.poll() is None, f"the gateway ended at once ({self.process.poll()}): {self.errors()}"
        except BaseException:
            self.kill()
            raise
        self.addresses = self.listening()

    @property
    def address(self):
        return self.addresses[0]

    @property
    def admin(self):
        """The address of the admin listener, which is named last."""
        return self.addresses[-1]

    def listening(self):
        """Every address that it has said it listens on so far."""
        return [parse_address(text) for text in BANNER.findall(self.errors())]

    @property
    def authority(self):
        return "{}:{}".format(*self.address)

    @property
    def url(self):
        return "http://" + self.authority

    @property
    def pid(self):
        return self.process.pid

    def client(self, **arguments):
        return Client(self.address, **{"timeout": self.patience, **arguments})

    def request(self, target="/", method="GET", fields=None, body=None, version="HTTP/1.1"):
        """One request on a connection of its own."""
        with self.client() as client:
            return client.request(target, method, fields, body, version)

    def exchange(self, raw, method="GET"):
        """Sends raw bytes on a connection of its own and reads one response."""
        with self.client() as client:
            client.send(raw)
            return client.response(method)

    def errors(self):
        return _text(os.path.join(self.directory, "stderr"))

    def output(self):
        return _text(os.path.join(self.directory, "stdout"))

    def access_log(self, count=1, path=None):
        """The access log's JSON lines, once there are `count` of them."""

        def lines():
            text = _text(path) if path else self.output()
            found = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
            return len(found) >= count and found

        return until(lines, lambda: f"{count} access log line(s), got {self.output()!r}", self.patience)

    def memory(self):
        """{"VmRSS": bytes, "VmHWM": bytes}"""
        found = {}
        for line in _text(f"/proc/{self.pid}/status").splitlines():
            if line.startswith(("VmRSS:", "VmHWM:")):
                found[line[:5]] = int(line.split()[1]) * 1024
        return found

    def private_memory(self):
        """The bytes that the process has for itself to write to: what RLIMIT_DATA limits."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")

    def processor_time(self):
        """The seconds that the gateway's threads have run."""
        nanoseconds = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/schedstat") as file:
                nanoseconds += int(file.read().split()[0])
        return nanoseconds / 1e9

    def descriptors(self):
        """The number of descriptors that it holds."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @contextlib.contextmanager
    def paused(self):
        """Stands still meanwhile, as a machine does that has much else to do."""
        self.signal(signal.SIGSTOP)
        until(lambda: self._state() == "T", "the gateway to stand still")
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def _state(self):
        return _text(f"/proc/{self.pid}/stat").rpartition(")")[2].split()[0]

    def signal(self, number):
        self.process.send_signal(number)

    def has_taken(self, number):
        """True if a signal that was sent to it is no longer on its way."""
        pending = re.search(r"^ShdPnd:\s*([0-9a-f]+)$", _text(f"/proc/{self.pid}/status"), re.MULTILINE)
        return not int(pending[1], 16) >> (number - 1) & 1

    def close_pipe(self):
        os.close(self._pipe)

    def reload(self, config=None, in_force=True):
        """Writes the configuration anew if one is given, has it read and waits for the outcome, unless `in_force` is None."""
        if config is not None:
            write_config(self.directory, config)
        if in_force is None:
            return self.signal(signal.SIGHUP)
        outcome = "is in force" if in_force else "stays in force"
        before = self.errors().count(outcome)
        self.signal(signal.SIGHUP)
        until(lambda: self.errors().count(outcome) > before, lambda: f"a line with {outcome!r}: {self.errors()!r}")

    def wait(self, timeout=10):
        """The exit code."""
        return self.process.wait(timeout)

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it as a test's last step: quickly, and it must still have been there and end well."""
        ended = self.process.poll()
        if ended is None:
            self.signal(signal.SIGINT)
            try:
                ended = self.wait()
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("SIGINT did not end the gateway within 10 s") from None
        self._stdout.close()
        self._stderr.close()
        assert ended == 0, f"the gateway ended with {ended}: {self.errors()[:6000]}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stdout.close()
        self._stderr.close()


def parse_address(text):
    """(host, port), or the path of a Unix socket."""
    text = text.rstrip(".;)")
    if text.startswith("unix:"):
        return text[5:]
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def write_config(directory, config, name="gateway.json"):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(config if isinstance(config, str) else json.dumps(config, indent=2))
    return path


def write_files(directory, files):
    for name, text in files.items():
        path = os.path.join(directory, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)


def run(*arguments, directory=None, env=None, stdin="", command=()):
    """Runs the binary to its end: (exit code, standard output, standard error)."""
    done = subprocess.run(
        [*command, binary(), *arguments], cwd=directory, capture_output=True, text=True, timeout=30, input=stdin,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
