"""Folders and files that their names leave out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from coderdiff.context.files.names import MAX_DATA_BYTES, folder_reason, name_reason, vendored


def reason(
    name: str, beside: Iterable[str] = (), inside: Iterable[str] = (), tracked: bool = False
) -> str | None:
    return folder_reason(name, set(beside).__contains__, lambda: inside, lambda: tracked)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("node_modules", "installed packages"),
        ("site-packages", "installed packages"),
        (".venv", "installed packages"),
        ("__pycache__", "tool's cache"),
        (".git", "version control"),
        ("third_party", "vendored"),
        (".idea", "editor's own files"),
        ("shop.egg-info", "Python package metadata"),
        ("src", None),
        ("venv", None),
        ("lib", None),
        ("cache", None),
        ("env", None),
        ("Node_Modules", None),
    ],
)
def test_folders_by_their_name_alone(name: str, said: str | None) -> None:
    assert reason(name) == said
    assert reason(name, tracked=True) == said


def test_vendor_is_vendored_unless_it_is_a_package_of_that_name() -> None:
    assert reason("vendor", inside=["github.com", "modules.txt"]) == "vendored"
    assert reason("vendors", inside=["jquery", "__init__.py"]) == "vendored"
    assert reason("vendor", inside=["__init__.py", "models.py"]) is None
    assert reason("vendor", inside=["Vendor.java"]) is None


@pytest.mark.parametrize(
    ("name", "beside", "untracked", "tracked"),
    [
        ("build", ["setup.py"], "build output (beside setup.py)", None),
        ("build", ["notes.txt"], None, None),
        (
            "dist",
            ["package.json"],
            "build output (beside package.json)",
            "build output (beside package.json)",
        ),
        ("dist", ["pyproject.toml"], "build output (beside pyproject.toml)", None),
        ("target", ["Cargo.toml"], "build output (beside Cargo.toml)", "build output (beside Cargo.toml)"),
        ("target", ["package.json"], None, None),
        ("coverage", ["package.json"], "build output (beside package.json)", None),
        ("coverage", ["setup.py"], None, None),
        ("_site", ["_config.yml"], "build output (beside _config.yml)", None),
    ],
)
def test_output_stands_beside_a_build_file(
    name: str, beside: list[str], untracked: str | None, tracked: str | None
) -> None:
    assert reason(name, beside) == untracked
    assert reason(name, beside, tracked=True) == tracked


def test_a_folder_is_only_looked_into_where_its_name_leaves_it_open() -> None:
    def fail() -> list[str]:
        raise AssertionError

    assert folder_reason("src", set().__contains__, fail, lambda: False) is None
    assert folder_reason("node_modules", set().__contains__, fail, lambda: False) is not None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("logo.PNG", "binary (.png)"),
        ("model.safetensors", "binary (.safetensors)"),
        ("Cargo.lock", "lock file"),
        ("package-lock.json", "lock file"),
        ("uv.lock", "lock file"),
        ("go.sum", "lock file"),
        ("table.csv", "data (.csv)"),
        ("notebook.ipynb", "data (.ipynb)"),
        ("jquery.min.js", "minified, by its name"),
        ("app.bundle.js", "minified, by its name"),
        ("shop_pb2.py", "generated, by its name"),
        ("shop_pb2_grpc.pyi", "generated, by its name"),
        ("shop.pb.go", "generated, by its name"),
        ("Form1.Designer.cs", "generated, by its name"),
        ("parser.tab.c", "generated, by its name"),
        ("zz_generated.deepcopy.go", "generated, by its name"),
        ("shop.py", None),
        ("lock.py", None),
        ("min.js", None),
        ("webpack.prod.js", None),
        ("webpack.config.prod.js", None),
        ("vite.config.prod.mjs", None),
        ("environment.prod.js", None),
        ("admin.js", None),
        ("table.rs", None),
        ("pb2.py", None),
        ("Makefile", None),
        ("README", None),
        (".eslintrc", None),
        ("go.mod", None),
    ],
)
def test_files_by_their_name(name: str, said: str | None) -> None:
    assert name_reason(name, 10) == said


def test_what_may_be_data_is_data_when_it_is_large() -> None:
    for name in ("a.json", "a.yaml", "a.html", "a.md", "a.sql"):
        assert name_reason(name, MAX_DATA_BYTES) is None
        assert name_reason(name, MAX_DATA_BYTES + 1) == f"data (.{name[2:]} over 100 kB)"
    assert name_reason("a.py", MAX_DATA_BYTES + 1) is None


def test_folders_of_a_path() -> None:
    assert vendored("web/node_modules/x/index.js") == "installed packages"
    assert vendored("a/.git/config") == "version control"
    assert vendored("src/vendor/a.py") is None
    assert vendored("src/node_modules") is None
