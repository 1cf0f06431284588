"""Markdown as far as the documentation uses it: headings, tables, links, blocks of code."""

import re


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def prose(text):
    """The text without its blocks of code."""
    return re.sub(r"(?ms)^```.*?^```[ \t]*$", "", text)


def headings(text):
    return re.findall(r"(?m)^#{1,6} (.+?)[ \t]*$", prose(text))


def anchors(text):
    """The anchors of the headings, as forges make them; of equal headings only the first is counted."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(text)}


def links(text):
    """The targets of the links, without those in code."""
    return re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(text)))


def sections(text):
    """{heading: text below it, up to the next heading of whatever level}"""
    parts = re.split(r"(?m)^#{1,6} (.+?)[ \t]*$", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text):
    """The rows of the tables, each a list of cells, heads and rules left out."""
    lines = [line for line in prose(text).splitlines() if line.startswith("|")]
    rules = {index for index, line in enumerate(lines) if re.fullmatch(r"[|\- ]+", line)}
    body = [line for index, line in enumerate(lines) if index not in rules and index + 1 not in rules]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in body]


def blocks(text, language):
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```[ \t]*$", text)


def commands(block):
    """[(command, expected output)] of a block of a terminal; `…` in the output stands for anything."""
    parts = re.split(r"(?m)^\$ ", block)[1:]
    found = []
    for part in parts:
        lines = part.splitlines()
        end = 1
        while lines[end - 1].endswith("\\"):
            end += 1
        found.append(("\n".join(lines[:end]), "\n".join(lines[end:]).strip()))
    return found
