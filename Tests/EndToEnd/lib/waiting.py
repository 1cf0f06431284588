"""Waiting for a condition, never for a time."""

import time


def until(condition, what, timeout=10.0):
    """Returns the first true value of `condition()`; fails with `what` when it stays false."""
    deadline = time.monotonic() + timeout
    pause = 0.001
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
