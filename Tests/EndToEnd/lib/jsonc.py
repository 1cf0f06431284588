"""The dialect of gateway.json for readers that know strict JSON only."""

import json
import re

# A string, or what is to go: a comment, or a comma before the end of its object or list (perhaps with comments between).
_PIECES = re.compile(
    r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*[}\]])', re.DOTALL
)  # fmt: skip


def loads(text):
    return json.loads(_PIECES.sub(lambda piece: piece.group(1) or "", text))


def load(path):
    with open(path, encoding="utf-8") as file:
        return loads(file.read())
