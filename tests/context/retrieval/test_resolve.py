"""What expressions stand for, over several files, in each language; cycles; open buffers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from coderdiff.context.index.index import Index
from coderdiff.context.retrieval.known import Owner
from coderdiff.context.retrieval.lookup import Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.resolve import Resolver

from ..indexing import update, write
from .lookups import resolver, said

SHAPES = """\
class Base:
    def draw(self): ...

class Circle(Base):
    centre: "Point"
    def __init__(self, radius):
        self.radius = radius
        self.inner = Ring()
    def scale(self, by) -> "Circle": ...
    def ring(self) -> Ring: ...
    def same(self) -> Self: ...

class Ring:
    def turn(self): ...

class Point:
    x = 0

def make_ring(size) -> Ring: ...
def anything(): ...

Disc = Circle
UNIT = Circle(1)
"""
APP = """\
import acme.shapes
import acme.shapes as sh
from acme import shapes, Round
from acme.shapes import Circle, make_ring, UNIT, anything, Disc
from acme.star import *

class Shop(Circle):
    discs: list[Circle]

    def __init__(self, given: Circle | None, *more: Circle):
        self.given = given
        self.ring = make_ring(2)
        self.made = sh.Circle(1)

    def go(self, one: "Circle", two: Optional[shapes.Ring], three: dict[str, Circle]):
        four = Circle(1)
        five = four
        six = four.scale(2)
        with make_ring(1) as seven:
            pass
        eight = self.ring
        nine = anything()
        ten = Circle(1)
        ten = ten.ring()
        return ten
"""
FILES = {
    "src/acme/__init__.py": "from .shapes import Circle as Round\nfrom .shapes import *\n",
    "src/acme/shapes.py": SHAPES,
    "src/acme/star.py": "from acme.shapes import Ring\n\nclass Star:\n    def shine(self): ...\n",
    "src/acme/app.py": APP,
}
IN_GO = "Shop.go"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("one", "Circle"), ("two", "Ring"), ("three", "Circle"), ("four", "Circle"), ("five", "Circle"),
        ("six", "Circle"), ("seven", "Ring"), ("nine", None), ("ten", "Ring"), ("unknown", None),
        ("self.given", "Circle"), ("self.ring", "Ring"), ("self.made", "Circle"), ("self.discs", "Circle"),
        ("self.discs[0]", "Circle"), ("self.discs[0].inner", "Ring"), ("self.nothing", None),
        ("self.inner", "Ring"), ("self.centre", "Point"), ("self.scale(2)", "Circle"), ("self.ring.turn()", None),
        ("super()", "Circle"), ("cls", None), ("super().ring()", "Ring"), ("four.same()", "Circle"),
        ("four.scale(1).scale(2).inner", "Ring"), ("Circle(1)", "Circle"), ("Circle", "Circle"),
        ("make_ring(1)", "Ring"), ("make_ring", "Ring"), ("await_me", None), ("await make_ring(1)", "Ring"),
        ("shapes.make_ring(1)", "Ring"), ("acme.shapes.Circle(2).inner", "Ring"), ("sh.Circle", "Circle"),
        ("UNIT", "Circle"), ("UNIT.inner", "Ring"), ("Disc()", None), ("Round", "Circle"),
        ("Round(1).ring()", "Ring"),
        ("Ring", "Ring"), ("acme.Circle(1)", "Circle"), ("acme.Round.scale(1)", "Circle"),
        ("", None), ("(", None), ("1.5", None), ("a[", None), ("four.(", "Circle"),
    ],
)  # fmt: skip
def test_receivers_in_python(expression: str, expected: str | None) -> None:
    if expression == "cls":
        expected = "Shop"
    found = resolver(FILES, "src/acme/app.py").owner("src/acme/app.py", IN_GO, expression, 99)
    place = "src/acme/app.py" if expected == "Shop" else "src/acme/shapes.py"
    assert said(found) == (f"{place}:{expected}" if expected else None)


def test_modules_are_owners_too() -> None:
    asked = resolver(FILES, "src/acme/app.py")
    for expression in ("shapes", "sh", "acme.shapes"):
        owner = asked.owner("src/acme/app.py", "", expression, 99)
        assert said(owner) == "src/acme/shapes.py"
        assert owner is not None
        names = set(asked.classes.members(owner))
        assert {"Circle", "Ring", "make_ring", "UNIT"} <= names
        assert "scale" not in names
    package = asked.owner("src/acme/app.py", "", "acme", 99)
    assert package is not None
    assert {"Circle", "make_ring"} <= set(asked.classes.members(package))


def test_members_are_the_class_its_own_first() -> None:
    asked = resolver(FILES, "src/acme/app.py")
    cls = asked.classes.class_of("src/acme/app.py", IN_GO)
    assert cls is not None
    assert [said(each) for each in asked.classes.family(cls)] == [
        "src/acme/app.py:Shop",
        "src/acme/shapes.py:Circle",
        "src/acme/shapes.py:Base",
    ]
    assert "go" not in asked.classes.members(Owner(cls)), "the file shows it itself"
    names = list(resolver(FILES, "elsewhere.py").classes.members(Owner(cls)))
    assert names.index("go") < names.index("scale") < names.index("draw")
    assert said(asked.classes.member(cls, "draw")) == "src/acme/shapes.py:Base.draw"
    assert asked.classes.own_member(cls, "draw") is None


OTHERS = {
    "ts": (
        {
            "src/shapes.ts": """\
                export interface Sized { size(): number }
                export class Circle implements Sized {
                  inner: Ring = new Ring();
                  size(): number { return 1; }
                  grown(): Circle | null { return null; }
                }
                export class Ring { turn() {} }
                export type Round = Circle | undefined;
                export const makeRing = (n: number): Ring => new Ring();
            """,
            "src/index.ts": 'export * from "./shapes";\nexport { Circle as Disc } from "./shapes";\n',
            "src/store.ts": "class Store { pick(): void {} }\nexport default Store;\n",
            "src/app.ts": """\
                import { Circle, Round, makeRing } from "./shapes.js";
                import { Disc, Ring as R } from ".";
                import * as all from "@/shapes";
                import Shelf from "./store";
                class App {
                  private shelf: Shelf;
                  constructor(private readonly disc: Circle) { this.ring = makeRing(1); }
                  go(round: Round, many: Circle[], maybe: Promise<Circle>) {
                    const grown = round.grown();
                    this.disc.size();
                  }
                }
            """,
        },
        "src/app.ts",
        "App.go",
        {
            "this.disc": "src/shapes.ts:Circle",
            "this.ring": "src/shapes.ts:Ring",
            "this.shelf": "src/store.ts:Store",
            "this.disc?.inner": "src/shapes.ts:Ring",
            "this.disc!.inner": "src/shapes.ts:Ring",
            "round": "src/shapes.ts:Circle",
            "many[0].inner": "src/shapes.ts:Ring",
            "maybe": "src/shapes.ts:Circle",
            "grown": "src/shapes.ts:Circle",
            "new Disc()": "src/shapes.ts:Circle",
            "R": "src/shapes.ts:Ring",
            "all": "src/shapes.ts",
            "all.Circle": "src/shapes.ts:Circle",
            "Shelf": "src/store.ts:Store",
        },
    ),
    "go": (
        {
            "go.mod": "module example.org/acme\n",
            "shapes/circle.go": "package shapes\ntype Circle struct { Inner *Ring }\nfunc NewCircle() (*Circle, error) { return nil, nil }\n",
            "shapes/ring.go": "package shapes\ntype Ring struct {}\nfunc (c *Circle) Grow() *Circle { return c }\nfunc (r Ring) Turn() {}\n",
            "app/types.go": 'package app\nimport "example.org/acme/shapes"\ntype Base struct {}\nfunc (b *Base) Log() {}\ntype App struct { *Base; disc shapes.Circle }\n',
            "app/app.go": """\
                package app
                import sh "example.org/acme/shapes"
                func (a *App) Go(c *sh.Circle) {
                    d, err := sh.NewCircle()
                    e := &sh.Ring{}
                    f := a.disc.Grow()
                }
            """,
        },
        "app/app.go",
        "App.Go",
        {
            "a": "app/types.go:App",
            "a.disc": "shapes/circle.go:Circle",
            "a.disc.Inner": "shapes/ring.go:Ring",
            "c": "shapes/circle.go:Circle",
            "d": "shapes/circle.go:Circle",
            "e": "shapes/ring.go:Ring",
            "f": "shapes/circle.go:Circle",
            "c.Grow().Inner": "shapes/ring.go:Ring",
            "sh": "shapes/circle.go shapes/ring.go",
        },
    ),
    "rust": (
        {
            "src/lib.rs": "pub mod shapes;\nmod app;\n",
            "src/shapes/mod.rs": "mod ring;\npub use ring::Ring;\npub type Result<T> = std::result::Result<T, Error>;\npub struct Error;\npub struct Circle { pub inner: Ring }\nimpl Circle {\n    pub fn new() -> Self { todo!() }\n    pub fn try_new() -> Result<Self> { todo!() }\n    pub fn grown(&self) -> Option<Circle> { None }\n}\n",
            "src/shapes/ring.rs": "pub struct Ring;\nimpl Ring { pub fn turn(&self) {} }\n",
            "src/app.rs": """\
                use crate::shapes::{Circle, Ring as R};
                use super::shapes;
                pub struct App { disc: Circle, all: Vec<R> }
                impl App {
                    fn go(&self, other: &mut Circle) {
                        let a = Circle::new();
                        let b = shapes::Circle::new();
                        let c = self.disc.grown();
                        let d = a.inner;
                    }
                }
            """,
        },
        "src/app.rs",
        "App.go",
        {
            "self.disc": "src/shapes/mod.rs:Circle",
            "self.disc.inner": "src/shapes/ring.rs:Ring",
            "self.all[0]": "src/shapes/ring.rs:Ring",
            "other": "src/shapes/mod.rs:Circle",
            "a": "src/shapes/mod.rs:Circle",
            "b": "src/shapes/mod.rs:Circle",
            "c": "src/shapes/mod.rs:Circle",
            "Circle::new()": "src/shapes/mod.rs:Circle",
            "Self": "src/app.rs:App",
            "shapes": "src/shapes/mod.rs",
            "shapes::Ring": "src/shapes/ring.rs:Ring",
            "R": "src/shapes/ring.rs:Ring",
        },
    ),
    "java": (
        {
            "src/com/acme/shapes/Circle.java": "package com.acme.shapes;\npublic class Circle { public Ring inner; public Circle grown() { return this; } }\n",
            "src/com/acme/shapes/Ring.java": "package com.acme.shapes;\npublic class Ring { void turn() {} }\n",
            "src/com/acme/app/Base.java": "package com.acme.app;\nimport com.acme.shapes.*;\nclass Base<T> { protected Ring ring; Circle make() { return null; } }\n",
            "src/com/acme/app/App.java": """\
                package com.acme.app;
                import com.acme.shapes.Circle;
                public class App extends Base<Circle> {
                    private Circle disc = new Circle();
                    void go(List<Circle> many) {
                        var a = new Circle();
                        var b = make();
                        var c = disc.grown();
                    }
                }
            """,
        },
        "src/com/acme/app/App.java",
        "App.go",
        {
            "disc": "src/com/acme/shapes/Circle.java:Circle",
            "this.disc": "src/com/acme/shapes/Circle.java:Circle",
            "disc.inner": "src/com/acme/shapes/Ring.java:Ring",
            "many": "src/com/acme/shapes/Circle.java:Circle",
            "a": "src/com/acme/shapes/Circle.java:Circle",
            "b": "src/com/acme/shapes/Circle.java:Circle",
            "c": "src/com/acme/shapes/Circle.java:Circle",
            "make()": "src/com/acme/shapes/Circle.java:Circle",
            "ring": "src/com/acme/shapes/Ring.java:Ring",
            "super": "src/com/acme/app/Base.java:Base",
        },
    ),
    "c#": (
        {
            "src/Acme.Shapes/Circle.cs": "namespace Acme.Shapes {\npublic class Circle { public Ring Inner { get; set; } public Circle Grown() { return this; } }\n}\n",
            "src/Acme.Shapes/Ring.cs": "namespace Acme.Shapes;\npublic partial class Ring { public void Turn() {} }\n",
            "src/Acme.Shapes/RingMore.cs": "namespace Acme.Shapes;\npublic partial class Ring { public Circle Around; }\n",
            "src/App/App.cs": """\
                using Acme.Shapes;
                using C = Acme.Shapes.Circle;
                namespace App {
                class Program {
                    private readonly Circle _disc = new Circle();
                    public Ring Ring { get; set; }
                    void Go(Circle other) {
                        var a = new Circle();
                        var b = _disc.Grown();
                    }
                }}
            """,
        },
        "src/App/App.cs",
        "App.Program.Go",
        {
            "_disc": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
            "this.Ring": "src/Acme.Shapes/Ring.cs:Ring",
            "Ring.Around": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
            "other.Inner": "src/Acme.Shapes/Ring.cs:Ring",
            "a": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
            "b": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
            "C": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
            "Acme.Shapes.Circle": "src/Acme.Shapes/Circle.cs:Acme.Shapes.Circle",
        },
    ),
    "php": (
        {
            "app/Models/User.php": "<?php\nnamespace App\\Models;\nclass User { public Post $last; public static function find(int $id): static {} public function posts(): Post {} }\n",
            "app/Models/Post.php": "<?php\nnamespace App\\Models;\nclass Post { public function title(): string {} }\n",
            "app/Http/Home.php": """\
                <?php
                namespace App\\Http;
                use App\\Models\\{User, Post as P};
                class Home {
                    private User $user;
                    public function __construct(private P $post) { $this->made = new User(); }
                    public function go(User $other) {
                        $a = new User();
                        $b = $this->user->posts();
                        $c = User::find(1);
                    }
                }
            """,
        },
        "app/Http/Home.php",
        "Home.go",
        {
            "$this->user": "app/Models/User.php:User",
            "$this->post": "app/Models/Post.php:Post",
            "$this->made": "app/Models/User.php:User",
            "$this->user->last": "app/Models/Post.php:Post",
            "$other": "app/Models/User.php:User",
            "$a": "app/Models/User.php:User",
            "$b": "app/Models/Post.php:Post",
            "$c": "app/Models/User.php:User",
            "User::find(1)->posts()": "app/Models/Post.php:Post",
            "self": "app/Http/Home.php:Home",
        },
    ),
    "ruby": (
        {
            "lib/acme/circle.rb": "module Acme\n  class Circle\n    def initialize\n      @ring = Ring.new\n    end\n  end\nend\n",
            "lib/acme/ring.rb": "module Acme\n  class Ring\n    def turn\n    end\n  end\nend\n",
            "lib/app.rb": """\
                require_relative "acme/circle"
                require "acme/ring"
                class App
                  def initialize
                    @disc = Acme::Circle.new
                  end
                  def go
                    a = Acme::Ring.new(1)
                  end
                end
            """,
        },
        "lib/app.rb",
        "App.go",
        {
            "@disc": "lib/acme/circle.rb:Acme.Circle",
            "a": "lib/acme/ring.rb:Acme.Ring",
            "Acme::Circle.new": "lib/acme/circle.rb:Acme.Circle",
            "self": "lib/app.rb:App",
        },
    ),
    "c++": (
        {
            "include/acme/shapes.hpp": "namespace acme {\nclass Ring { public: void turn(); };\nclass Circle { public: Ring inner; Circle* grown(); };\n}\n",
            "src/app.hpp": "#include <acme/shapes.hpp>\nclass App { acme::Circle disc; std::shared_ptr<acme::Circle> held; void go(const acme::Circle& c); };\n",
            "src/app.cpp": """\
                #include "app.hpp"
                using namespace acme;
                void App::go(const Circle& c) {
                    Circle a;
                    auto b = std::make_shared<Circle>(1);
                    auto d = new Circle();
                    disc.grown();
                }
            """,
        },
        "src/app.cpp",
        "App.go",
        {
            "c": "include/acme/shapes.hpp:acme.Circle",
            "a": "include/acme/shapes.hpp:acme.Circle",
            "b": "include/acme/shapes.hpp:acme.Circle",
            "d": "include/acme/shapes.hpp:acme.Circle",
            "disc": "include/acme/shapes.hpp:acme.Circle",
            "this->disc": "include/acme/shapes.hpp:acme.Circle",
            "held": "include/acme/shapes.hpp:acme.Circle",
            "disc.grown()->inner": "include/acme/shapes.hpp:acme.Ring",
        },
    ),
}


@pytest.mark.parametrize(
    ("language", "expression", "expected"),
    [
        (language, expression, expected)
        for language, (_, _, _, cases) in OTHERS.items()
        for expression, expected in cases.items()
    ],
)
def test_receivers_in_other_languages(language: str, expression: str, expected: str) -> None:
    files, path, scope, _ = OTHERS[language]
    assert said(resolver(files, path).owner(path, scope, expression, 99)) == expected


def test_go_methods_of_other_files_of_the_package_are_members() -> None:
    files, path, scope, _ = OTHERS["go"]
    asked = resolver(files, "elsewhere.go")
    circle = asked.owner(path, scope, "c", 99)
    assert circle is not None
    assert set(asked.classes.members(circle)) == {"Inner", "Grow"}
    app = asked.owner(path, scope, "a", 99)
    assert app is not None
    assert set(asked.classes.members(app)) == {"disc", "Go", "Log"}


def test_a_name_of_many_files_is_nobodys() -> None:
    files = {f"pkg{each}/circle.go": f"package pkg{each}\ntype Circle struct {{}}\n" for each in range(3)}
    files["app/app.go"] = "package app\nfunc Go(c Circle) {}\n"
    assert resolver(files, "app/app.go").owner("app/app.go", "Go", "c", 2) is None
    files["app/circle.go"] = "package app\ntype Circle struct {}\n"
    found = resolver(files, "app/app.go").owner("app/app.go", "Go", "c", 2)
    assert said(found) == "app/circle.go:Circle"


def test_cycles_end() -> None:
    files = {
        "a.py": "from b import *\nfrom b import B\nclass A(B):\n    def go(self):\n        self.x = self.y.z()\n        self.y = self.x.z()\n        v = v.w()\n",
        "b.py": "from a import *\nfrom a import A\nclass B(A): ...\nT = U\nU = T\n",
    }
    asked = resolver(files, "a.py")
    cls = asked.classes.class_of("a.py", "A.go")
    assert cls is not None
    assert len(asked.classes.family(cls)) == 2
    for expression in ("self.x", "self.y.z()", "v", "T", "U", "missing", "self.missing.too"):
        assert asked.owner("a.py", "A.go", expression, 9) is None


def test_many_stars_and_many_wrong_bindings_take_no_time() -> None:
    every = "".join(f"from m{each} import *\n" for each in range(40))
    fields = "".join(f"        self.x = self.x.f{each}()\n" for each in range(40))
    files = {f"m{each}.py": f"{every}class C{each}:\n    def go(self):\n{fields}" for each in range(40)}
    asked = resolver(files, "m0.py")
    began = time.process_time()
    assert asked.owner("m0.py", "C0.go", "missing.thing", 9) is None
    assert asked.owner("m0.py", "C0.go", "self.x", 9) is None
    assert said(asked.owner("m0.py", "C0.go", "C7", 9)) == "m7.py:C7"
    assert time.process_time() - began < 1.0


def test_an_open_buffer_stands_for_its_file() -> None:
    changed = SHAPES.replace("def turn", "def spin")
    asked = resolver(FILES, "src/acme/app.py", {"src/acme/shapes.py": changed})
    owner = asked.owner("src/acme/app.py", IN_GO, "self.ring", 99)
    assert owner is not None
    assert list(asked.classes.members(owner)) == ["spin"]
    new = resolver(
        FILES,
        "src/acme/app.py",
        {
            "src/acme/app.py": "from fresh import New\nx = New()\n",
            "fresh.py": "class New:\n    def go(self): ...\n",
        },
    )
    assert said(new.owner("src/acme/app.py", "", "x", 2)) == "fresh.py:New"


def test_it_reads_a_real_index(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    with Index.in_memory(tmp_path) as index:
        update(index, tmp_path)
        asked = Resolver(Overlay(index, {}), Modules(index.paths()), "src/acme/app.py")
        assert (
            said(asked.owner("src/acme/app.py", IN_GO, "self.made.ring()", 99)) == "src/acme/shapes.py:Ring"
        )
        assert asked.owner("nowhere.py", "", "x", 1) is None
