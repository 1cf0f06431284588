"""README, the changelog and the pages of the catalogue: links, tables that mirror the code, examples that work."""

import json
import os
import re
import subprocess

import jsonschema
import pytest

from lib import jsonc, markdown
from lib.gateway import ROOT, Gateway, binary, run, write_files
from lib.programs import Program
from lib.upstreams import free_port

CATALOGUE = os.path.join("Sources", "portcullis", "Documentation.docc")
PAGES = ["README.md", "CHANGELOG.md", os.path.join("Tests", "Corpus", "README.md")] + [
    os.path.join(CATALOGUE, name) for name in sorted(os.listdir(os.path.join(ROOT, CATALOGUE)))
]
SCHEMA = jsonc.load(os.path.join(ROOT, "deploy", "gateway.schema.json"))


def text_of(page):
    return markdown.read(os.path.join(ROOT, page))


REFERENCE_PAGE = os.path.join(CATALOGUE, "Configuration.md")
REFERENCE = markdown.sections(text_of(REFERENCE_PAGE))


@pytest.mark.parametrize("page", PAGES)
def test_no_link_is_dead(page):
    folder = os.path.dirname(os.path.join(ROOT, page))
    dead = []
    for link in markdown.links(text_of(page)):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = os.path.join(folder, path) if path else os.path.join(ROOT, page)
        if not os.path.exists(target) or (anchor and anchor not in markdown.anchors(markdown.read(target))):
            dead.append(link)
    assert not dead


def test_every_page_is_in_both_indexes():
    names = {name for name in os.listdir(os.path.join(ROOT, CATALOGUE)) if name != "README.md"}
    for index, prefix in (("README.md", CATALOGUE + "/"), (os.path.join(CATALOGUE, "README.md"), "")):
        table = [row[0] for row in markdown.rows(text_of(index))]
        listed = [link.removeprefix(prefix) for cell in table for link in markdown.links(cell)]
        assert set(listed) >= names, index


def test_the_readme_is_short():
    assert len(text_of("README.md").splitlines()) <= 250


# Configuration.md


def definition(schema):
    return SCHEMA["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


def objects_of(schema, path):
    """[(path, definition)] of every object with keys of its own at or below the value of a schema."""
    found = []
    for each in [schema, *schema.get("anyOf", [])]:
        each = definition(each)
        if "properties" in each:
            found.append((path, each))
            for key, value in each["properties"].items():
                found += objects_of(value, f"{path}.{key}".lstrip("."))
        if "items" in each:
            found += objects_of(each["items"], path + "[]")
        if isinstance(each.get("additionalProperties"), dict):
            found += objects_of(each["additionalProperties"], path + ".NAME")
        if "anyOf" in each and each is not schema:
            found += [one for one in objects_of({"anyOf": each["anyOf"]}, path) if one not in found]
    return found


# A route's `cors` is described where the top level's is, the `tls` of `admin` where that of a listener is.
OBJECTS = {
    path: each for path, each in objects_of(SCHEMA, "") if path != "routes[].cors" and not path.startswith("admin.tls")
}


def paths_of(heading):
    return [""] if heading == "Top level" else re.findall(r"`([^`]+)`", heading)


DOCUMENTED = {path: text for heading, text in REFERENCE.items() for path in paths_of(heading)}


def test_every_object_of_the_schema_has_a_section_and_there_is_no_other():
    assert set(DOCUMENTED) == set(OBJECTS)


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path or "top")
def test_the_reference_has_the_keys_and_the_defaults_of_the_schema(path):
    schema = OBJECTS[path]
    rows = {row[0].strip("`"): row for row in markdown.rows(DOCUMENTED[path])}
    assert set(rows) == set(schema["properties"])
    for key, (_, kind, default, meaning) in rows.items():
        assert kind and meaning, f"'{key}' says too little"
        assert (default == "required") == (key in schema.get("required", [])), key
        if "default" in schema["properties"][key]:
            assert json.loads(default.strip("`")) == schema["properties"][key]["default"], key


def errors_of(value, schema):
    whole = {"$defs": SCHEMA["$defs"], **schema}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path or "top")
def test_every_section_has_an_example_that_keeps_to_the_schema(path):
    [example] = markdown.blocks(DOCUMENTED[path], "json")
    if not path:
        assert not errors_of(jsonc.loads(example), SCHEMA)
        return
    parent, _, _ = path.removesuffix("[]").rpartition(".")
    members = OBJECTS[parent]["properties"] if parent in OBJECTS else {}
    for key, value in jsonc.loads("{" + example + "}").items():
        schema = members[key] if members else SCHEMA["properties"][parent]["additionalProperties"]
        assert not errors_of(value, schema), example


@pytest.mark.parametrize("page", [page for page in PAGES if page != REFERENCE_PAGE])
def test_examples_elsewhere_keep_to_the_schema(page):
    for example in markdown.blocks(text_of(page), "json"):
        whole = example if example.startswith("{") else "{" + example + "}"
        for key, value in jsonc.loads(whole).items():
            assert not errors_of(value, SCHEMA["properties"][key]), example


# Architecture.md


def test_the_table_of_modules_is_the_manifest():
    manifest = text_of("Package.swift").split("let package")[1].split("TestSupport")[0]
    modules, layer = [], None
    for number, name in re.findall(r'(?m)^    // (\d)|(?:module|\.target|\.systemLibrary|\.executableTarget)\(\s*(?:name: )?"(\w+)"', manifest):
        if number:
            layer = number
        else:
            modules.append((layer, f"`{name}`"))
    table = markdown.rows(markdown.sections(text_of(os.path.join(CATALOGUE, "Architecture.md")))["Modules"])
    assert len(modules) > 10
    assert [(row[0], row[1]) for row in table] == modules


def test_what_the_architecture_names_is_in_the_sources():
    """Types, functions and files that the pages for developers name, such as `Exchange.advance` and `Exchange+Deciding`."""
    sources = ""
    for folder, _, names in os.walk(os.path.join(ROOT, "Sources")):
        sources += "".join(f"\n{name}\n{text_of(os.path.join(folder, name))}" for name in names if name.endswith(".swift"))
    prose = markdown.sections(text_of("README.md"))["How a request flows"] + text_of(os.path.join(CATALOGUE, "Architecture.md"))
    named = set(re.findall(r"`([A-Z]\w+(?:[.+]\w+)?)`", prose)) - {"Foundation", "SAFETY", "Package.swift"}
    assert len(named) > 15
    for name in sorted(named):
        first, sign, second = re.fullmatch(r"(\w+?)(?:([.+])(\w+))?", name).groups()
        if sign == "+":
            assert f"\n{name}.swift\n" in sources, name
            continue
        is_module = os.path.isdir(os.path.join(ROOT, "Sources", first))
        assert is_module or re.search(rf"\b(class|struct|enum|protocol|actor|typealias) {first}\b", sources), name
        assert not second or re.search(rf"\b(func|case|var|let) {second}\b", sources), name


# Words that people type


def expected(text):
    return ".*".join(re.escape(part) for part in text.split("…"))


@pytest.fixture
def demonstration(directory):
    """The configuration of the repository on free ports, with `whoami` behind it."""
    port = free_port()
    whoami = Program([binary(), "whoami", "--listen", f"127.0.0.1:{port}"], port, directory)
    text = text_of("gateway.json").replace('["127.0.0.1:8080"]', '["127.0.0.1:0"]').replace("127.0.0.1:9001", f"127.0.0.1:{port}")
    gateway = Gateway(directory, text)
    yield gateway
    gateway.stop()
    whoami.close()


def test_the_walk_through_the_demonstration_is_what_a_terminal_shows(demonstration):
    walk = markdown.sections(text_of("README.md"))["A walk through the demonstration"]
    steps = [step for block in markdown.blocks(walk, "console") for step in markdown.commands(block)]
    assert len(steps) == 9
    token, said = "", {}
    for command, answer in steps:
        if command.startswith("TOKEN="):
            token = json.loads(said["login"])["token"]
            continue
        command = command.replace("127.0.0.1:8080", demonstration.authority).replace(".build/release/portcullis", binary())
        done = subprocess.run(
            ["bash", "-c", command], cwd=demonstration.directory, env={**os.environ, "TOKEN": token}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(expected(answer) or ".*", done.stdout.strip(), re.DOTALL), f"{command}: {done.stdout}"
        said[next((word for word in ("login", "inspect", "explain", "whoami") if word in command), "")] = done.stdout
    assert re.search(r'"x-auth-user"[^"]*"alice"', said["whoami"], re.I) and '"root"' not in said["whoami"]
    assert "This gateway accepts the token." in said["inspect"]
    assert "The request goes to the upstream 'whoami'" in said["explain"]


@pytest.mark.parametrize("page", ["README.md", os.path.join(CATALOGUE, "FirstConfiguration.md")])
def test_the_first_configuration_works_as_it_is_described(page, directory):
    port = free_port()
    text = next(block for block in markdown.blocks(text_of(page), "json") if block.startswith("{"))
    write_files(directory, {"gateway.json": text})
    code, _, errors = run("-t", directory=directory)
    assert code == 0 and "error" not in errors, errors
    whoami = Program([binary(), "whoami", "--listen", f"127.0.0.1:{port}"], port, directory)
    text = text.replace('"127.0.0.1:8080"', '"127.0.0.1:0"').replace("127.0.0.1:9001", f"127.0.0.1:{port}")
    gateway = Gateway(directory, text)
    try:
        code, _, errors = run("user", "add", "alice", "--password-stdin", directory=directory, stdin="correct horse battery\n")
        assert code == 0, errors
        code, token, errors = run("token", "issue", "--user", "alice", directory=directory)
        assert code == 0, errors
        fields = {"Authorization": "Bearer " + token.strip()}
        with gateway.client() as client:
            assert client.request("/orders/7").json()["reason"] == "token_missing"
            answer = client.request("/orders/7", fields=fields)
            assert answer.status == 200 and "alice" in answer.text
            assert client.request("/orders/admin", fields=fields).json()["reason"] == "role_missing"
    finally:
        gateway.stop()
        whoami.close()
