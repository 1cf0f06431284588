"""`deploy/gateway.schema.json` judges configurations as the gateway does, as far as a schema can."""

import json
import os
import subprocess
import sys
import tempfile

import jsonschema
import pytest

from lib import jsonc
from lib.certificates import FileAuthority
from lib.gateway import ROOT, run, write_config, write_files
from lib.identity_provider import Authority, Key, key_set
from lib.schema_cases import BASE, CASES, ENVIRONMENT, changed
from lib.tokens import SECRET

with open(os.path.join(ROOT, "deploy", "gateway.schema.json"), encoding="utf-8") as file:
    SCHEMA = json.load(file)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


KEY = Key("one", "ES256")
KEY_FILES = {"keys.json": key_set(KEY), "key.pem": KEY.pem(), "ca.pem": Authority().pem()}
with tempfile.TemporaryDirectory() as folder:
    site, clients = FileAuthority().pair(folder), FileAuthority("clients")
    for place in (site.certificate, site.key, clients.list(folder)):
        with open(place, encoding="utf-8") as file:
            KEY_FILES[os.path.basename(place)] = file.read()
    KEY_FILES["clients.pem"] = clients.pem()


def name_of(case):
    return json.dumps(case[0], default=lambda _: "ABSENT", ensure_ascii=False)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(BASE)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_schema_and_gateway_judge_alike(case, directory):
    changes, fine = case
    config = changed(changes)
    errors = [error.message for error in VALIDATOR.iter_errors(config)]
    write_files(directory, {"secret.key": SECRET, "accounts.key": SECRET * 2, **KEY_FILES})
    write_config(directory, config)
    code, _, said = run("-t", directory=directory, env=ENVIRONMENT)
    assert (code == 0) == fine, f"the gateway: {said}"
    assert "resolved" not in said, "that is not what the case is about"
    assert (not errors) == fine, f"the schema: {errors}"


@pytest.mark.parametrize("place", ["gateway.json", "deploy/gateway.json", "deploy/compose/gateway.json"])
def test_configurations_that_ship_name_the_schema_and_keep_to_it(place):
    path = os.path.join(ROOT, place)
    config = jsonc.load(path)
    VALIDATOR.validate(config)
    named = os.path.join(os.path.dirname(path), config["$schema"])
    assert os.path.samefile(named, os.path.join(ROOT, "deploy", "gateway.schema.json"))


def patterns(value):
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        for each in value.values():
            yield from patterns(each)
    elif isinstance(value, list):
        for each in value:
            yield from patterns(each)


@pytest.mark.parametrize("place", ["gateway.json", "deploy/gateway.json", "deploy/compose/gateway.json"])
def test_the_schema_is_taken_by_a_validator_that_people_use(place, directory):
    """check-jsonschema reads patterns as JavaScript does."""
    schema = os.path.join(ROOT, "deploy", "gateway.schema.json")
    tool = [sys.executable, "-m", "check_jsonschema"]
    done = subprocess.run([*tool, "--check-metaschema", schema], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    path = write_config(directory, jsonc.load(os.path.join(ROOT, place)))
    done = subprocess.run([*tool, "--schemafile", schema, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    write_config(directory, {**jsonc.load(path), "wokers": 1})
    done = subprocess.run([*tool, "--schemafile", schema, path], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "wokers" in done.stdout) == (1, True), "it finds nothing"


def test_every_pattern_is_one_of_javascript_with_unicode():
    """Editors compile patterns with the flag `u`, which knows fewer escapes than Python does."""
    program = "for (const p of JSON.parse(process.argv[1])) new RegExp(p, 'u')"
    found = list(patterns(SCHEMA))
    assert len(found) > 20
    done = subprocess.run(["node", "-e", program, json.dumps(found)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(["node", "-e", program, json.dumps([r"[!\"]"])], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0, "the flag has no effect"
