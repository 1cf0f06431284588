"""Running the binary as a user who may do nothing in particular; only root can."""

import os
import subprocess

import pytest

from .gateway import binary

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def as_nobody(*arguments, directory=None):
    """Runs the binary to its end: (exit code, standard output, standard error)."""
    rights = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    if subprocess.run([binary(), "-v"], capture_output=True, **rights).returncode:
        pytest.skip("nobody may not run the binary")
    done = subprocess.run([binary(), *arguments], cwd=directory, capture_output=True, text=True, timeout=60, **rights)
    return done.returncode, done.stdout, done.stderr
