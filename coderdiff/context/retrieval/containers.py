"""What containers give: their elements, items and parts, and what their methods return, in any of the languages."""

from __future__ import annotations

import re

from coderdiff.context.retrieval.expressions import words
from coderdiff.context.retrieval.known import Many, Row, Said, Table, Value

Container = Many | Row | Table

_GIVE_ITEM = words(
    """
    begin cbegin rbegin pop popleft popright shift at get get_mut first last front back top peek poll next
    next_back nth find
    findLast getFirst getLast removeFirst removeLast pop_front pop_back first_mut last_mut
    First Last FirstOrDefault LastOrDefault Single SingleOrDefault ElementAt Dequeue Pop Peek Find elementAt
    firstElement lastElement __getitem__ __next__ __anext__ create find_by first! last! sole firstOrFail get_or_404
    first_or_404 one one_or_none aget acreate afirst alast earliest
    """
)
_GIVE_MAYBE = frozenset({"findFirst", "findAny"})
_GIVE_SAME = words(
    """
    copy clone to_owned filter slice reverse reversed toReversed sort toSorted concat flat iter iter_mut
    into_iter values stream parallelStream toList toArray ToList ToArray ToHashSet AsEnumerable Where OrderBy
    OrderByDescending ThenBy Skip Take TakeWhile SkipWhile Distinct Reverse Concat skip take rev cloned copied
    limit distinct drain collect peekable chain union intersection difference subList sorted as_slice to_vec
    iterator unwrap expect unwrap_or_default as_ref as_mut order_by exclude tolist Clone await lock borrow
    all where order includes joins preload filter_by select_related prefetch_related annotate orderBy with
    """
)
_GIVE_MADE = frozenset({"get_or_create", "update_or_create"})
_GIVE_PAIRS = frozenset({"enumerate", "entries"})
_GIVE_VALUE = words(
    """
    get get_mut pop setdefault at getOrDefault computeIfAbsent computeIfPresent remove GetValueOrDefault
    __getitem__
    """
)
_GIVE_VALUES = frozenset({"values", "Values", "values_mut", "into_values"})
_GIVE_KEYS = frozenset({"keys", "Keys", "keySet", "into_keys"})
_GIVE_ITEMS = frozenset({"items", "entries", "entrySet", "iter", "iter_mut", "into_iter"})
_GIVE_ROW = words("popitem begin cbegin find first_key_value last_key_value firstEntry lastEntry")
_PARTS = {"first": 0, "key": 0, "Key": 0, "getKey": 0, "second": 1, "value": 1, "Value": 1, "getValue": 1}

_PART = re.compile(r"-?\d+")


def each_of(value: Container, keys_only: bool) -> Value | None:
    """What a loop gets one after the other; of a table its keys alone, or rows of key and value."""
    if isinstance(value, Many):
        return value.each
    if isinstance(value, Row):
        return value.parts[0] if value.parts and len(set(value.parts)) == 1 else None
    return value.key if keys_only else Row((value.key, value.value))


def pairs_of(value: Container) -> Row | None:
    """What a loop that counts gets: number and element, or key and value."""
    if isinstance(value, Table):
        return Row((value.key, value.value))
    return Row((None, each_of(value, True)))


def item_of(value: Container, index: str) -> Value | None:
    """What an index gives; a stretch of something is the same again."""
    if isinstance(value, Table):
        return value.value
    if ":" in index or ".." in index:
        return value if isinstance(value, Many) else None
    return part_of(value, index)


def part_of(value: Container, number: str) -> Value | None:
    """The part of a number that a value is taken apart into; "rest" for what is left."""
    if isinstance(value, Many):
        return value if number == "rest" else value.each
    if not isinstance(value, Row):
        return value.key
    if not _PART.fullmatch(number) or not -len(value.parts) <= int(number) < len(value.parts):
        return each_of(value, True) if number != "rest" else None
    return value.parts[int(number)]


def member_of(value: Container, name: str) -> Value | None:
    """What a container's method or property gives, as far as its name tells."""
    if isinstance(value, Row):
        at = _PARTS.get(name, len(value.parts))
        return value.parts[at] if at < len(value.parts) else None
    found: Value | None = value if name in _GIVE_SAME else None
    if isinstance(value, Many):
        if name in _GIVE_ITEM:
            found = value.each
        elif name in _GIVE_MAYBE and isinstance(value.each, Said):
            found = value.each._replace(written=f"Optional<{value.each.written}>")
        elif name in _GIVE_MADE:
            found = Row((value.each, None))
        elif name in _GIVE_PAIRS:
            found = Many(Row((None, value.each)))
        return found
    row = Row((value.key, value.value))
    if name in _GIVE_VALUE:
        found = value.value
    elif name in _GIVE_VALUES:
        found = Many(value.value)
    elif name in _GIVE_KEYS:
        found = Many(value.key)
    elif name in _GIVE_ITEMS:
        found = Many(row)
    elif name in _GIVE_ROW:
        found = row
    return found
