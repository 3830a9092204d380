"""How each language names modules, and which files of a repository that means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.retrieval.modules.files import Files, Target
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.modules.included import counterpart
from coderdiff.context.syntax.languages import LANGUAGES

PYTHON = (
    "src/acme/__init__.py", "src/acme/shapes.py", "src/acme/deep/__init__.py", "src/acme/deep/pool.py",
    "src/acme/deep/stub.pyi", "src/space/inner/tool.py", "tests/test_shapes.py", "tests/helpers.py",
    "scripts/types.py", "scripts/run.py", "top.py", "other/src/acme_two/shapes.py",
)  # fmt: skip
SCRIPT = (
    "src/app.ts", "src/shapes/index.ts", "src/shapes/circle.tsx", "src/util.js", "src/types.d.ts", "src/esm.mts",
    "src/data.json", "src/shapes.py", "packages/core/src/index.ts", "packages/core/src/area.ts", "web/main.js",
)  # fmt: skip
GO = (
    "go.mod", "main.go", "shapes/circle.go", "shapes/square.go", "shapes/circle_test.go", "internal/errors/errors.go",
    "tools/go.mod", "tools/gen/gen.go",
)  # fmt: skip
RUST = (
    "src/lib.rs", "src/main.rs", "src/shapes.rs", "src/shapes/circle.rs", "src/util/mod.rs", "src/util/text.rs",
    "crates/acme-core/src/lib.rs", "crates/acme-core/src/store.rs",
)  # fmt: skip
DOTTED = (
    "src/app/user.ts", "src/app/user.service.ts", "src/app/user.service.spec.ts", "src/app/index.test.ts",
    "src/main.ts",
    "proto/foo.h", "proto/foo.pb.h", "proto/foo.pb.cc", "src/Form.cs", "src/Form.Designer.cs", "src/Other/Program.cs",
)  # fmt: skip
CARGO = (
    "src/lib.rs", "src/shapes.rs", "src/tests/deep.rs", "src/bin/tool.rs", "src/bin/help.rs", "src/bin/big/main.rs",
    "src/bin/big/part.rs", "tests/whole.rs", "tests/common/mod.rs", "tests/common/disk.rs", "tests/whole/inner.rs",
    "examples/show.rs", "examples/draw.rs", "build.rs", "version.rs",
)  # fmt: skip
JAVA = (
    "app/src/main/java/com/acme/App.java", "app/src/main/java/com/acme/shapes/Circle.java",
    "app/src/main/java/com/acme/shapes/Maths.java", "app/src/main/java/com/acme/util/List.java",
    "app/src/main/java/org/other/junit/Assert.java", "app/src/main/java/org/other/Junit.java",
)  # fmt: skip
SHARP = (
    "src/Acme.App/Program.cs",
    "src/Acme.Shapes/Circle.cs",
    "src/Acme.Shapes/Flat/Square.cs",
    "src/Tools/Linq/My.cs",
)
PHP = ("app/Http/Home.php", "app/Models/User.php", "lib/helpers.php", "src/Util/Text.php")
C = ("src/shapes.c", "src/main.c", "include/acme/shapes.h", "include/acme/string.h", "lib/pool.hpp", "lib/pool.cpp",
     "lib/vector.py")  # fmt: skip
RUBY = ("lib/acme.rb", "lib/acme/shapes.rb", "lib/acme/util.rb", "spec/shapes_spec.rb")
BASH = ("bin/run.sh", "lib/util.sh", "lib/more.bash")


@pytest.mark.parametrize(
    ("files", "importer", "language", "module", "name", "expected"),
    [
        # Python: relative to the package, or from any source root.
        (PYTHON, "src/acme/deep/pool.py", "python", "..shapes", "Circle", ("src/acme/shapes.py", "Circle")),
        (PYTHON, "src/acme/deep/pool.py", "python", "..", "shapes", ("src/acme/shapes.py",)),
        (PYTHON, "src/acme/deep/pool.py", "python", ".", "stub", ("src/acme/deep/stub.pyi",)),
        (PYTHON, "src/acme/deep/pool.py", "python", ".", "nothing", ("src/acme/deep/__init__.py", "nothing")),
        (PYTHON, "src/acme/deep/pool.py", "python", "....far", "x", None),
        (PYTHON, "tests/test_shapes.py", "python", "acme.shapes", "Circle", ("src/acme/shapes.py", "Circle")),
        (PYTHON, "tests/test_shapes.py", "python", "acme", "shapes", ("src/acme/shapes.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "acme", None, ("src/acme/__init__.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "acme.deep.pool", None, ("src/acme/deep/pool.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "helpers", None, ("tests/helpers.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "space.inner.tool", None, ("src/space/inner/tool.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "shapes", None, ("other/src/acme_two/shapes.py",)),
        (PYTHON, "tests/test_shapes.py", "python", "types", None, None),
        (PYTHON, "scripts/run.py", "python", "types", None, ("scripts/types.py",)),
        (PYTHON, "top.py", "python", "numpy.linalg", "norm", None),
        # JavaScript and TypeScript.
        (SCRIPT, "src/app.ts", "typescript", "./shapes", "Circle", ("src/shapes/index.ts", "Circle")),
        (SCRIPT, "src/app.ts", "typescript", "./shapes/circle.js", None, ("src/shapes/circle.tsx",)),
        (SCRIPT, "src/app.ts", "typescript", "./esm.mjs", None, ("src/esm.mts",)),
        (SCRIPT, "src/shapes/circle.tsx", "tsx", "../util", None, ("src/util.js",)),
        (SCRIPT, "src/shapes/circle.tsx", "tsx", "..", None, None),
        (SCRIPT, "src/app.ts", "typescript", "./types", "T", ("src/types.d.ts", "T")),
        (SCRIPT, "src/app.ts", "typescript", "./data.json", "default", ("src/data.json", "default")),
        (SCRIPT, "web/main.js", "javascript", "@/shapes/circle", "Circle", ("src/shapes/circle.tsx", "Circle")),
        (SCRIPT, "web/main.js", "javascript", "~/util", None, ("src/util.js",)),
        (SCRIPT, "web/main.js", "javascript", "@/shapes", None, ("src/shapes/index.ts",)),
        (SCRIPT, "web/main.js", "javascript", "src/util", None, ("src/util.js",)),
        (SCRIPT, "web/main.js", "javascript", "@acme/core", "area", ("packages/core/src/index.ts", "area")),
        (SCRIPT, "web/main.js", "javascript", "@acme/core/src/area", None, ("packages/core/src/area.ts",)),
        (SCRIPT, "web/main.js", "javascript", "util", None, None),
        (SCRIPT, "web/main.js", "javascript", "lodash/merge", None, None),
        # Go: a folder of the module.
        (GO, "main.go", "go", "example.org/acme/shapes", None, ("shapes/circle.go shapes/square.go",)),
        (GO, "main.go", "go", "example.org/acme/tools/gen", None, ("tools/gen/gen.go",)),
        (GO, "main.go", "go", "example.org/pkg/errors", None, None),
        (GO, "main.go", "go", "example.org/acme/internal/errors", None, ("internal/errors/errors.go",)),
        (GO, "main.go", "go", "shapes", None, None),
        # Rust.
        (RUST, "src/main.rs", "rust", "shapes", None, ("src/shapes.rs",)),
        (RUST, "src/shapes.rs", "rust", "circle", None, ("src/shapes/circle.rs",)),
        (RUST, "src/util/text.rs", "rust", "crate::shapes", "Circle", ("src/shapes.rs", "Circle")),
        (RUST, "src/util/text.rs", "rust", "crate::shapes::circle", "Circle", ("src/shapes/circle.rs", "Circle")),
        (RUST, "src/util/text.rs", "rust", "super", "trim", ("src/util/mod.rs", "trim")),
        (RUST, "src/util/mod.rs", "rust", "self::text", "trim", ("src/util/text.rs", "trim")),
        (RUST, "src/main.rs", "rust", "self", "x", ("src/main.rs", "x")),
        (RUST, "src/shapes/circle.rs", "rust", "super::super::util", "x", ("src/util/mod.rs", "x")),
        (RUST, "src/lib.rs", "rust", "acme_core::store", "Shelf", ("crates/acme-core/src/store.rs", "Shelf")),
        (RUST, "src/lib.rs", "rust", "acme_core", "Shelf", ("crates/acme-core/src/lib.rs", "Shelf")),
        (RUST, "src/lib.rs", "rust", "std::fmt", "Display", None),
        (CARGO, "tests/whole.rs", "rust", "common", None, ("tests/common/mod.rs",)),
        (CARGO, "tests/whole.rs", "rust", "self::common::disk", "x", ("tests/common/disk.rs", "x")),
        (CARGO, "tests/common/disk.rs", "rust", "crate::common", "x", ("tests/common/mod.rs", "x")),
        (CARGO, "tests/whole.rs", "rust", "inner", None, None),
        (CARGO, "src/bin/tool.rs", "rust", "help", None, ("src/bin/help.rs",)),
        (CARGO, "src/bin/tool.rs", "rust", "crate::help", "x", ("src/bin/help.rs", "x")),
        (CARGO, "src/bin/big/main.rs", "rust", "part", None, ("src/bin/big/part.rs",)),
        (CARGO, "src/bin/big/part.rs", "rust", "crate::part", "x", ("src/bin/big/part.rs", "x")),
        (CARGO, "src/tests/deep.rs", "rust", "crate::shapes", "x", ("src/shapes.rs", "x")),
        (CARGO, "examples/show.rs", "rust", "draw", None, ("examples/draw.rs",)),
        (CARGO, "build.rs", "rust", "version", None, ("version.rs",)),
        # Names with dots in them.
        (DOTTED, "src/main.ts", "typescript", "@/app/user.service", None, ("src/app/user.service.ts",)),
        (DOTTED, "src/main.ts", "typescript", "@/app/user", None, ("src/app/user.ts",)),
        (DOTTED, "src/main.ts", "typescript", "@/app/user.service.js", None, ("src/app/user.service.ts",)),
        (DOTTED, "src/main.ts", "typescript", "@/app/user.css", None, None),
        (DOTTED, "src/main.ts", "typescript", "@/app", None, None),
        (DOTTED, "lib/a.cc", "cpp", "proto/foo.pb.h", "*", ("proto/foo.pb.h proto/foo.pb.cc",)),
        (DOTTED, "lib/a.cc", "cpp", "foo.h", "*", ("proto/foo.h",)),
        (DOTTED, "src/Other/Program.cs", "c_sharp", "Acme.Form", None, ("src/Form.cs", "Form")),
        # Java, C#, PHP.
        (JAVA, JAVA[0], "java", "com.acme.shapes.Circle", None, (JAVA[1], "Circle")),
        (JAVA, JAVA[0], "java", "com.acme.shapes.Maths", "square", (JAVA[2], "Maths", "square")),
        (JAVA, JAVA[0], "java", "com.acme.shapes", "*", (f"{JAVA[1]} {JAVA[2]}",)),
        (JAVA, JAVA[0], "java", "java.util.List", None, None),
        (JAVA, JAVA[0], "java", "java.util", "*", None),
        (JAVA, JAVA[0], "java", "org.junit", "*", None),
        (JAVA, JAVA[0], "java", "org.junit.Assert", "*", None),
        (JAVA, JAVA[0], "java", "org.junit.Assert", None, None),
        (JAVA, JAVA[0], "java", "com.acme.shapes.Maths", "*", (JAVA[2], "Maths")),
        (JAVA, JAVA[0], "java", "com.acme.shapes.Circle.Builder", None, (JAVA[1], "Circle", "Builder")),
        (("util/List.java", "App.java"), "App.java", "java", "com.acme.util.List", None, ("util/List.java", "List")),
        (SHARP, SHARP[0], "c_sharp", "Acme.Shapes", "*", ("src/Acme.Shapes/Circle.cs",)),
        (SHARP, SHARP[0], "c_sharp", "Acme.Shapes.Flat", "*", ("src/Acme.Shapes/Flat/Square.cs",)),
        (SHARP, SHARP[0], "c_sharp", "Acme.Shapes.Circle", None, ("src/Acme.Shapes/Circle.cs", "Circle")),
        (SHARP, SHARP[0], "c_sharp", "System.Linq", "*", None),
        (PHP, PHP[0], "php", r"App\Models\User", None, ("app/Models/User.php", "User")),
        (PHP, PHP[0], "php", r"Acme\Util\Text", None, ("src/Util/Text.php", "Text")),
        (PHP, PHP[0], "php", r"Symfony\Console\Command", None, None),
        (PHP, PHP[0], "php", "/../lib/helpers.php", "*", ("lib/helpers.php",)),
        # Files by their paths.
        (C, "src/main.c", "c", "acme/shapes.h", "*", ("include/acme/shapes.h src/shapes.c",)),
        (C, "src/main.c", "c", "<acme/shapes.h>", "*", ("include/acme/shapes.h src/shapes.c",)),
        (C, "src/main.c", "c", "../lib/pool.hpp", "*", ("lib/pool.hpp lib/pool.cpp",)),
        (C, "src/main.c", "c", "<string.h>", "*", None),
        (C, "src/main.c", "cpp", "<vector>", "*", None),
        (C, "src/main.c", "cpp", "acme", "*", None),
        (RUBY, "spec/shapes_spec.rb", "ruby", "acme/shapes", "*", ("lib/acme/shapes.rb",)),
        (RUBY, "lib/acme.rb", "ruby", "acme/util", "*", ("lib/acme/util.rb",)),
        (RUBY, "lib/acme/shapes.rb", "ruby", "../acme", "*", ("lib/acme.rb",)),
        (RUBY, "lib/acme/shapes.rb", "ruby", "json", "*", None),
        (BASH, "bin/run.sh", "bash", "../lib/util.sh", "*", ("lib/util.sh",)),
        (BASH, "bin/run.sh", "bash", "/lib/more.bash", "*", ("lib/more.bash",)),
        (BASH, "bin/run.sh", "bash", "/etc/profile", "*", None),
        (BASH, "bin/run.sh", None, "../lib/util.sh", "*", None),
    ],
)  # fmt: skip
def test_where_a_module_is(
    files: tuple[str, ...],
    importer: str,
    language: str | None,
    module: str,
    name: str | None,
    expected: tuple[str, ...] | None,
) -> None:
    found = Modules(files).find(importer, language, module, name)
    assert found == (Target(tuple(expected[0].split()), expected[1:]) if expected else None)


def test_every_language_has_a_way_to_find_modules() -> None:
    for language in LANGUAGES:
        suffix = language.suffixes[0]
        files = [f"acme/app{suffix}", f"acme/shapes/shapes{suffix}"]
        written = {
            "python": ".shapes.shapes",
            "go": "example.org/acme/shapes",
            "rust": "self::shapes::shapes",
            "java": "acme.shapes.shapes",
            "c_sharp": "acme.shapes.shapes",
            "php": r"acme\shapes\shapes",
        }.get(language.name, f"./shapes/shapes{suffix}")
        if language.name == "rust":
            files[0] = "acme/mod.rs"
        found = Modules([*files, "go.mod"]).find(files[0], language.name, written, None)
        assert found is not None or language.name == "go", language.name
        if found is not None:
            assert found.paths == (files[1],)


def test_the_nearest_of_equals_is_taken() -> None:
    files = ["one/src/util/text.py", "two/src/util/text.py", "two/app.py", "one/app.py"]
    modules = Modules(files)
    for place in ("one", "two"):
        found = modules.find(f"{place}/app.py", "python", "util.text", None)
        assert found == Target((f"{place}/src/util/text.py",))


def test_beside_and_counterpart() -> None:
    assert Modules(C).beside("src/main.c") == ["src/shapes.c"]
    files = Files(C)
    assert counterpart(files, "include/acme/shapes.h") == "src/shapes.c"
    assert counterpart(files, "src/shapes.c") == "include/acme/shapes.h"
    assert counterpart(files, "lib/pool.cpp") == "lib/pool.hpp"
    assert counterpart(files, "src/main.c") is None


@given(
    st.sampled_from([language.name for language in LANGUAGES]),
    st.text(alphabet="ab./\\:@*<>-", max_size=12),
    st.none() | st.sampled_from(["a", "b", "*", "default"]),
)
@settings(max_examples=300)
def test_nothing_that_is_written_breaks_it(language: str, module: str, name: str | None) -> None:
    files = ["a.py", "a/b.ts", "a/b/a.go", "b/src/a.rs", "a/b.h", "b", "a/B.java", "a/__init__.py"]
    modules = Modules(files)
    for importer in ("a/b.py", "b.py"):
        found = modules.find(importer, language, module, name)
        assert found is None or (found.paths and set(found.paths) <= set(files))
