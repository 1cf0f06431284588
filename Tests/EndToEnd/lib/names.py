"""A name server of a test's own, and a way to start gateways that ask it and nobody else."""

import os
import random
import socket
import struct
import threading

from .waiting import until

A, AAAA = 1, 28


class NameServer:
    """Answers on an address of its own with what `set` says; other names don't exist.

    `command` stands before a program's own: it is run where /etc/resolv.conf names this server (a mount namespace, which takes
    root or a kernel that lets users have namespaces).
    """

    def __init__(self, directory, timeout=1):
        self.records, self.queries, self._silent = {}, [], set()
        self._socket = None
        self._address = None
        self.start()
        files = {
            "resolv.conf": f"nameserver {self._address}\noptions timeout:{timeout} attempts:1\n",
            "nsswitch.conf": "hosts: files dns\n",
        }
        script = ""
        for name, text in files.items():
            path = os.path.join(directory, name)
            with open(path, "w") as file:
                file.write(text)
            script += f"mount --bind {path} /etc/{name} && "
        rights = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
        self.command = ["unshare", *rights, "--mount", "--propagation", "private", "sh", "-c", script + 'exec "$@"', "sh"]

    def set(self, name, *addresses):
        """The name's addresses from now on; without one there is no such name any more."""
        if addresses:
            self.records[name] = addresses
        else:
            self.records.pop(name, None)

    def silence(self, name):
        """Questions for the name get no answer."""
        self._silent.add(name)

    def count(self, name):
        """The number of questions for the name's IPv4 addresses."""
        return self.queries.count(name)

    def stop(self):
        """Nobody answers any more, and the sender is told so."""
        if self._socket:
            server, self._socket = self._socket, None
            server.close()

    def start(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            address = self._address or "127.{}.{}.{}".format(*(random.randint(1, 254) for _ in range(3)))
            try:
                server.bind((address, 53))
                break
            except OSError:
                assert self._address is None, "the name server can't come back"
        server.settimeout(0.05)
        self._address, self._socket = address, server
        threading.Thread(target=self._serve, args=(server,), daemon=True).start()

    def _serve(self, server):
        while self._socket is server:
            try:
                question, peer = server.recvfrom(4096)
                answer = self._answer(question)
                if answer:
                    server.sendto(answer, peer)
            except TimeoutError:
                continue
            except OSError:
                return  # it was stopped

    def _answer(self, question):
        labels, place = [], 12
        while question[place]:
            labels.append(question[place + 1 : place + 1 + question[place]].decode())
            place += 1 + question[place]
        place += 1
        (kind,) = struct.unpack_from("!H", question, place)
        name = ".".join(labels)
        if kind == A:
            self.queries.append(name)
        if name in self._silent:
            return None
        addresses = self.records.get(name, ())
        records = [socket.inet_aton(each) for each in addresses] if kind == A else []
        flags = 0x8180 if name in self.records else 0x8183
        head = question[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 0, 4) + record for record in records)
        return head + question[12 : place + 4] + body


def wait_for_query(server, name):
    """Waits until the name has been asked for once more."""
    before = server.count(name)
    until(lambda: server.count(name) > before, f"a question for {name}")
