"""The files in `deploy/` beside the demonstration: the unit, the image, the compose file, the OpenAPI description."""

import json
import os
import re
import shutil
import subprocess

import jsonschema
import openapi_spec_validator
import pytest
import yaml

from lib import jsonc
from lib.gateway import ROOT, binary, configuration, run, write_config

DEPLOY = os.path.join(ROOT, "deploy")


def text_of(name):
    with open(os.path.join(DEPLOY, name), encoding="utf-8") as file:
        return file.read()


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


# The longest that requests may go on after the order to stop, unless configured.
DRAIN = seconds(jsonc.loads(text_of("gateway.schema.json"))["properties"]["drain_timeout"]["default"])


# portcullis.service


@pytest.fixture
def unit():
    """{section: [(key, value)]}; a key may come several times."""
    sections, current = {}, None
    for line in text_of("portcullis.service").splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            current = sections.setdefault(heading[1], [])
        else:
            key, separator, value = line.partition("=")
            assert separator and re.fullmatch(r"[A-Z]\w+", key), line
            current.append((key, value))
    return sections


def test_the_unit_takes_rights_away_and_lets_requests_finish(unit):
    service = dict(unit["Service"])
    expected = {
        "Type": "exec", "User": "portcullis", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
        "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE", "MemoryDenyWriteExecute": "yes", "SystemCallFilter": "@system-service",
        "LimitNOFILE": "65536", "KillSignal": "SIGTERM", "StateDirectory": "portcullis",
    }  # fmt: skip
    assert {key: service.get(key) for key in expected} == expected
    assert seconds(service["TimeoutStopSec"]) > DRAIN
    reloads = [value for key, value in unit["Service"] if key == "ExecReload"]
    assert reloads[-1].endswith("kill -HUP $MAINPID")
    assert "-t" in reloads[0].split(), "a broken configuration is said before the signal"
    assert unit["Install"] == [("WantedBy", "multi-user.target")]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(directory):
    path = os.path.join(directory, "portcullis.service")
    with open(path, "w") as file:
        file.write(text_of("portcullis.service").replace("/usr/local/bin/portcullis", binary()))
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=25", path], capture_output=True, text=True
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze does not judge files")
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


# Dockerfile


@pytest.fixture
def stages():
    """The instructions of each stage: [[(instruction, argument)]]."""
    lines = [line for line in text_of("Dockerfile").splitlines() if not line.lstrip().startswith("#")]
    found = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, argument.strip()))
    return found


def test_the_image_is_built_from_what_is_there(stages):
    build, image = stages
    ignored = text_of("Dockerfile.dockerignore").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    copied = set()
    for instruction, argument in build:
        if instruction == "COPY":
            source, target = argument.split()
            assert os.path.exists(os.path.join(ROOT, source)), argument
            assert target.rstrip("/") in (source, "."), argument
            copied.add(source)
    assert copied == sent, "what is sent to the build and what it copies"
    # What the build makes is what the image takes.
    made = dict(build)["RUN"]
    (copy,) = [argument for instruction, argument in image if instruction == "COPY"]
    stage, source, target = copy.split()
    assert stage == "--from=" + build[0][1].split(" AS ")[1]
    assert source in made
    assert json.loads(dict(image)["ENTRYPOINT"]) == [target]


def test_the_image_runs_on_the_system_it_was_built_on_as_nobody(stages):
    build, image = stages
    assert build[0][1].startswith("swift:6.3-bookworm ")
    assert image[0][1] == "debian:bookworm-slim"
    user = dict(image)["USER"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, which is not root"
    packages = " ".join(argument for instruction, argument in image if instruction == "RUN")
    assert f"--uid {user.split(':')[0]}" in packages
    needed = subprocess.run(["ldd", binary()], capture_output=True, text=True).stdout
    for library, package in {"libcrypto.so.3": "libssl3", "libsqlite3.so.0": "libsqlite3-0"}.items():
        if library in needed:
            assert package in packages.split()


# compose.yaml


@pytest.fixture
def compose():
    return yaml.safe_load(text_of("compose.yaml"))


@pytest.fixture
def compose_config():
    return jsonc.load(os.path.join(DEPLOY, "compose", "gateway.json"))


def test_compose_names_what_is_there(compose):
    networks, volumes = set(compose["networks"]), set(compose["volumes"])
    for name, service in compose["services"].items():
        build = service["build"]
        context = os.path.normpath(os.path.join(DEPLOY, build["context"]))
        assert context == ROOT
        assert os.path.exists(os.path.join(context, build["dockerfile"]))
        assert set(service["networks"]) <= networks, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or os.path.isfile(os.path.join(DEPLOY, source)), volume
        assert set(service.get("depends_on", [])) <= set(compose["services"])


def test_only_the_gateway_can_be_reached(compose):
    assert compose["networks"]["services"]["internal"] is True
    for name, service in compose["services"].items():
        if name == "gateway":
            assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        else:
            assert "ports" not in service and service["networks"] == ["services"]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]


def test_compose_and_its_configuration_speak_of_the_same(compose, compose_config):
    gateway = compose["services"]["gateway"]
    published = {port.rpartition(":")[2] for port in gateway["ports"]}
    assert {address.rpartition(":")[2] for address in compose_config["listen"]} == published
    mounted = dict(volume.split(":")[:2] for volume in gateway["volumes"])
    assert mounted["./compose/gateway.json"] == "/etc/portcullis/gateway.json"
    state = mounted["state"]
    assert compose_config["accounts"]["store"].startswith(f"sqlite:{state}/")
    assert compose_config["accounts"]["signing"]["secret_file"].startswith(f"{state}/")
    servers = {server for upstream in compose_config["upstreams"].values() for server in upstream["servers"]}
    listening = {
        f"{name}:{service['command'][-1].rpartition(':')[2]}" for name, service in compose["services"].items() if "command" in service
    }
    assert servers == listening
    assert seconds(gateway["stop_grace_period"]) > DRAIN
    probe = gateway["healthcheck"]["test"][-1]
    assert "/dev/tcp/" + compose_config["admin"]["listen"].replace(":", "/") + " " in probe
    assert subprocess.run(["bash", "-n", "-c", probe.replace("$$", "$")]).returncode == 0


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_probe_of_compose_tells_ready_from_not_ready(status, code, compose, compose_config, start):
    gateway = start(configuration(routes=[{"exact": "/readyz", "auth": "none", "respond": {"status": status}}]))
    probe = compose["services"]["gateway"]["healthcheck"]["test"][-1].replace("$$", "$")
    admin = compose_config["admin"]["listen"].replace(":", "/")
    command = probe.replace(admin, "{}/{}".format(*gateway.address))
    assert subprocess.run(["bash", "-c", command], timeout=10).returncode == code


def test_the_configuration_of_compose_passes_once_its_names_resolve(directory):
    text = text_of("compose/gateway.json").replace("/var/lib/portcullis", directory)
    # Ports that nothing else on this machine may have.
    text = text.replace("0.0.0.0:8080", "127.0.0.1:0").replace(":9090", ":0")
    for name in ("orders", "billing"):
        text = text.replace(f'"{name}:9001"', '"127.0.0.1:9001"')
    write_config(directory, text)
    code, _, errors = run("-t", directory=directory)
    assert (code, errors) == (0, "")


# gateway.json


@pytest.mark.parametrize("name", ["portcullis.service", "Dockerfile"])
def test_unit_and_image_are_told_to_take_the_configuration_that_deploys(name):
    commands = [line for line in text_of(name).splitlines() if line.startswith("#") and "/etc/portcullis/gateway.json" in line]
    assert commands and all("deploy/gateway.json" in line for line in commands)


def test_the_configuration_that_deploys_writes_in_one_folder_only_and_serves(directory, start):
    """Its state is where unit and image let the gateway write; with that folder elsewhere, it starts as it is."""
    text = text_of("gateway.json")
    assert "0.0.0.0:8080" in text, "a container's address"
    unit, image = text_of("portcullis.service"), text_of("Dockerfile")
    assert "StateDirectory=portcullis\n" in unit and "VOLUME /var/lib/portcullis\n" in image
    written = re.findall(r'"(?:sqlite:)?(/[^"]*/[^"]*)"', "\n".join(line.split("//")[0] for line in text.splitlines()))
    assert written and all(path.startswith("/var/lib/portcullis/") for path in written if not path.startswith("/protected"))
    os.mkdir(f"{directory}/state")
    text = text.replace("/var/lib/portcullis", f"{directory}/state").replace("0.0.0.0:8080", "127.0.0.1:0").replace(":9090", ":0")
    write_config(directory, text)
    assert run("-t", directory=directory)[::2] == (0, "")
    gateway = start(text, directory=directory)
    assert gateway.request("/").text == "Welcome to the API gateway!"
    assert gateway.request("/protected").status == 401
    assert run("-s", "reload", directory=directory)[0] == 0


# openapi.yaml


@pytest.fixture(scope="module")
def description():
    return yaml.safe_load(text_of("openapi.yaml"))


def test_the_description_is_openapi(description):
    openapi_spec_validator.validate(description)
    assert description["openapi"].startswith("3.1.")


def test_it_describes_the_endpoints_that_accounts_have(description):
    schema = json.loads(text_of("gateway.schema.json"))["$defs"]
    own = {path["default"] for path in schema["paths"]["properties"].values()}
    assert set(description["paths"]) == own | {"/sessions/{id}", "/.well-known/jwks.json", "/.well-known/openid-configuration"}
    password = description["components"]["schemas"]["Registration"]["properties"]["password"]
    lengths = schema["password"]["properties"]
    assert password["minLength"] == lengths["min_length"]["default"]
    assert password["maxLength"] == lengths["max_length"]["default"]


def test_every_example_is_what_its_schema_says(description):
    validator = jsonschema.Draft202012Validator
    checked = 0

    def check(media):
        nonlocal checked
        examples = [media["example"]] if "example" in media else [each["value"] for each in media.get("examples", {}).values()]
        for example in examples:
            validator({**media["schema"], "components": description["components"]}).validate(example)
            checked += 1

    def walk(value):
        if isinstance(value, dict):
            if "schema" in value:
                check(value)
            for each in value.values():
                walk(each)

    walk(description["paths"])
    walk(description["components"]["responses"])
    assert checked >= 6
