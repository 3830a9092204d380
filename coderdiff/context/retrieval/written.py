"""Written types taken apart: that `dict[str, Circle]` and `map[string]Circle` have values that are circles.

Names are known by what the languages' own libraries call their containers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from coderdiff.context.retrieval.expressions import split_at, words

ShapeKind = Literal["many", "row", "table", "wrapped", "union", "callable", "other"]


class Shape(NamedTuple):
    """What kind of a container a type is, and of what: `arguments` are written types.

    A row has its parts, a table its key and value, a union its members; all others one. `other` is a type that is not
    known. `head` is the name before the brackets, "" if a sign says what it is.
    """

    kind: ShapeKind
    arguments: tuple[str, ...]
    head: str = ""


_MANY = words(
    """
    list List Sequence MutableSequence Iterable Iterator Collection Container Reversible set Set frozenset
    FrozenSet AbstractSet MutableSet deque Deque Generator AsyncIterable AsyncIterator AsyncGenerator
    ValuesView KeysView Array ReadonlyArray ReadonlySet IterableIterator IteratorObject ArrayLike ArrayList
    LinkedList Queue Stack Vector HashSet TreeSet LinkedHashSet SortedSet Stream PriorityQueue Vec VecDeque
    BTreeSet BinaryHeap IntoIterator IntoIter Iter ExactSizeIterator DoubleEndedIterator IEnumerable IList
    ICollection IReadOnlyList IReadOnlyCollection ISet IQueryable IAsyncEnumerable ConcurrentBag
    ConcurrentQueue ObservableCollection ImmutableList ImmutableArray Span ReadOnlySpan vector array span
    forward_list multiset unordered_set initializer_list queue stack priority_queue
    """
)

_TABLES = words(
    """
    dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict ChainMap ItemsView Map ReadonlyMap
    WeakMap Record HashMap TreeMap LinkedHashMap ConcurrentMap ConcurrentHashMap SortedMap BTreeMap IndexMap
    Dictionary IDictionary IReadOnlyDictionary ConcurrentDictionary SortedDictionary map unordered_map
    multimap unordered_multimap flat_map
    """
)
_ROWS = words(
    """
    tuple Tuple pair Entry KeyValuePair ValueTuple
    """
)
_WRAPPED = words(
    """
    Optional Annotated Final ClassVar Required NotRequired ReadOnly InitVar Awaitable Future Task type Type
    Unpack ContextManager AsyncContextManager AbstractContextManager AbstractAsyncContextManager Promise
    PromiseLike Readonly Partial NonNullable Awaited Ref Signal Observable Option Result Box Rc Arc Weak
    RefCell Cell Mutex RwLock MutexGuard RefMut Cow Pin CompletableFuture Supplier Provider Class ValueTask
    Nullable Lazy shared_ptr unique_ptr weak_ptr optional reference_wrapper
    """
)
_CALLABLE = words("Callable Function Func function")
_LAST = _CALLABLE | {"Coroutine"}
"""What counts of their types stands last."""

_NAMES: dict[ShapeKind, frozenset[str]] = {
    "many": _MANY,
    "table": _TABLES,
    "row": _ROWS,
    "wrapped": _WRAPPED | {"Coroutine"},
    "union": frozenset({"Union"}),
    "callable": _CALLABLE,
}
_NOTHING = frozenset({"None", "null", "undefined", "nil", "void", "NoneType"})
_BEFORE = re.compile(
    r"(?:(?:const|mut|readonly|final|dyn|impl|ref|out|in|params|unique|typename|struct|volatile|Awaited)\b\s*"
    r"|'\w+\s+|[&*]|<-)+"
)
_BEHIND = re.compile(r"(?:\s*(?:[&*?!]|\bconst))+$")
_BRACKETS = {"[": "]", "<": ">", "(": ")"}
_OPENING = re.compile(r"[\[<({]")
_SEPARATOR = re.compile(r"\.|::|\\")
_LIFETIME = re.compile(r"'\w+")
_NUMBER = re.compile(r"\d*$")


@lru_cache(maxsize=1 << 12)
def shape_of(written: str) -> Shape | None:
    """What a written type is a container of; None if it is a plain name, or unknown."""
    text = _plain(written)
    members = [each for each in split_at(text, "|") if _plain(each) not in _NOTHING]
    if len(members) > 1:
        return Shape("union", tuple(members))
    if members and members[0] != text:
        return shape_of(members[0]) or Shape("wrapped", (members[0],))
    if text.endswith("[]"):
        return Shape("many", (text[:-2],))
    opening = _OPENING.search(text)
    inside, behind = _inside(text, opening.start()) if opening else (None, "")
    if opening is None or inside is None:
        return None
    head = text[: opening.start()].strip()
    if head and (behind or opening[0] == "("):
        return Shape("table", (inside, behind)) if (head, opening[0]) == ("map", "[") else None
    return _by_name(head, inside) if head else _by_sign(opening[0], inside, behind)


def is_manager(head: str) -> bool:
    """Whether a type's name says that entering it gives what is in its brackets."""
    return head.endswith("ContextManager")


def made_with(name: str, types: str) -> str:
    """The type that a call gives by the types in its brackets (`<Circle>`): an `ArrayList` of these, but what is in
    the brackets of `make_shared`."""
    shape = shape_of(name + types)
    return name + types if shape is not None and shape.kind != "other" else f"({types[1:-1]})"


def _plain(written: str) -> str:
    """A type without quotes, and without the signs for pointers, references and what may be absent."""
    text = written.strip().lstrip(":").strip().strip("\"'").strip()
    before = _BEFORE.match(text)
    if before:
        text = text[before.end() :]
    return _BEHIND.sub("", text).strip()


def _inside(text: str, opening: int) -> tuple[str | None, str]:
    """What is in the brackets that open there, and what is behind them; None if nothing closes them."""
    opens = text[opening]
    closes, depth = _BRACKETS[opens], 0
    for at in range(opening, len(text)):
        if text[at] == opens:
            depth += 1
        elif text[at] == closes and text[at - 1] not in "-=":
            depth -= 1
            if depth == 0:
                return text[opening + 1 : at].strip(), text[at + 1 :].strip()
    return None, ""


def _by_sign(bracket: str, inside: str, behind: str) -> Shape | None:
    """`[]Circle`, `[Circle; 3]`, `[A, B]`, `(A, B)`, `(x) => Circle`."""
    parts = _arguments(inside)
    shape: Shape | None = None
    if behind:
        if bracket == "[" and _NUMBER.match(inside):
            shape = Shape("many", (behind,))
        elif bracket == "(" and behind.startswith("=>"):
            shape = Shape("callable", (behind[2:],))
    elif len(parts) > 1:
        shape = Shape("row", parts)
    elif parts:
        shape = Shape("many", (inside.partition(";")[0],)) if bracket == "[" else Shape("wrapped", parts)
    return shape


def _by_name(head: str, inside: str) -> Shape | None:
    name = _SEPARATOR.split(head)[-1]
    arguments = _arguments(inside)
    kind: ShapeKind | None = next((kind for kind, names in _NAMES.items() if name in names), None)
    if kind is None:
        return Shape("other", arguments, head) if len(arguments) == 1 else None
    if kind == "row" and arguments[1:] == ("...",):
        return Shape("many", arguments[:1], head)
    if len(arguments) < (2 if kind == "table" else 1):
        return None
    if kind not in ("row", "union"):
        arguments = arguments[-1:] if name in _LAST else arguments[: 2 if kind == "table" else 1]
    return Shape(kind, arguments, head)


def _arguments(inside: str) -> tuple[str, ...]:
    """The types in brackets; of `Item = Circle` the type, lifetimes left out."""
    parts = (each.rpartition(" = ")[2].strip() for each in split_at(inside, ","))
    return tuple(each for each in parts if each and not _LIFETIME.fullmatch(each))


@lru_cache(maxsize=1 << 10)
def bound_of(variable: str) -> re.Pattern[str] | None:
    """What tells in a head what a type variable is bound to: `<S: Store>`, `<S extends Store>`, `[S Store]`, `where S :
    Store`. None for a name that can be none."""
    if not variable.isidentifier() or not variable[0].isupper():
        return None
    return re.compile(
        rf"(?:[<\[,]|\bwhere\b)\s*(?:in\s|out\s)?{variable}(?:\s*:|\s+extends\b|\s+(?=[\w.*~]+\s*[\],]))\s*"
        r"(?:(?:class|struct|notnull)\s*,\s*)?([^,>\]){]+)"
    )
