"""Points MLflow's own tests at Gyre: `python -m pytest -p plugin …` in a checkout of MLflow.

Upstream starts an empty server for each test, in three ways: `ServerThread`, `_init_server`, and a store
object in the test's own process. Here all three are a fresh, empty Gyre, started when the test first asks
for it. What a test does to a server's inside (its tables, its Python objects) cannot be done to ours: such
a test is skipped, and the report counts it as one that is not about the protocol.

Each outcome is one line of JSON in the file that GYRE_CONFORMANCE_RESULTS names.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

# Tells the lines of a test that was run again from those before.
RUN = time.time()
HERE = Path(__file__).parent
ROOT = HERE.parent.parent

TRACKING_STORE_SUITES = ("tests/store/tracking/sqlalchemy_store/",)
REGISTRY_STORE_SUITES = ("tests/store/model_registry/",)
# Where the tests speak to whatever tracking address is set.
ADDRESS_SUITES = (
    "tests/tracking/test_rest_tracking.py",
    "tests/tracking/test_tracking.py",
    "tests/tracking/fluent/",
)


# Where upstream's store objects take local paths that upstream's own server refuses over HTTP.
ANY_ADDRESS_SUITES = (*TRACKING_STORE_SUITES, *REGISTRY_STORE_SUITES, *ADDRESS_SUITES[1:])


class Gyre:
    """The server program, one process for the whole session."""

    def __init__(self):
        self.process = None
        self.url = None
        self.any_address = False

    def ask(self, line):
        if self.process is None:
            self.process = subprocess.Popen(
                [str(ROOT / "node_modules" / ".bin" / "node"), str(HERE / "server.ts")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except BaseException:
            # A test's time was up in the middle: what the program says next would answer this question.
            self.process.kill()
            self.process = self.url = None
            raise

    def address(self):
        """Of the server of this test, empty when the test first asks."""
        if self.url is None:
            self.url = self.ask("fresh any" if self.any_address else "fresh")["url"]
        return self.url

    def requests(self):
        return 0 if self.url is None else self.ask("count")["requests"]

    def forget(self):
        self.url = None

    def stop(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(timeout=30)


class Mlflow:
    """MLflow's own server, to see what it makes of the same tests when it is asked over HTTP."""

    def __init__(self):
        self.url = None
        self.stack = None
        self.start = None

    def address(self):
        if self.url is None:
            self.stack = contextlib.ExitStack()
            self.url = self.stack.enter_context(self.start(self.stack.enter_context(tempfile.TemporaryDirectory())))
        return self.url

    def requests(self):
        return 0 if self.url is None else 1

    def forget(self):
        if self.stack is not None:
            self.stack.close()
        self.url = self.stack = None

    def stop(self):
        self.forget()


# `mlflow` is for the authors of exceptions.ts: see README.md.
gyre = Mlflow() if os.environ.get("GYRE_CONFORMANCE_SERVER") == "mlflow" else Gyre()
results = None


def pytest_sessionstart(session):
    # The start of the program is nobody's time.
    gyre.address()


def pytest_configure(config):
    global results
    # Long enough to see a wrong 5xx, short enough not to wait minutes for it.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    path = os.environ.get("GYRE_CONFORMANCE_RESULTS")
    if path is not None:
        results = open(path, "a", encoding="utf8")

    import mlflow.server.handlers as handlers

    import tests.tracking.integration_test_utils as servers

    if isinstance(gyre, Mlflow):
        gyre.start = start_mlflow(servers.ServerThread, handlers.initialize_backend_stores)

    class ServerThread:
        def __init__(self, app, port):
            self.url = None

        def __enter__(self):
            self.url = gyre.address()
            return self.url

        def __exit__(self, *_):
            return None

        def shutdown(self):
            pass

    @contextlib.contextmanager
    def init_server(*_, **__):
        yield gyre.address()

    servers.ServerThread = ServerThread
    servers._init_server = init_server
    handlers.initialize_backend_stores = lambda *_, **__: None


def start_mlflow(server_thread, initialize):
    import mlflow.server.handlers as handlers
    from mlflow.server.fastapi_app import app

    from tests.helper_functions import get_safe_port

    def start(folder):
        handlers._tracking_store = handlers._model_registry_store = None
        os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
        os.environ["_MLFLOW_SERVER_ARTIFACT_DESTINATION"] = f"{folder}/artifacts"
        initialize(f"sqlite:///{folder}/mlflow.db", default_artifact_root="mlflow-artifacts:/")
        return server_thread(app, get_safe_port())

    return start


def pytest_unconfigure(config):
    gyre.stop()
    if results is not None:
        results.close()


def pytest_collection_modifyitems(config, items):
    """Leaves out what upstream runs a second time for a server with workspaces, which Gyre does not have."""
    left_out = [item for item in items if "workspace-enabled" in item.nodeid]
    for item in left_out:
        record(item.nodeid, "left_out", "workspaces", 0, 0)
    items[:] = [item for item in items if "workspace-enabled" not in item.nodeid]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if not keeps_server(item):
        gyre.forget()
    gyre.any_address = item.nodeid.startswith(ANY_ADDRESS_SUITES)


def keeps_server(item):
    """The one suite whose server lives as long as its module."""
    return item.nodeid.startswith("tests/tracking/test_mlflow_artifacts.py")


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    suite = request.node.nodeid
    made = replacement(fixturedef.argname, suite)
    if made is None:
        return None
    with contextlib.ExitStack() as stack:
        value = made(stack)
        fixturedef.addfinalizer(stack.pop_all().close)
    fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
    return value


def replacement(fixture, suite):
    if fixture == "store" and suite.startswith(TRACKING_STORE_SUITES):
        return tracking_store
    if fixture == "store" and suite.startswith(REGISTRY_STORE_SUITES):
        return registry_store
    if fixture == "tracking_uri_mock" and suite.startswith(ADDRESS_SUITES):
        return tracking_address
    if fixture == "artifacts_server":
        return artifacts_server
    return None


def tracking_store(_stack):
    from mlflow.store.tracking.rest_store import RestStore

    return remote(RestStore)


def registry_store(_stack):
    from mlflow.store.model_registry.rest_store import RestStore

    return in_words_of_a_store(remote(RestStore))


def in_words_of_a_store(store):
    """The client says version '1', '' and [] where the store object says 1, None and None."""
    for name in dir(type(store)):
        if not name.startswith("_") and callable(getattr(store, name)):
            setattr(store, name, translated(getattr(store, name)))
    return store


def translated(method):
    def call(*args, **kwargs):
        return translate(method(*args, **kwargs))

    return call


def translate(value):
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel
    from mlflow.store.entities import PagedList

    if isinstance(value, PagedList):
        return PagedList([translate(one) for one in value], value.token or None)
    if isinstance(value, list):
        return [translate(one) for one in value]
    if isinstance(value, ModelVersion):
        value._version = int(value.version)
        for name in ("_description", "_run_id", "_run_link"):
            setattr(value, name, getattr(value, name) or None)
    if isinstance(value, RegisteredModel):
        value._description = value.description or None
        value._aliases = {alias: int(number) for alias, number in value.aliases.items()}
        value._latest_version = [translate(one) for one in value.latest_versions]
    return value


def remote(base):
    from mlflow.utils.rest_utils import MlflowHostCreds

    class RemoteStore(base):
        # What the server's store object has and takes, and the client's does not.
        DEFAULT_EXPERIMENT_ID = "0"

        def create_run(self, experiment_id, user_id, start_time, tags, run_name):
            return super().create_run(experiment_id, user_id, start_time, tags or [], run_name)

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return pytest.skip(f"in-process: the test uses {name} of the server's own store object")

    url = gyre.address()
    return RemoteStore(lambda: MlflowHostCreds(url))


def tracking_address(stack):
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    url = gyre.address()
    stack.enter_context(_use_tracking_uri(url))
    return url


def artifacts_server(_stack):
    gyre.forget()
    url = gyre.address()
    return SimpleNamespace(
        # What the tests look at on the server's disk is not there.
        url=url,
        default_artifact_root=f"{url}/api/2.0/mlflow-artifacts/artifacts",
        artifacts_destination=os.devnull,
        backend_store_uri=None,
        process=None,
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "setup" and report.passed:
        return
    if report.when == "teardown" and not report.failed:
        return
    reason = ""
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    elif report.failed and call.excinfo is not None:
        reason = f"{call.excinfo.typename}: {call.excinfo.value}"
    record(item.nodeid, report.outcome, reason[:600], gyre.requests(), report.duration)


def record(nodeid, outcome, reason, requests, seconds):
    if results is None:
        return
    line = {"run": RUN, "test": nodeid, "outcome": outcome, "reason": reason, "requests": requests, "seconds": seconds}
    results.write(f"{json.dumps(line)}\n")
    results.flush()
