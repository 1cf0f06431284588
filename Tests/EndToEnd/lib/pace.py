"""Time that passes on purpose, and nowhere else: peers that are slow, peers that keep silent, and a while over which something is measured.

A test that waits for something to come about uses `waiting`. Each of these takes the least time that makes its point.
"""

import time


def ticks(every, count=None):
    """Yields `count` times (without one for ever), so many seconds apart."""
    number = 0
    while count is None or number < count:
        if number:
            time.sleep(every)
        yield number
        number += 1


def drip(send, pieces, every):
    """Sends the pieces one by one, so many seconds apart."""
    for piece, _ in zip(pieces, ticks(every)):
        send(piece)


def play(send, script):
    """Sends what is bytes; between them lets as many seconds pass as a number says."""
    for step in script:
        time.sleep(step) if isinstance(step, float) else send(step)


def take(seconds):
    """A peer works on its answer for so long."""
    time.sleep(seconds)


def keep_silent(seconds):
    """A peer says nothing for so long, which is more than what is measured by the gateway's own clock."""
    time.sleep(seconds)


def watch(measure, seconds):
    """By how much a measure grows in that time."""
    before = measure()
    time.sleep(seconds)
    return measure() - before
