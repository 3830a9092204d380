"""What a name stands for that neither an annotation nor a call gives directly, in languages other than Python."""

from __future__ import annotations

import pytest

from .lookups import resolver, said

_SHAPES_TS = """\
export class Ring { turn(): void {} }
export class Circle {
  inner: Ring;
  rings: Ring[];
  byName: Map<string, Ring>;
  pair: [Circle, Ring];
  get outer(): Ring { return this.inner; }
  grown(): Circle | null { return null; }
  all(): Array<Ring> { return []; }
  later(): Promise<Ring[]> { return null; }
}
export interface Props { circle: Circle; rings: readonly Ring[]; maybe?: Ring }
export type Rings = Ring[];
export function circles(): Circle[] { return []; }
export const pairOf = (): [Circle, Ring] => null;
"""
_APP_TS = """\
import { Circle, Ring, Props, Rings, circles, pairOf } from "./shapes";
class App {
  constructor(private readonly held: Circle, private all: Circle[]) { this.kept = held.inner; }
  async go(one: Circle, many: Circle[], table: Map<string, Circle>, record: Record<string, Ring>, props: Props,
      rings: Rings, list: ReadonlyArray<Ring>, found, maker: (n: number) => Ring, { circle, rings: given }: Props) {
    BODY
  }
}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for (const x of many) {}", "Circle"),
        ("for (const x of this.all) {}", "Circle"),
        ("for (const x of one.rings) {}", "Ring"),
        ("for (const x of circles()) {}", "Circle"),
        ("for (const x of rings) {}", "Ring"),
        ("for (const x of list) {}", "Ring"),
        ("for (const x of props.rings) {}", "Ring"),
        ("for (const x of table.values()) {}", "Circle"),
        ("for (const [k, x] of table) {}", "Circle"),
        ("for (const [k, x] of table.entries()) {}", "Circle"),
        ("for (const x of Object.values(record)) {}", "Ring"),
        ("for (const [k, x] of Object.entries(record)) {}", "Ring"),
        ("for (const [i, x] of many.entries()) {}", "Circle"),
        ("for (const x in many) {}", None),
        ("for (const x of await one.later()) {}", "Ring"),
        ("for (const x of found) {}", None),
        ("for (const x of [one, found]) {}", "Circle"),
        ("for (const x of many.filter((each) => each.ok)) {}", "Circle"),
        ("const x = one.inner;", "Ring"),
        ("const x = this.held;", "Circle"),
        ("const x = this.held.inner;", "Ring"),
        ("const x = this.kept;", "Ring"),
        ("const x = one.outer;", "Ring"),
        ("const x = one.missing;", None),
        ("const x = many[0];", "Circle"),
        ("const x = many[0]!;", "Circle"),
        ("const x = many[0].inner;", "Ring"),
        ("const x = many.at(-1);", "Circle"),
        ("const x = many.find((each) => each.ok);", "Circle"),
        ("const x = many.pop()!.inner;", "Ring"),
        ("const x = table.get('a');", "Circle"),
        ("const x = record['a'];", "Ring"),
        ("const x = one.pair[1];", "Ring"),
        ("const x = one.grown()!.grown();", "Circle"),
        ("const x = one?.grown()?.inner;", "Ring"),
        ("const x = found ?? one;", "Circle"),
        ("const x = found || one.inner;", "Ring"),
        ("const x = found && one.inner;", "Ring"),
        ("const x = found ? one.inner : null;", "Ring"),
        ("const x = one;", "Circle"),
        ("const y = one.inner; const x = y;", "Ring"),
        ("const { inner: x } = one;", "Ring"),
        ("const { circle: { inner: x } } = props;", "Ring"),
        ("const [, x] = pairOf();", "Ring"),
        ("const [x, ...rest] = many;", "Circle"),
        ("const [first, ...x] = list;", "Ring"),
        ("const [x, y] = await Promise.all([one.later(), found]);", "Ring"),
        ("const x = circle;", "Circle"),
        ("const x = given[0];", "Ring"),
        ("const x = maker(1);", "Ring"),
        ("const x = found as Ring;", "Ring"),
        ("const x = (found as Circle).inner;", "Ring"),
        ("let x; x = one.inner;", "Ring"),
        ("if (found instanceof Ring) {\n  const x = found;\n}", "Ring"),
        ("if (!(found instanceof Ring)) return;\nconst x = found;", "Ring"),
        ("if (found instanceof Ring) {}\n\nelse {\n  const x = found;\n}", None),
        ("const x = one === found;", None),
        ("const x = () => one;", None),
    ],
)  # fmt: skip
def test_typescript(body: str, expected: str | None) -> None:
    _check(
        {"shapes.ts": _SHAPES_TS, "app.ts": _APP_TS.replace("BODY", body)}, "app.ts", "App.go", "x", expected
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("many.forEach((x) => {\n  x.\n});", "Circle"),
        ("many.map(x =>\n  x.a);", "Circle"),
        ("one.rings.filter((x) =>\n  x.a);", "Ring"),
        ("found.forEach((x) => {\n  x.\n});", None),
        ("many.forEach((x) => {\n});\n", None),
    ],
)
def test_parameters_of_callbacks(body: str, expected: str | None) -> None:
    text = _APP_TS.replace("BODY", body)
    line = _APP_TS[: _APP_TS.index("BODY")].count("\n") + 1 + min(body.count("\n"), 2 - body.endswith("a);"))
    if expected:
        line = _APP_TS[: _APP_TS.index("BODY")].count("\n") + 2
    _check({"shapes.ts": _SHAPES_TS, "app.ts": text}, "app.ts", "App.go", "x", expected, line)


_OTHERS: dict[str, tuple[dict[str, str], str, str, list[tuple[str, str | None]]]] = {
    "go": (
        {
            "go.mod": "module example.org/acme\n",
            "shapes/shapes.go": """\
package shapes
type Ring struct {}
type Circle struct { Inner *Ring; Rings []*Ring; ByName map[string]Ring }
func (c *Circle) All() []Ring { return nil }
func (c *Circle) Inside() *Ring { return nil }
func Make() (*Circle, error) { return nil, nil }
func Two() (Circle, *Ring) { return nil, nil }
type Rings []*Ring
""",
            "app/app.go": """\
package app
import "example.org/acme/shapes"
type App struct { held shapes.Circle; all []shapes.Circle }
func (a *App) Go(one *shapes.Circle, many []*shapes.Circle, table map[string]*shapes.Circle, rings shapes.Rings,
    found interface{}, more ...shapes.Ring) {
    BODY
}
""",
        },
        "app/app.go",
        "App.Go",
        [
            ("for _, x := range many {}", "Circle"),
            ("for x := range many {}", None),
            ("for _, x := range a.all {}", "Circle"),
            ("for _, x := range one.Rings {}", "Ring"),
            ("for _, x := range one.All() {}", "Ring"),
            ("for _, x := range rings {}", "Ring"),
            ("for _, x := range more {}", "Ring"),
            ("for k, x := range table {}", "Circle"),
            ("for x := range table {}", None),
            ("for _, x := range many[1:] {}", "Circle"),
            ("for _, x := range found {}", None),
            ("x := one.Inner", "Ring"),
            ("x := a.held.Inner", "Ring"),
            ("x := a.held", "Circle"),
            ("x := &a.held", "Circle"),
            ("x := many[0]", "Circle"),
            ("x := table[\"a\"].Inner", "Ring"),
            ("x, ok := table[\"a\"]", "Circle"),
            ("ok, x := table[\"a\"]", None),
            ("x, err := shapes.Make()", "Circle"),
            ("_, x := shapes.Two()", "Ring"),
            ("x, _ := shapes.Two()", "Circle"),
            ("y, err := shapes.Make()\n    x := y.Inside()", "Ring"),
            ("b, x := one, one.Inner", "Ring"),
            ("x := one", "Circle"),
            ("var x = one.Inner", "Ring"),
            ("var x *shapes.Ring\n    x = found", "Ring"),
            ("many = append(many, found)\n    x := many[0]", "Circle"),
            ("x := new(shapes.Ring)", "Ring"),
            ("x := make([]shapes.Ring, 2)[0]", "Ring"),
            ("switch x := found.(type) {\n    case int:\n        a.b()\n    case *shapes.Ring:\n x.y() }", "Ring"),
        ],
    ),
    "rust": (
        {
            "src/lib.rs": "pub mod shapes;\nmod app;\n",
            "src/shapes.rs": """\
use std::collections::HashMap;
pub struct Ring;
pub struct Circle {
    pub inner: Ring, pub rings: Vec<Ring>, pub by_name: HashMap<String, Ring>, pub maybe: Option<Ring>,
}
impl Circle {
    pub fn all(&self) -> Vec<Ring> { vec![] }
    pub fn both(&self) -> (Circle, Ring) { todo!() }
    pub fn get(&self) -> Result<Ring, Error> { todo!() }
}
""",
            "src/app.rs": """\
use crate::shapes::{Circle, Ring};
use std::collections::HashMap;
pub struct App { held: Circle, all: Vec<Circle>, shared: Arc<Mutex<Circle>> }
impl App {
    fn go(&mut self, one: &Circle, many: &[Circle], table: &HashMap<String, Circle>, maybe: Option<Circle>) {
        BODY
    }
}
""",
        },
        "src/app.rs",
        "App.go",
        [
            ("for x in many {}", "Circle"),
            ("for x in &self.all {}", "Circle"),
            ("for x in self.all.iter_mut() {}", "Circle"),
            ("for (i, x) in many.iter().enumerate() {}", "Circle"),
            ("for (k, x) in table {}", "Circle"),
            ("for (k, x) in &one.by_name {}", "Ring"),
            ("for x in table.values() {}", "Circle"),
            ("for x in one.all() {}", "Ring"),
            ("for x in unknown() {}", None),
            ("let x = &self.held.inner;", "Ring"),
            ("let x = self.held;", "Circle"),
            ("let x = &many[0];", "Circle"),
            ("let x = &mut self.all[0];", "Circle"),
            ("let x = many[0].inner;", "Ring"),
            ("let x = many.first().unwrap();", "Circle"),
            ("let x = table.get(\"a\").unwrap();", "Circle"),
            ("let x = one.get()?;", "Ring"),
            ("let x = one.get().unwrap();", "Ring"),
            ("let x = one.clone();", "Circle"),
            ("let x = self.shared.lock().unwrap();", "Circle"),
            ("let x = one.maybe.as_ref().unwrap();", "Ring"),
            ("let (_, x) = one.both();", "Ring"),
            ("let (x, y) = (one, many);", "Circle"),
            ("if let Some(x) = maybe {}", "Circle"),
            ("if let Some(x) = table.get(\"a\") {}", "Circle"),
            ("while let Some(x) = self.all.pop() {}", "Circle"),
            ("let Some(x) = maybe else { return };", "Circle"),
            ("let y = one; let x = y.inner;", "Ring"),
            ("let x = one == many;", None),
        ],
    ),
    "java": (
        {
            "acme/Ring.java": "package acme;\npublic class Ring { void turn() {} }\n",
            "acme/Circle.java": """\
package acme;
public class Circle {
    public Ring inner; public List<Ring> rings; public Map<String, Ring> byName;
    public List<Ring> all() { return null; }
    public Optional<Ring> maybe() { return null; }
}
""",
            "acme/App.java": """\
package acme;
public class App {
    private Circle held; private List<Circle> all;
    void go(Circle one, List<Circle> many, Map<String, Circle> table, Circle[] array, Object found) {
        BODY
    }
}
""",
        },
        "acme/App.java",
        "App.go",
        [
            ("for (var x : many) {}", "Circle"),
            ("for (Ring x : many) {}", "Ring"),
            ("for (var x : this.all) {}", "Circle"),
            ("for (var x : all) {}", "Circle"),
            ("for (var x : one.rings) {}", "Ring"),
            ("for (var x : one.all()) {}", "Ring"),
            ("for (var x : array) {}", "Circle"),
            ("for (var x : table.values()) {}", "Circle"),
            ("for (var e : table.entrySet()) { var x = e.getValue(); }", "Circle"),
            ("for (var x : found) {}", None),
            ("var x = this.held;", "Circle"),
            ("var x = held.inner;", "Ring"),
            ("var x = one.inner;", "Ring"),
            ("var x = many.get(0);", "Circle"),
            ("var x = array[0];", "Circle"),
            ("var x = table.get(\"a\");", "Circle"),
            ("var x = table.get(\"a\").inner;", "Ring"),
            ("var x = one.maybe().get();", "Ring"),
            ("var x = one.maybe().orElse(null);", "Ring"),
            ("var x = many.stream().filter(each -> each.ok()).findFirst().get();", "Circle"),
            ("var x = found != null ? one : null;", "Circle"),
            ("var x = (Circle) found;", "Circle"),
            ("var list = new ArrayList<Circle>(); var x = list.get(0);", "Circle"),
            ("var x = one;", "Circle"),
            ("many.forEach(x -> x.y());", "Circle"),
        ],
    ),
    "c#": (
        {
            "Ring.cs": "namespace Acme;\npublic class Ring { public void Turn() {} }\n",
            "Circle.cs": """\
namespace Acme;
public class Circle {
    public Ring Inner { get; set; } public List<Ring> Rings { get; } public Dictionary<string, Ring> ByName;
    public async Task<List<Ring>> All() { return null; }
}
""",
            "App.cs": """\
namespace Acme;
class App {
    private Circle _held; private List<Circle> _all;
    void Go(Circle one, IEnumerable<Circle> many, Dictionary<string, Circle> table, Circle[] array, object found,
        Circle? maybe, (Circle, Ring) pair) {
        BODY
    }
}
""",
        },
        "App.cs",
        "App.Go",
        [
            ("foreach (var x in many) {}", "Circle"),
            ("foreach (var x in _all) {}", "Circle"),
            ("foreach (var x in one.Rings) {}", "Ring"),
            ("foreach (var x in await one.All()) {}", "Ring"),
            ("foreach (var x in array) {}", "Circle"),
            ("foreach (var (k, x) in table) {}", "Circle"),
            ("foreach (var e in table) { var x = e.Value; }", "Circle"),
            ("foreach (var x in table.Values) {}", "Circle"),
            ("foreach (var x in many.Where(each => each.Ok)) {}", "Circle"),
            ("foreach (var x in found) {}", None),
            ("var x = _held.Inner;", "Ring"),
            ("var x = this._held;", "Circle"),
            ("var x = array[0];", "Circle"),
            ("var x = table[\"a\"];", "Circle"),
            ("var x = many.First(each => each.Ok);", "Circle"),
            ("var x = found == null ? one : null;", "Circle"),
            ("var x = maybe ?? one;", "Circle"),
            ("var x = maybe?.Inner;", "Ring"),
            ("var (_, x) = pair;", "Ring"),
            ("var x = one;", "Circle"),
            ("many.Select(x => x.Y);", "Circle"),
        ],
    ),
    "c++": (
        {
            "shapes.hpp": """\
class Ring { public: void turn(); };
class Circle {
public:
    Ring inner; std::vector<Ring> rings; std::map<std::string, Ring> by_name; std::vector<Ring> all();
};
""",
            "app.hpp": '#include "shapes.hpp"\nclass App { Circle held; std::vector<Circle> kept; void go(); };\n',
            "app.cpp": """\
#include "app.hpp"
void App::go(const Circle& one, std::vector<Circle*>& many, std::map<std::string, Circle> table, int found,
    std::unique_ptr<Circle> owned, std::pair<Circle, Ring> both) {
    BODY
}
""",
        },
        "app.cpp",
        "App.go",
        [
            ("for (auto& x : many) {}", "Circle"),
            ("for (const auto& x : kept) {}", "Circle"),
            ("for (auto x : this->kept) {}", "Circle"),
            ("for (auto& x : one.rings) {}", "Ring"),
            ("for (auto x : held.all()) {}", "Ring"),
            ("for (const auto& [k, x] : table) {}", "Circle"),
            ("for (auto& e : table) { auto& x = e.second; }", "Circle"),
            ("for (auto x : found) {}", None),
            ("auto x = one.inner;", "Ring"),
            ("auto& x = this->held;", "Circle"),
            ("auto x = held.inner;", "Ring"),
            ("auto* x = many[0];", "Circle"),
            ("auto x = many.front();", "Circle"),
            ("auto x = many.begin();", "Circle"),
            ("auto it = table.find(1); auto x = it->second;", "Circle"),
            ("auto x = table[1].inner;", "Ring"),
            ("auto x = found ? one : one;", "Circle"),
            ("auto& x = owned->inner;", "Ring"),
            ("auto x = owned.get();", "Circle"),
            ("auto [y, x] = both;", "Ring"),
            ("auto x = both.first;", "Circle"),
            ("auto x = one;", "Circle"),
        ],
    ),
    "php": (
        {
            "Ring.php": "<?php\nnamespace Acme;\nclass Ring { public function turn() {} }\n",
            "App.php": "<?php\nnamespace Acme;\nclass App { private Ring $held; function go() {\n BODY\n} }\n",
        },
        "App.php",
        "App.go",
        [("$x = $this->held;", "Ring"), ("$x = $this->missing;", None), ("$y = $this->held; $x = $y;", "Ring")],
    ),
    "ruby": (
        {
            "ring.rb": "class Ring\n  def turn\n  end\nend\n",
            "app.rb": """\
require_relative 'ring'
class App
  def initialize
    @held = Ring.new
  end
  def go
    BODY
  end
end
""",
        },
        "app.rb",
        "App.go",
        [("x = @held", "Ring"), ("x = @missing", None), ("y = @held\n    x = y", "Ring"), ("x = y || @held", "Ring")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "body", "expected"),
    [(language, *case) for language, (*_, cases) in _OTHERS.items() for case in cases],
)
def test_other_languages(language: str, body: str, expected: str | None) -> None:
    files, path, scope, _ = _OTHERS[language]
    files = files | {path: files[path].replace("BODY", body)}
    line = files[path][: files[path].index(body)].count("\n") + 1 + body.count("\n")
    asked = "$x" if language == "php" else "x"
    _check(
        files, path, scope, asked, expected and (f"Acme.{expected}" if language == "-" else expected), line
    )


def _check(
    files: dict[str, str],
    path: str,
    scope: str,
    expression: str,
    expected: str | None,
    line: int | None = None,
) -> None:
    """What an expression is at the end of a file, or on a line: the name of a class of another file."""
    asked = resolver(files, path)
    owner = said(asked.owner(path, scope, expression, line or files[path].count("\n")))
    assert (owner and owner.partition(":")[2]) == expected
