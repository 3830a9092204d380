"""What settings files say of names: tsconfig.json, package.json, go.mod, Cargo.toml, and the repository's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.retrieval.modules.files import Target
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.modules.settings import read_json

SOURCES = (
    "src/app.ts", "src/shared/util.ts", "src/shared/index.ts", "generated/util.ts", "app/core.ts", "lib/deep/a.ts",
    "packages/core/src/index.ts", "packages/core/src/area.ts", "packages/core/src/inner/x.ts", "packages/ui/button.tsx",
    "packages/ui/test/button.test.ts", "util.ts",
)  # fmt: skip


def found(texts: Mapping[str, object], importer: str, module: str) -> str | None:
    """The file that a module is in, where the settings say this."""
    read = {path: text if isinstance(text, str) else json.dumps(text) for path, text in texts.items()}
    target = Modules((*SOURCES, *texts), read.get).find(importer, "typescript", module, None)
    return target.paths[0] if target else None


def test_paths_of_the_nearest_tsconfig() -> None:
    texts = {
        "tsconfig.json": {"compilerOptions": {"paths": {"@lib/*": ["./lib/*"], "@util": ["generated/util"]}}},
        "packages/ui/tsconfig.json": {"compilerOptions": {"paths": {"@util": ["./button"]}}},
    }
    assert found(texts, "src/app.ts", "@lib/deep/a") == "lib/deep/a.ts"
    assert found(texts, "src/app.ts", "@util") == "generated/util.ts"
    assert found(texts, "packages/ui/test/button.test.ts", "@util") == "packages/ui/button.tsx"
    assert found(texts, "src/app.ts", "@lib/missing") is None


def test_the_longest_pattern_counts_and_the_first_place_that_is_there() -> None:
    paths = {"*": ["nowhere/*"], "@x/*": ["src/*"], "@x/shared/*": ["missing/*", "generated/*"]}
    texts = {"tsconfig.json": {"compilerOptions": {"baseUrl": ".", "paths": paths}}}
    assert found(texts, "src/app.ts", "@x/shared/util") == "generated/util.ts"
    assert found(texts, "src/app.ts", "@x/shared") == "src/shared/index.ts"


def test_an_alias_that_leads_nowhere_is_not_guessed_at() -> None:
    texts = {"tsconfig.json": {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}}
    assert found(texts, "src/app.ts", "@/util") is None
    assert found({}, "src/app.ts", "@/util") is not None


def test_base_url() -> None:
    texts = {"tsconfig.json": {"compilerOptions": {"baseUrl": "src"}}}
    assert found(texts, "packages/ui/button.tsx", "shared/util") == "src/shared/util.ts"
    assert found(texts, "packages/ui/button.tsx", "shared") == "src/shared/index.ts"
    assert found({"jsconfig.json": texts["tsconfig.json"]}, "src/app.ts", "shared") == "src/shared/index.ts"
    assert found({}, "src/app.ts", "shared") is None


def test_settings_that_extend_others_or_refer_to_them() -> None:
    base = {"compilerOptions": {"baseUrl": "../src", "paths": {"~shared": ["shared/index"]}}}
    texts = {"config/base.json": base, "tsconfig.json": {"extends": "./config/base"}}
    assert found(texts, "src/app.ts", "~shared") == "src/shared/index.ts"
    texts = {"config/base.json": base, "tsconfig.json": {"extends": ["./missing.json", "./config/base.json"]}}
    assert found(texts, "src/app.ts", "~shared") == "src/shared/index.ts"
    app = {"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}
    texts = {"tsconfig.app.json": app, "tsconfig.json": {"references": [{"path": "./tsconfig.app.json"}]}}
    assert found(texts, "src/app.ts", "@/shared/util") == "src/shared/util.ts"
    loop = {"tsconfig.json": {"extends": "./tsconfig.json", "references": [{"path": "."}]}}
    assert found(loop, "src/app.ts", "./shared") == "src/shared/index.ts"


def test_packages_by_their_names() -> None:
    texts: dict[str, object] = {
        "package.json": {"name": "acme", "workspaces": ["packages/*"]},
        "packages/core/package.json": {"name": "@acme/kernel", "main": "./dist/index.js"},
        "packages/ui/package.json": {"name": "ui-kit", "main": "button.js"},
    }
    assert found(texts, "src/app.ts", "@acme/kernel") == "packages/core/src/index.ts"
    assert found(texts, "src/app.ts", "@acme/kernel/inner/x") == "packages/core/src/inner/x.ts"
    assert found(texts, "src/app.ts", "ui-kit") == "packages/ui/button.tsx"
    assert found(texts, "src/app.ts", "@acme/core") is None


def test_exports_of_a_package() -> None:
    exports = {
        ".": {"types": "./dist/index.d.ts", "import": "./dist/index.mjs"},
        "./area": "./dist/area.js",
        "./deep/*": {"default": "./src/inner/*.js"},
        "./private/*": None,
    }
    texts = {"packages/core/package.json": {"name": "@acme/core", "exports": exports}}
    assert found(texts, "src/app.ts", "@acme/core") == "packages/core/src/index.ts"
    assert found(texts, "src/app.ts", "@acme/core/area") == "packages/core/src/area.ts"
    assert found(texts, "src/app.ts", "@acme/core/deep/x") == "packages/core/src/inner/x.ts"
    assert found(texts, "src/app.ts", "@acme/core/src/area") is None
    texts = {"packages/core/package.json": {"name": "core", "exports": "./src/area.ts"}}
    assert found(texts, "src/app.ts", "core") == "packages/core/src/area.ts"


def test_imports_of_the_package_around() -> None:
    imports = {"#shared/*": "./src/shared/*.js", "#util": {"node": "./generated/util.js"}}
    texts = {
        "package.json": {"imports": imports},
        "packages/ui/package.json": {"imports": {"#util": "./button"}},
    }
    assert found(texts, "src/app.ts", "#shared/util") == "src/shared/util.ts"
    assert found(texts, "src/app.ts", "#util") == "generated/util.ts"
    assert found(texts, "packages/ui/test/button.test.ts", "#util") == "packages/ui/button.tsx"


def test_a_package_from_outside_is_no_local_file() -> None:
    assert found({}, "src/app.ts", "@angular/core") == "packages/core/src/index.ts", (
        "a folder may be a package"
    )
    assert Modules(("src/app.ts", "app/core.ts")).find("src/app.ts", "typescript", "@angular/core") is None
    assert found({"package.json": {"name": "shop"}}, "src/app.ts", "@angular/core") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": "http://x", /* b */ "b": "/* no */",}', {"a": "http://x", "b": "/* no */"}),
        ('{ // c\n "c": [1, 2,],}', {"c": [1, 2]}),
        ('\ufeff{"a": "\\"//"}', {"a": '"//'}),
        ("{", {}),
        ("[1]", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_json_with_comments(text: str, value: dict[str, object]) -> None:
    assert read_json(text) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", ".", "./x", "*", "./*", "..", "/x", "src"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "compilerOptions", "paths", "baseUrl", "extends", "references", "path", "@/*", "*", "name", "exports",
            "imports", ".", "./*", "#x", "main",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(VALUES, st.sampled_from(["tsconfig.json", "package.json", "src/package.json"]))
@settings(max_examples=200)
def test_settings_of_any_shape_break_nothing(value: object, path: str) -> None:
    texts = {path: json.dumps(value)}
    modules = Modules((*SOURCES, path), texts.get)
    for module in ("@/util", "#x", "x", "./shared", "*", "src", "@a/b/c", "."):
        target = modules.find("src/app.ts", "typescript", module, None)
        assert target is None or set(target.paths) <= {*SOURCES, path}


def test_an_import_of_the_root_leads_nowhere() -> None:
    assert found({"src/package.json": {"imports": {"#root": ".."}}}, "src/app.ts", "#root") is None


def test_changed_settings_are_noticed() -> None:
    texts = {"tsconfig.json": "{}"}
    modules = Modules((*SOURCES, "tsconfig.json"), texts.get)
    assert not modules.outdated()
    modules.find("src/app.ts", "typescript", "@lib/deep/a", None)
    assert not modules.outdated()
    texts["tsconfig.json"] = '{"compilerOptions": {}}'
    assert modules.outdated()


def test_the_root_may_be_a_package_itself() -> None:
    files = ("__init__.py", "shapes.py", "deep/__init__.py", "deep/pool.py")
    modules = Modules(files, name="acme")
    for module, name, expected in (
        ("acme.shapes", "Circle", Target(("shapes.py",), ("Circle",))),
        ("acme", "shapes", Target(("shapes.py",))),
        ("acme", "VERSION", Target(("__init__.py",), ("VERSION",))),
        ("acme.deep.pool", None, Target(("deep/pool.py",))),
        ("..", "VERSION", Target(("__init__.py",), ("VERSION",))),
        ("numpy.shapes", None, None),
    ):
        assert modules.find("deep/pool.py", "python", module, name) == expected
    assert Modules(files, name="other").find("deep/pool.py", "python", "acme.shapes") is None
    assert Modules(files[1:], name="acme").find("deep/pool.py", "python", "acme.shapes") is None


GO = ("main.go", "acme.go", "shapes/circle.go", "tools/gen/gen.go", "tools/tools.go")
MODULES = {"go.mod": "// ours\nmodule acme\n\ngo 1.22\n", "tools/go.mod": 'module "example.org/tools/v2"\n'}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("acme/shapes", ("shapes/circle.go",)),
        ("acme", ("acme.go",)),
        ("example.org/tools/v2", ("tools/tools.go",)),
        ("example.org/tools/v2/gen", ("tools/gen/gen.go",)),
        ("example.org/other/shapes", None),
        ("shapes", None),
        ("fmt", None),
    ],
)
def test_go_modules_by_their_names(module: str, expected: tuple[str, ...] | None) -> None:
    found = Modules((*GO, *MODULES), MODULES.get).find("main.go", "go", module, None)
    assert found == (Target(expected) if expected else None)


RUST = (
    "src/lib.rs", "src/shapes.rs", "tests/whole.rs", "crates/core/src/lib.rs", "crates/core/src/store.rs",
    "crates/flat/lib.rs", "crates/flat/disc.rs", "crates/broken/src/lib.rs",
)  # fmt: skip
CRATES = {
    "Cargo.toml": '[package]\nname = "acme-shapes"\n',
    "crates/core/Cargo.toml": '[package]\nname = "acme-core"\nversion.workspace = true\n',
    "crates/flat/Cargo.toml": '[package]\nname = "other"\n[lib]\nname = "flatland"\npath = "lib.rs"\n',
    "crates/broken/Cargo.toml": "[package\n",
}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("acme_shapes::shapes", Target(("src/shapes.rs",), ("Circle",))),
        ("acme_shapes", Target(("src/lib.rs",), ("Circle",))),
        ("acme_core::store", Target(("crates/core/src/store.rs",), ("Circle",))),
        ("core::store", None),
        ("flatland::disc", Target(("crates/flat/disc.rs",), ("Circle",))),
        ("flatland", Target(("crates/flat/lib.rs",), ("Circle",))),
        ("broken", None),
        ("serde", None),
    ],
)
def test_crates_by_their_names(module: str, expected: Target | None) -> None:
    assert Modules((*RUST, *CRATES), CRATES.get).find("tests/whole.rs", "rust", module, "Circle") == expected


def test_a_module_that_is_called_otherwise_by_now_is_noticed() -> None:
    texts = dict(MODULES)
    modules = Modules((*GO, *MODULES), texts.get)
    assert modules.find("main.go", "go", "acme/shapes", None)
    assert not modules.outdated()
    texts["go.mod"] = "module other\n"
    assert modules.outdated()
