"""Requests out of the published conformance and smuggling tables.

The names are those of Http11Probe (RFC9112-…, COMP-…, SMUG-…, MAL-…, NORM-…), of what the HTTP Garden found (GARDEN-…), and of the
classes of desynchronisation as their finders named them (DESYNC-…); RFC-… are the sections of RFC 9112 gone through one by one.
"""

from .bodies import CHUNKS, CODINGS, EXPECTATIONS
from .fields import FIELDS, LENGTHS
from .heads import HOSTS, LINE, TARGET

ALL = LINE + TARGET + HOSTS + FIELDS + LENGTHS + CODINGS + CHUNKS + EXPECTATIONS
REFUSED = [probe for probe in ALL if probe.outcome == "refused"]
