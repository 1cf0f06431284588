"""The number of workers: as many as the processors that affinity and the cgroup's quota leave."""

import os

import pytest

from lib.gateway import configuration
from lib.waiting import until

RESPOND = [{"path": "/", "auth": "none", "respond": {"status": 200}}]


def workers(gateway):
    """The threads that serve."""
    names = []
    for task in os.listdir(f"/proc/{gateway.pid}/task"):
        with open(f"/proc/{gateway.pid}/task/{task}/comm") as file:
            names.append(file.read().strip())
    return len([name for name in names if name.startswith("worker ")])


def where(quota):
    """Stands before a program's command: it sees that quota, in a cgroup's file system of its own."""
    rights = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
    place = "/sys/fs/cgroup"
    script = f'mount -t tmpfs none {place} && echo "{quota}" > {place}/cpu.max && exec "$@"'
    return ["unshare", *rights, "--mount", "--propagation", "private", "sh", "-c", script, "sh"]


def affinity():
    return len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "count"),
    [("50000 100000", 1), ("100000 100000", 1), ("100001000 100000000", 2), ("max 100000", None), ("6400000 100000", None)],
)
def test_auto_is_what_affinity_and_quota_leave(quota, count, start, directory):
    gateway = start(configuration(routes=RESPOND, workers="auto"), directory=directory, command=where(quota))
    expected = min(affinity(), count or affinity())
    assert gateway.request("/").status == 200
    assert workers(gateway) == expected
    noun = "worker" if expected == 1 else "workers"
    until(lambda: f"serving with {expected} {noun}" in gateway.errors(), "the log to say so")


def test_affinity_alone_counts_where_it_leaves_less(start, directory):
    command = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
    gateway = start(configuration(routes=RESPOND, workers="auto"), directory=directory, command=command)
    assert workers(gateway) == 1


def test_a_number_is_taken_as_it_is(start, directory):
    gateway = start(configuration(routes=RESPOND, workers=3), directory=directory, command=where("50000 100000"))
    assert workers(gateway) == 3
