"""What a place may use of a class, a file or a package, by what its language says."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.access import restricted, restricted_one_by_one
from coderdiff.context.retrieval.known import Owner
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.visible import Visible
from coderdiff.types import Document

from ..indexing import write
from .lookups import resolver

FILES = {
    "src/a/Shelf.java": """\
        package a;
        public class Shelf {
            private int ours;
            protected int kin;
            int packaged;
            public int free;
            @Override public String toString() { return ""; }
            private static void oursToo() { }
        }
    """,
    "src/a/Holds.java": "package a;\npublic interface Holds {\n    void free();\n}\n",
    "src/a/Kind.java": "package a;\npublic enum Kind { free, free2;\n    private int ours;\n}\n",
    "src/a/Pair.java": "package a;\npublic record Pair(int free) { }\n",
    "Shelf.cs": """\
        public partial class Shelf
        {
            int ours;
            private void OursToo() { }
            protected int kin;
            private protected int kin2;
            protected internal int free;
            internal int free2;
            [Obsolete] public int free3 { get; private set; }
        }
        public record Pair(int free);
        public interface IHolds { void Free(); }
    """,
    "shelf.ts": """\
        export class Shelf {
          private ours = 1;
          #ours2 = 2;
          protected kin(): void {}
          free = 3;
          constructor(private readonly ours3: number, public free2: number) {}
          get privateRate(): number { return 1; }
        }
    """,
    "Shelf.php": """\
        <?php
        class Shelf {
            private int $ours;
            protected function kin() { }
            function free() { }
            public static function free2() { }
        }
    """,
    "Holds.php": "<?php\ntrait Holds {\n    private function kin() { }\n    public function free() { }\n}\n",
    "shelf.hpp": """\
        class Shelf {
          int ours;
          struct Inner { int inner; };
        public:
          int free;
          void free2() { if (1) { } }
        protected:
          int kin;  // {
        private:
          void ours2();
        };
        struct Pair {
          int free;
         private:
          int ours;
        };
    """,
    "shelf.rb": """\
        class Shelf
          def free
            1
          end

          private def kin2
            1
          end

          def free2 = 1

          def kin3
          end
          private :kin3

          private

          def kin
          end

          public

          def free3
          end
        end
    """,
    "shelf.py": """\
        class Shelf:
            def free(self): ...
            def _custom(self): ...
            def __custom2(self): ...
            def __len__(self): ...
    """,
    "store/shelf.go": """\
        package store

        type Shelf struct {
            Free int
            packaged int
        }

        func (s *Shelf) Free2() {}

        func (s *Shelf) packaged2() {}
    """,
    "src/store/mod.rs": """\
        pub struct Shelf {
            pub free: u8,
            inner: u8,
        }

        impl Shelf {
            pub fn free2(&self) {}
            pub(crate) fn free3(&self) {}
            fn inner2(&self) {}
        }

        impl Iterator for Shelf {
            fn free4(&mut self) {}
        }

        pub trait Holds {
            fn free(&self);
        }

        pub enum Kind {
            Free,
            Free2 { inner: u8 },
        }
    """,
}


def visible(
    path: str, name: str, own: str, text: str = "", scope: str = "", also: dict[str, str] | None = None
) -> tuple[set[str], set[str]]:
    """Which members of a class may not be used in a file, and which are not by custom."""
    found = resolver({**FILES, **(also or {}), own: text}, own)
    facts = found.known.facts(path)
    assert facts is not None
    owner = Owner(Here(path, facts.top[name]))
    never, unusual = Visible(found, own, scope).hidden(owner)
    every = set(found.classes.members(owner))
    assert never | unusual <= every
    assert any(each.lower().startswith("free") for each in every - never - unusual)
    return set(never), set(unusual)


@pytest.mark.parametrize(
    ("path", "name", "own", "never"),
    [
        ("src/a/Shelf.java", "Shelf", "src/b/Desk.java", {"ours", "kin", "packaged", "oursToo"}),
        ("src/a/Shelf.java", "Shelf", "src/a/Desk.java", {"ours", "oursToo"}),
        ("src/a/Holds.java", "Holds", "src/b/Desk.java", set()),
        ("src/a/Kind.java", "Kind", "src/b/Desk.java", {"ours"}),
        ("src/a/Pair.java", "Pair", "src/b/Desk.java", set()),
        ("Shelf.cs", "Shelf", "Desk.cs", {"ours", "OursToo", "kin", "kin2"}),
        ("Shelf.cs", "Pair", "Desk.cs", set()),
        ("Shelf.cs", "IHolds", "Desk.cs", set()),
        ("shelf.ts", "Shelf", "desk.ts", {"ours", "#ours2", "kin", "ours3"}),
        ("Shelf.php", "Shelf", "Desk.php", {"ours", "kin"}),
        ("shelf.hpp", "Shelf", "desk.cpp", {"ours", "Inner", "kin", "ours2"}),
        ("shelf.hpp", "Pair", "desk.cpp", {"ours"}),
        ("shelf.rb", "Shelf", "desk.rb", {"kin", "kin2", "kin3"}),
        ("store/shelf.go", "Shelf", "desk/desk.go", {"packaged", "packaged2"}),
        ("store/shelf.go", "Shelf", "store/desk.go", set()),
        ("src/store/mod.rs", "Shelf", "src/desk.rs", {"inner", "inner2"}),
        ("src/store/mod.rs", "Shelf", "src/store/desk.rs", set()),
        ("src/store/mod.rs", "Holds", "src/desk.rs", set()),
        ("src/store/mod.rs", "Kind", "src/desk.rs", set()),
    ],
)
def test_what_another_class_may_not_use(path: str, name: str, own: str, never: set[str]) -> None:
    hidden, unusual = visible(path, name, own)
    assert {each.lstrip("$") for each in hidden} == never
    assert not unusual


JAVA = "import a.Shelf;\nclass Desk extends Shelf { }\n"
TYPESCRIPT = "import { Shelf } from './shelf';\nclass Desk extends Shelf { }\n"


@pytest.mark.parametrize(
    ("path", "own", "text", "never"),
    [
        ("src/a/Shelf.java", "src/b/Desk.java", JAVA, {"ours", "packaged", "oursToo"}),
        ("Shelf.cs", "Desk.cs", "class Desk : Shelf { }\n", {"ours", "OursToo"}),
        ("shelf.ts", "desk.ts", TYPESCRIPT, {"ours", "#ours2", "ours3"}),
        ("Shelf.php", "Desk.php", "<?php\nclass Desk extends Shelf { }\n", {"ours"}),
        ("shelf.hpp", "desk.cpp", '#include "shelf.hpp"\nclass Desk : public Shelf { };\n', {"ours", "Inner", "ours2"}),
        ("shelf.rb", "desk.rb", "require_relative 'shelf'\nclass Desk < Shelf\nend\n", set()),
        ("shelf.py", "desk.py", "from shelf import Shelf\n\n\nclass Desk(Shelf):\n    x = 1\n", set()),
    ],
)  # fmt: skip
def test_what_a_class_that_extends_it_may_not_use(path: str, own: str, text: str, never: set[str]) -> None:
    hidden, unusual = visible(path, "Shelf", own, text, "Desk")
    assert {each.lstrip("$") for each in hidden} == never
    assert unusual == ({"__custom2"} if path.endswith(".py") else set())


@pytest.mark.parametrize(
    ("path", "own", "text"),
    [
        ("Shelf.cs", "Shelf.More.cs", "public partial class Shelf\n{\n    int more;\n}\n"),
        ("shelf.hpp", "shelf.cpp", '#include "shelf.hpp"\nvoid Shelf::ours2() { }\n'),
        ("shelf.rb", "more.rb", "class Shelf\n  def more\n  end\nend\n"),
    ],
)
def test_a_class_may_use_all_of_itself_in_whatever_file(path: str, own: str, text: str) -> None:
    hidden, _ = visible(path, "Shelf", own, text, "Shelf")
    assert hidden == set()


def test_a_trait_of_php_is_in_the_class_that_uses_it() -> None:
    text = "<?php\nclass Desk {\n    use Holds;\n}\n"
    assert visible("Holds.php", "Holds", "Desk.php", text, "Desk")[0] == set()
    assert visible("Holds.php", "Holds", "Desk.php")[0] == {"kin"}


def test_what_is_private_by_custom_in_python() -> None:
    assert visible("shelf.py", "Shelf", "desk.py") == (set(), {"_custom", "__custom2"})


def test_java_packages_are_the_same_in_tests() -> None:
    own = {
        "src/main/java/a/Rack.java": "package a;\npublic class Rack {\n    int packaged;\n    public int free;\n}\n"
    }
    for folder, never in (("src/test/java/a", set()), ("src/test/java/b", {"packaged"})):
        hidden, _ = visible("src/main/java/a/Rack.java", "Rack", f"{folder}/RackTest.java", also=own)
        assert hidden == never


def count(text: str) -> int:
    """Lexemes."""
    return len(re.findall(r"\w+|[^\w\s]", text))


def asked(root: Path, files: dict[str, str], path: str, marked: str, budget: int) -> str:
    write(root, {name: dedent(text) for name, text in files.items()})
    with Repository(Index.in_memory(root), Scanner(root)) as repository:
        repository.refresh()
        document = Document(marked.replace("|", ""), path)
        found = repository.context(document, marked.index("|"), budget, count)
    return "\n".join(each.text for each in found.snippets)


def test_what_cannot_be_used_costs_nothing(tmp_path: Path) -> None:
    private = "".join(f"    private void hide{each}() {{ }}\n" for each in range(30))
    public = "".join(f"    public void show{each}() {{ }}\n" for each in range(8))
    files = {"a/Shelf.java": f"package a;\n\npublic class Shelf {{\n{private}{public}}}\n"}
    text = "package b;\n\nimport a.Shelf;\n\nclass Desk {\n    void go(Shelf shelf) {\n        shelf.|\n    }\n}\n"
    shown = asked(tmp_path, files, "b/Desk.java", text, 168)
    assert all(f"show{each}" in shown for each in range(8)), shown
    assert "hide" not in shown


def test_what_nobody_uses_by_custom_comes_last(tmp_path: Path) -> None:
    private = "".join(f"    def _hide{each}(self): ...\n" for each in range(30))
    public = "".join(f"    def show{each}(self): ...\n" for each in range(8))
    files = {"shelf.py": f"class Shelf:\n{private}{public}"}
    text = "from shelf import Shelf\n\n\ndef go(shelf: Shelf):\n    shelf.|\n"
    shown = asked(tmp_path, files, "desk.py", text, 60)
    assert all(f"show{each}" in shown for each in range(8))


PRIVATE = {
    "base.py": "class Shelf:\n    _kin = 1\n    __own = 2\n    free = 3\n    __len__ = None\n",
    "other.py": "class Box:\n    _theirs = 1\n    free = 2\n",
    "mine.py": "from base import Shelf\nfrom other import Box\n\n\nclass Crate(Shelf):\n    def fill(self): ...\n",
}


@pytest.mark.parametrize("scope", ["", "Crate", "Crate.fill"])
@pytest.mark.parametrize("cls", ["Shelf", "Box"])
def test_customs_are_those_of_each_member_asked_alone(scope: str, cls: str) -> None:
    """What is remembered of a class for all places says the same at each as its members do one by one."""
    asking = resolver(PRIVATE, "mine.py")
    found = asking.names.named("mine.py", cls)
    assert isinstance(found, Here)
    owner = Owner(found)
    members = asking.classes.members(owner)
    around = {"Shelf"} if scope else set()
    expected = {
        name
        for name, here in members.items()
        if name[0] == "_"
        and not name.endswith("__")
        and (name.startswith("__") or here.definition.scope not in around)
    }
    assert Visible(asking, "mine.py", scope).hidden(owner) == (frozenset(), expected)
    assert restricted(asking.known, members) == restricted_one_by_one(asking.known, members)
