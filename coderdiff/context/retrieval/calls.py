"""Functions of the languages' own libraries that give back what they are given, or something of it: `next(circles)`.

They count where a name means nothing of the repository's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from coderdiff.context.retrieval.elements import Elements
from coderdiff.context.retrieval.expressions import Segment, split_at
from coderdiff.context.retrieval.known import Many, Row, Value

ValueOf = Callable[[str], Value | None]
"""The value of an expression, as it is seen from some place."""

GivenForm = Literal[
    "same", "each", "many", "said", "entered", "counted", "beside", "results", "values", "pairs"
]


class Given(NamedTuple):
    """What a call gives, by its arguments: the `same` as one of them, the first that is known; an element of `each`;
    `many` of all their elements; what is `said` by the first; what the first is `entered` as; the first's elements
    `counted`, or those of several `beside` each other; the `results` of calling the first; its `values` or `pairs`."""

    form: GivenForm
    arguments: tuple[str, ...]


_NAMES: dict[GivenForm, str] = {
    "same": (
        "copy.copy copy.deepcopy dataclasses.replace attrs.evolve attr.evolve asyncio.wait_for asyncio.shield "
        "asyncio.create_task asyncio.ensure_future asyncio.run contextlib.closing contextlib.aclosing "
        "contextlib.nullcontext append Some Ok Box.new Rc.new Arc.new Mutex.new RwLock.new RefCell.new std.move "
        "std.forward Promise.resolve Promise.all Objects.requireNonNull structuredClone"
    ),
    "each": "next anext min max random.choice secrets.choice",
    "many": (
        "list set frozenset tuple sorted reversed iter aiter collections.deque itertools.chain itertools.islice "
        "itertools.cycle random.sample tqdm.tqdm chain.from_iterable Array.from List.of List.copyOf Set.copyOf "
        "Arrays.asList Array.of"
    ),
    "said": "typing.cast t.cast typing.assert_type new make get_object_or_404 aget_object_or_404 session.get",
    "entered": "stack.enter_context stack.enter_async_context",
    "counted": "enumerate",
    "beside": "zip",
    "results": "map",
    "values": "Object.values",
    "pairs": "Object.entries",
}
_FORMS: dict[str, GivenForm] = {name: form for form, names in _NAMES.items() for name in names.split()}
_FORMS |= {name.partition(".")[2]: form for name, form in _FORMS.items() if name.islower() and "." in name}
"""A function of a module is called by its name alone too, where that is what was imported."""

_OF_SECOND = frozenset({"filter", "takewhile", "dropwhile"})


def given_by(segments: tuple[Segment, ...]) -> Given | None:
    """What a call that begins a dotted expression gives (`next(xs)`, `typing.cast(A, x)`); None for another."""
    called = segments[-1]
    arguments = [each for each in split_at(called.behind[0][1:-1], ",", angles=False) if each]
    arguments = [each for each in arguments if "=" not in each.partition("(")[0]]
    name = ".".join(each.name for each in segments)
    if name in _OF_SECOND:
        return Given("many", tuple(arguments[1:2]))
    form = _FORMS.get(name)
    if form is None or not arguments:
        return None
    if name in ("min", "max") and len(arguments) > 1:
        form = "same"
    if form in ("said", "each", "counted") or (form == "many" and "chain" not in name):
        del arguments[1:]
    return Given(form, tuple(arguments))


def result_of(
    given: Given, value_of: ValueOf, elements: Elements, keys_only: bool, depth: int
) -> Value | None:
    """The value that such a call gives, unless it is `said`. `value_of` tells an argument's value."""
    if given.form == "results":
        return Many(value_of(f"{given.arguments[0]}()"))
    values = [value_of(each) for each in given.arguments]
    match given.form:
        case "same":
            return next((each for each in values if each is not None), None)
        case "entered":
            return elements.entered(values[0], depth)
        case "values" | "pairs":
            member = "values" if given.form == "values" else "entries"
            return elements.member(values[0], member, True, depth)
    each_of = [elements.each(each, keys_only, depth) for each in values]
    first = next((each for each in each_of if each is not None), None)
    if given.form == "each":
        return first
    rows = {"counted": Row((None, first)), "beside": Row(tuple(each_of))}
    return Many(rows.get(given.form, first))
