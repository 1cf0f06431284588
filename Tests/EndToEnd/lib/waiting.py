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


def settled(value, what, calm=lambda now, last: now == last, looks=4, every=0.1, timeout=20.0):
    """Returns `value()` once that many looks at it in a row were calm; fails with `what` when it finds no rest."""
    deadline = time.monotonic() + timeout
    last, rest = value(), 0
    while rest < looks:
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what} to settle: {last}")
        time.sleep(every)
        now = value()
        rest = rest + 1 if calm(now, last) else 0
        last = now
    return last
