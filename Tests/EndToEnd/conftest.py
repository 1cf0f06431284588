import resource
import tempfile

import pytest

from lib import programs, upstreams
from lib.gateway import Gateway, configuration
from lib.identity_provider import IdentityProvider
from lib.servers import Server


@pytest.fixture(autouse=True, scope="session")
def many_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def directory():
    """A directory with a short name, so that Unix sockets fit in it."""
    with tempfile.TemporaryDirectory(prefix="portcullis.") as path:
        yield path


@pytest.fixture
def make_upstream():
    """Makes instrumented upstreams and ends them with the test."""
    made = []

    def make(*arguments, **named):
        made.append(upstreams.Upstream(*arguments, **named))
        return made[-1]

    yield make
    for upstream in made:
        upstream.close()
    problems = [problem for upstream in made for problem in upstream.problems]
    assert not problems, f"what reached the upstream was not as it must be: {problems}"


@pytest.fixture
def servers(make_upstream):
    def make(count=2):
        made = [Server(f"server-{number}") for number in range(count)]
        for server in made:
            server.upstream = make_upstream(server)
            server.address = server.upstream.address
        return made

    return make


@pytest.fixture
def upstream(make_upstream):
    return make_upstream()


@pytest.fixture
def provide():
    """Makes identity providers and ends them with the test."""
    made = []

    def make(*keys, **named):
        made.append(IdentityProvider(*keys, **named))
        return made[-1]

    yield make
    for provider in made:
        provider.stop()


@pytest.fixture
def start():
    """Starts gateways and ends them with the test; one that crashed fails it."""
    started, directories = [], []

    def begin(config, **named):
        if "directory" not in named:
            directories.append(tempfile.TemporaryDirectory(prefix="portcullis."))
            named["directory"] = directories[-1].name
        started.append(Gateway(config=config, **named))
        return started[-1]

    yield begin
    try:
        for gateway in started:
            gateway.stop()
    finally:
        for gateway in started:
            gateway.kill()
        for each in directories:
            each.cleanup()


@pytest.fixture
def serve(start, make_upstream):
    """A gateway before an upstream with that handler, which is `gateway.far`."""

    def begin(handler, **upstream):
        made = make_upstream(handler)
        settings = {"servers": [made.address], "response_timeout": "3s", "idle_timeout": "3s", "passive_health": False, **upstream}
        gateway = start(configuration(settings))
        gateway.far = made
        return gateway

    return begin


@pytest.fixture
def gateway(start, upstream):
    """The common case: `/` for the authenticated, `/open` for everyone, one instrumented upstream."""
    return start(configuration(upstream))


@pytest.fixture(scope="session")
def flask_upstream(tmp_path_factory):
    program = programs.flask(str(tmp_path_factory.mktemp("flask")))
    yield program
    program.close()


@pytest.fixture(scope="session")
def node_upstream(tmp_path_factory):
    program = programs.node(str(tmp_path_factory.mktemp("node")))
    yield program
    program.close()
