"""Fixtures and rules for every test: databases, the corpus, what may be skipped and what may not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from tests import harness

hypothesis.settings.register_profile(
    "short", deadline=None, derandomize=True, max_examples=40, print_blob=True
)
hypothesis.settings.register_profile(
    "long", deadline=None, derandomize=True, max_examples=1000, print_blob=True
)
hypothesis.settings.load_profile("long" if harness.LONG else "short")

# The product reads DATABASE_URL too: what tests start must not find it by accident.
if "DATABASE_URL" in os.environ:
    os.environ.setdefault("LIS_TEST_DATABASE_URL", os.environ.pop("DATABASE_URL"))

LONGEST_TEST = 3600 if harness.LONG else 420
NEEDED_FIXTURES = {"postgresql_url": "postgresql", "postgresql_server": "postgresql"}
OWN_SCHEMAS = text(
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
)
OTHER_BACKENDS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser or PostgreSQL; leave out what only --long runs."""
    for item in items:
        if (harness.ROOT / "tests" / "browser") in item.path.parents:
            item.add_marker("browser")
        for fixture in set(getattr(item, "fixturenames", ())) & set(NEEDED_FIXTURES):
            item.add_marker(NEEDED_FIXTURES[fixture])
        if item.get_closest_marker("long") and not harness.LONG:
            item.add_marker(pytest.mark.skip(reason="long: runs with --long"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """A test that hangs fails, instead of holding up all others."""
    if not hasattr(signal, "SIGALRM"):
        return (yield)

    def give_up(*_: object) -> None:
        raise TimeoutError(f"{item.nodeid} took longer than {LONGEST_TEST} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A test skipped for want of something that LIS_REQUIRE names has failed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        for need in harness.REQUIRED:
            if item.get_closest_marker(need) or reason.startswith(f"{need}:"):
                report.outcome = "failed"
                report.longrepr = f"{need} is required here (LIS_REQUIRE), but the test was skipped: {reason}"
    return report


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of captured HL7 messages from real systems."""
    folder = harness.corpus()
    if folder is None:
        pytest.skip("corpus: no captured messages here; set LIS_CORPUS to their folder")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> URL:
    """A server on which this user may create databases: the one given, else one on this machine that trusts us."""
    here = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    url = make_url(os.environ.get("LIS_TEST_DATABASE_URL", here)).set(drivername="postgresql+psycopg")
    try:
        execute(url, "SELECT 1")
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        pytest.skip(f"postgresql: no server at {url.host}:{url.port or 5432} ({reason})")
    return url


@pytest.fixture(scope="session")
def _postgresql_database(postgresql_server: URL) -> Iterator[URL]:
    """A database of this test process alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"lis_test_{worker}_{os.getpid()}"
    execute(postgresql_server, f'CREATE DATABASE "{name}"')
    yield postgresql_server.set(database=name)
    execute(postgresql_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgresql_url(_postgresql_database: URL) -> Iterator[str]:
    """The URL of an empty PostgreSQL database; whatever the test makes in it is gone afterwards."""
    yield _postgresql_database.render_as_string(hide_password=False)
    engine = create_engine(_postgresql_database, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(OTHER_BACKENDS)
        for schema in connection.execute(OWN_SCHEMAS).scalars().all():
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
        connection.execute(text("CREATE SCHEMA public"))


def execute(url: URL, statement: str) -> None:
    """One statement outside any transaction, on a connection of its own."""
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
