"""What a class has yet to write of its bases: in the pack where a member is to be written, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coderdiff.context.answer import Context
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.context.retrieval.missing import missing_at
from coderdiff.context.retrieval.view import Words, view_of
from coderdiff.types import Document

from ..indexing import write
from .lookups import resolver

BASES = {
    "base.py": """class Carrier(ABC):
    def __init__(self, name): ...

    @abstractmethod
    def ship_parcel(self, weight: float, to: str) -> str: ...

    def cancel_parcel(self, number: str) -> None:
        raise NotImplementedError

    @staticmethod
    def of_name(name): ...

    def is_open(self) -> bool:
        return True
""",
    "base.rb": """class Carrier
  def ship_parcel(weight, to)
    raise NotImplementedError
  end

  def cancel_parcel(number)
    raise NotImplementedError, "write it"
  end

  def is_open
    true
  end
end
""",
    "src/Carrier.java": """package src;

public abstract class Carrier implements Cancels {
    public Carrier(String name) { }

    protected abstract String ship_parcel(double weight, String to);

    public static Carrier of_name(String name) { return null; }

    public boolean is_open() { return true; }
}
""",
    "src/Cancels.java": "package src;\n\npublic interface Cancels {\n    void cancel_parcel(String number);\n\n"
    "    default void of_name() { }\n}\n",
    "src/Carrier.cs": """namespace Acme;

public abstract class Carrier : ICancels
{
    protected abstract string ship_parcel(double weight, string to);

    public static Carrier of_name(string name) => null;

    public virtual bool is_open() { return true; }
}

public interface ICancels
{
    void cancel_parcel(string number);
}
""",
    "base.ts": """export interface Cancels {
  cancel_parcel(number: string): void;
}

export abstract class Carrier implements Cancels {
  abstract ship_parcel(weight: number, to: string): string;
  abstract cancel_parcel(number: string): void;
  static of_name(name: string) { return null; }
  is_open(): boolean {
    return true;
  }
}
""",
    "base.hpp": """class Carrier {
public:
  virtual ~Carrier() = default;
  virtual std::string ship_parcel(double weight, const std::string& to) = 0;
  virtual void cancel_parcel(int number) const = 0;
  static Carrier* of_name(int name);
  virtual bool is_open();
};
""",
    "Carrier.php": """<?php
abstract class Carrier implements Cancels {
    abstract public function ship_parcel(float $weight, string $to): string;
    public static function of_name($name) { return null; }
    public function is_open(): bool { return true; }
}
interface Cancels {
    public function cancel_parcel(string $number): void;
}
""",
    "go.mod": "module acme.com/shop\n",
    "carrier/carrier.go": """package carrier

type Carrier interface {
	ship_parcel(weight float64, to string) (string, error)
	Cancels
}

type Cancels interface {
	cancel_parcel(number string) error
}
""",
    "src/lib.rs": """pub mod carrier;
pub mod post;
""",
    "src/carrier.rs": """pub trait Carrier {
    fn ship_parcel(&self, weight: f64, to: &str) -> String;
    fn cancel_parcel(&mut self, number: &str);
    fn is_open(&self) -> bool {
        true
    }
}

pub trait Other {
    fn of_name(&self);
}
""",
}

CLASSES = {
    "post.py": "from base import Carrier\n\n\nclass Post(Carrier):\n    |\n\n    def weigh(self): ...\n",
    "post.rb": "require_relative 'base'\n\nclass Post < Carrier\n  |\n\n  def weigh\n    1\n  end\nend\n",
    "src/Post.java": "package src;\n\npublic class Post extends Carrier {\n    |\n\n    void weigh() { }\n}\n",
    "src/Post.cs": "namespace Acme;\n\npublic class Post : Carrier\n{\n    |\n\n    void Weigh() { }\n}\n",
    "post.ts": "import { Carrier } from './base';\n\nexport class Post extends Carrier {\n  |\n\n  weigh() {}\n}\n",
    "post.cpp": '#include "base.hpp"\n\nclass Post : public Carrier {\npublic:\n  |\n  void weigh();\n};\n',
    "Post.php": "<?php\nclass Post extends Carrier {\n    |\n\n    function weigh() { }\n}\n",
    "src/post.rs": "use crate::carrier::{Carrier, Other};\n\npub struct Post;\n\nimpl Other for Post {\n"
    "    fn of_name(&self) {}\n}\n\nimpl Carrier for Post {\n    |\n}\n",
}


def count(text: str) -> int:
    """Lexemes."""
    return len(re.findall(r"\w+|[^\w\s]", text))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    write(tmp_path / "shop", BASES)
    opened = Repository(Index.in_memory(tmp_path / "shop"), Scanner(tmp_path / "shop"))
    opened.refresh()
    return opened


def asked(repository: Repository, path: str, marked: str, budget: int = 168) -> Context:
    return repository.context(Document(marked.replace("|", ""), path), marked.index("|"), budget, count)


def missing(path: str, marked: str) -> tuple[list[str], list[str]]:
    """What is to be written at "|", with the signatures, and what may be overridden."""
    text = marked.replace("|", "")
    found = resolver({**BASES, path: text}, path)
    symbols = found.known.lookup.symbols(path)
    assert symbols is not None
    line = marked[: marked.index("|")].count("\n") + 1
    lacking = missing_at(found, view_of(path, tuple(text.split("\n")), line, symbols, Words()))
    signatures = [each.here.definition.signature for each in lacking.abstract]
    return signatures, [each.name for each in lacking.overridable]


@pytest.mark.parametrize("path", CLASSES)
def test_what_bases_leave_to_be_written(path: str) -> None:
    """Not what makes one of them, nor what belongs to them alone; what they do themselves may be overridden."""
    to_write, overridable = missing(path, CLASSES[path])
    assert len(to_write) == 2
    assert re.search(r"ship_parcel\(.*\bto\b", to_write[0])
    assert re.search(r"cancel_parcel\(.*number", to_write[1])
    assert overridable == ["is_open"]


GO = """package post

import "acme.com/shop/carrier"

type Post struct{ rate int }

var _ carrier.Carrier = (*Post)(nil)

func (p *Post) weigh() {}

|
"""


def test_what_a_type_of_go_has_yet_to_write_that_is_said_to_have_an_interface() -> None:
    to_write, _ = missing("post/post.go", GO)
    assert [each.partition("(")[0] for each in to_write] == ["ship_parcel", "cancel_parcel"]
    written = GO.replace("weigh()", "cancel_parcel(number string) error")
    assert [each.partition("(")[0] for each in missing("post/post.go", written)[0]] == ["ship_parcel"]
    assert missing("post/post.go", GO.replace("|", "").replace("{}", "{\n\t|\n}")) == ([], [])
    assert len(missing("post/post.go", GO.replace("(*Post)(nil)", "&Post{}"))[0]) == 2


@pytest.mark.parametrize("path", CLASSES)
def test_what_is_written_already_is_not_missing(path: str) -> None:
    marked = CLASSES[path].replace("weigh", "cancel_parcel").replace("Weigh", "cancel_parcel")
    if path.endswith(".rs"):
        marked = marked.replace("    |\n", "    fn cancel_parcel(&mut self, number: &str) {}\n    |\n")
    to_write, _ = missing(path, marked)
    assert len(to_write) == 1
    assert "ship_parcel" in to_write[0]


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("post.py", "from base import Carrier\n\n\nclass Post(Carrier):\n    def weigh(self):\n        |\n"),
        ("post.py", "from base import Carrier\n\n\nclass Post(Carrier):\n    pass\n\n\nx = |\n"),
        (
            "src/Post.java",
            "package src;\n\nclass Post extends Carrier {\n    Post() {\n        |\n    }\n}\n",
        ),
        (
            "src/post.rs",
            "use crate::carrier::Carrier;\n\nimpl Carrier for Post {\n    fn f() {\n        |\n    }\n}\n",
        ),
        (
            "src/post.rs",
            "use crate::carrier::Carrier;\nstruct Post;\nimpl Carrier for Post {}\n\nimpl Post {\n    |\n}\n",
        ),
        ("src/post.rs", "use crate::carrier::Carrier;\nstruct Post;\nimpl Carrier for Post {\n}\n|\n"),
    ],
)
def test_nothing_is_missing_elsewhere(path: str, marked: str) -> None:
    assert missing(path, marked) == ([], [])


def test_they_are_in_the_pack_however_small_with_their_signatures(tmp_path: Path) -> None:
    others = "".join(f"    def rate_{each}(self, weight):\n        return {each}\n\n" for each in range(40))
    head, _, rest = BASES["base.py"].partition("    @abstractmethod")
    caller = "".join(f"    post.rate_{each}(weight)\n" for each in range(40))
    files = {
        "base.py": head + others + "    @abstractmethod" + rest,
        "caller.py": f"def f(post, weight):\n{caller}",
    }
    write(tmp_path, files)
    with Repository(Index.in_memory(tmp_path), Scanner(tmp_path)) as opened:
        opened.refresh()
        shown = asked(opened, "post.py", CLASSES["post.py"])
    text = "\n".join(each.text for each in shown.snippets)
    assert "def ship_parcel(self, weight: float, to: str) -> str" in text
    assert "def cancel_parcel(self, number: str) -> None" in text


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("post.py", "def |"),
        ("post.py", "def shi|"),
        ("post.py", "async def |"),
        ("post.rb", "def |"),
        ("Post.php", "public function |"),
        ("src/post.rs", "fn |"),
    ],
)
def test_a_new_method_of_a_class_with_bases_is_not_a_name_that_nobody_knows(
    repository: Repository, path: str, typed: str
) -> None:
    context = asked(repository, path, CLASSES[path].replace("|", typed))
    assert context.quiet is None
    assert "ship_parcel" in "\n".join(each.text for each in context.snippets)


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("post.py", "from base import Carrier\n\n\ndef |\n"),
        ("post.py", "from base import Carrier\n\n\nclass Post:\n    def |\n"),
        (
            "post.py",
            CLASSES["post.py"]
            .replace("weigh(self): ...", "weigh(self):\n        def |")
            .replace("    |", "", 1),
        ),
        ("post.py", CLASSES["post.py"].replace("|", "class |")),
        ("src/post.rs", "pub struct Post;\n\nimpl Post {\n    fn |\n}\n"),
        ("src/post.rs", "fn |\n"),
        ("post.go", "package post\n\nfunc |\n"),
    ],
)
def test_other_new_names_are_nobodys(repository: Repository, path: str, marked: str) -> None:
    assert asked(repository, path, marked).quiet == "a new name is being written"


def test_what_a_base_leaves_to_be_written_is_read_once_but_for_the_own_file() -> None:
    """A class of the cursor's own file changes with every key: what it leaves is never taken from memory."""
    base = "class Base:\n    def go(self):\n        raise NotImplementedError\n"
    own = (
        "from base import Base\n\n\nclass Near:\n    def far(self):\n        raise NotImplementedError\n\n\n"
    )
    own += "class Both(Base, Near):\n    x = 1\n    \n"
    asking = resolver({"base.py": base, "own.py": own}, "own.py")
    lines = tuple(own.split("\n"))
    symbols = asking.known.lookup.buffers["own.py"].symbols
    view = view_of("own.py", lines, len(lines) - 1, symbols, Words())
    first = missing_at(asking, view)
    assert [each.name for each in first.abstract] == ["go"]
    assert {here.definition.name for here in asking.known.shared.to_write} == {"Base"}
    assert missing_at(asking, view) == first
