"""Pytest's fixtures: where they are, what they give, and that a test's parameters ask for them."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from coderdiff.context.answer import Context
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.asked import line_at
from coderdiff.types import Document

from ..indexing import write
from .lookups import resolver, said

FILES = {
    "shop/__init__.py": "",
    "shop/app.py": """\
        class Client:
            def post_order(self, path): ...
            def __enter__(self): ...

        class App:
            def test_client(self) -> Client: ...

        class Database:
            def wipe_tables(self): ...

        class Clerk: ...

        def make_app():
            return App()
    """,
    "tests/conftest.py": """\
        from collections.abc import Iterator
        import pytest
        from shop.app import App, Client, Database, Clerk

        pytest_plugins = ["tests.plugins.clerks"]

        @pytest.fixture
        def app():
            app = App()
            app.debug = True
            yield app

        @pytest.fixture()
        def client(app):
            return app.test_client()

        @pytest.fixture(scope="session")
        def database() -> Iterator[Database]:
            yield Database()

        @pytest.fixture
        def entered(app):
            with Client() as client:
                yield client

        @pytest.fixture(scope="session", params=["one", "two", "three"], autouse=True)
        def long_one() -> Database: ...

        @pytest.fixture(name="called")
        def _called() -> Database: ...

        @pytest.fixture
        def round_one(round_two):
            return round_two

        @pytest.fixture
        def round_two(round_one):
            return round_one

        def helper() -> Client: ...
    """,
    "tests/plugins/clerks.py": """\
        import pytest
        from shop.app import Clerk

        @pytest.fixture
        def clerk() -> Clerk: ...
    """,
    "tests/unit/conftest.py": """\
        import pytest
        from shop.app import Database

        @pytest.fixture
        def app(app) -> Database: ...
    """,
    "tests/unit/deep/test_own.py": "",
}
OWN = """\
import pytest
from shop.app import Clerk


@pytest.fixture
def own(database):
    return database


class TestDesk:
    @pytest.fixture
    def inner(self):
        return Clerk()

    def test_inner(self, inner, client):
        inner.x


def test_all({names}):
    pass


def plain({names}):
    pass
"""
CLASS = "shop/app.py:"


@pytest.mark.parametrize(
    ("path", "name", "given"),
    [
        ("tests/test_desk.py", "app", "App"),
        ("tests/test_desk.py", "client", "Client"),
        ("tests/test_desk.py", "database", "Database"),
        ("tests/test_desk.py", "entered", "Client"),
        ("tests/test_desk.py", "long_one", "Database"),
        ("tests/test_desk.py", "called", "Database"),
        ("tests/test_desk.py", "own", "Database"),
        ("tests/test_desk.py", "clerk", "Clerk"),
        ("tests/unit/test_desk.py", "app", "Database"),
        ("tests/unit/test_desk.py", "client", "Client"),
        ("tests/test_desk.py", "round_one", None),
        ("tests/test_desk.py", "helper", None),
        ("tests/test_desk.py", "other", None),
        ("test_desk.py", "client", None),
    ],
)
def test_what_a_parameter_of_a_test_is(path: str, name: str, given: str | None) -> None:
    found = resolver({**FILES, path: OWN.replace("{names}", name)}, path)
    assert said(found.owner(path, "test_all", name, 19)) == (CLASS + given if given else None)


def test_a_fixture_of_a_class_is_its_own() -> None:
    path = "tests/test_desk.py"
    found = resolver({**FILES, path: OWN.replace("{names}", "inner")}, path)
    assert said(found.owner(path, "TestDesk.test_inner", "inner", 15)) == CLASS + "Clerk"
    assert found.owner(path, "test_all", "inner", 19) is None


def test_parameters_of_other_functions_are_no_fixtures() -> None:
    path = "tests/test_desk.py"
    found = resolver({**FILES, path: OWN.replace("{names}", "client")}, path)
    assert found.owner(path, "plain", "client", 23) is None
    assert found.owner(path, "test_all", "database", 19) is None, "it is no parameter of the test"


@pytest.mark.parametrize(
    ("before", "asks"),
    [
        ("def test_x(", True),
        ("def test_x(client, ", True),
        ("    async def test_x(self, cl", True),
        ("def test_x(\n    client,\n    ", True),
        ("@pytest.fixture\ndef app(", True),
        ('@pytest.fixture(scope="session")\nasync def app(settings, ', True),
        ("def test_x(client: ", False),
        ("def test_x(client=", False),
        ("def plain(", False),
        ("test_x(", False),
        ("def test_x(client):\n    f(", False),
    ],
)
def test_where_a_test_names_its_parameters(before: str, asks: bool) -> None:
    assert line_at(before, "", "python").parameters is asks


def count(text: str) -> int:
    """Lexemes."""
    return len(re.findall(r"\w+|[^\w\s]", text))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    write(tmp_path / "shop", {path: dedent(text) for path, text in FILES.items()})
    opened = Repository(Index.in_memory(tmp_path / "shop"), Scanner(tmp_path / "shop"))
    opened.refresh()
    return opened


def asked(repository: Repository, path: str, marked: str, budget: int = 168) -> Context:
    return repository.context(Document(marked.replace("|", ""), path), marked.index("|"), budget, count)


def shown(context: Context) -> str:
    return "\n".join(each.text for each in context.snippets)


def test_a_test_is_shown_what_it_may_take(repository: Repository) -> None:
    context = asked(repository, "tests/test_desk.py", "def test_x(|):\n    pass\n")
    assert all(name in shown(context) for name in ("app", "client", "database", "clerk", "long_one"))
    assert (
        context.snippets == asked(repository, "tests/test_desk.py", "def test_x(cl|):\n    pass\n").snippets
    )


def test_a_test_is_shown_what_it_takes_and_what_that_can(repository: Repository) -> None:
    context = asked(repository, "tests/test_desk.py", "def test_x(client):\n    |\n")
    assert "def client(app)" in shown(context)
    assert "post_order" in shown(context)
    behind = asked(repository, "tests/test_desk.py", "def test_x(client, app):\n    x = 1\n    client.|\n")
    assert "post_order" in shown(behind)
