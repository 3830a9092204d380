"""A cache that forgets what was used least recently, and its tests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LRUCache(Generic[Key, Value]):
    """At most `capacity` values; storing one more drops the one that was used longest ago."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        self.capacity = capacity
        self.hits = 0
        self.misses = 0
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Key) -> bool:
        return key in self._values

    def get(self, key: Key, default: Value | None = None) -> Value | None:
        """Look a value up, which makes it the one used most recently."""
        if key not in self._values:
            self.misses += 1
            return default
        self.hits += 1
        self._values.move_to_end(key)
        return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Store a value, and drop the oldest one if there are now too many."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self.capacity:
            self._values.popitem(last=False)

    def get_or_make(self, key: Key, make: Callable[[], Value]) -> Value:
        """Look a value up, or make and store it."""
        if key in self._values:
            self._values.move_to_end(key)
            self.hits += 1
            return self._values[key]
        self.misses += 1
        value = make()
        self.put(key, value)
        return value

    @property
    def hit_rate(self) -> float:
        """Share of the look-ups that found something."""
        total = self.hits + self.misses
        return self.hits / total if total else 0.0

    def clear(self) -> None:
        """Forget everything, the counts too."""
        self._values.clear()
        self.hits = 0
        self.misses = 0


def filled_cache() -> LRUCache[str, int]:
    """A full cache of two, "a" the older one."""
    cache: LRUCache[str, int] = LRUCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    return cache


def test_drops_the_oldest() -> None:
    """One value too many pushes the oldest out."""
    cache = filled_cache()
    cache.put("c", 3)
    assert "a" not in cache
    assert "b" in cache


def test_a_look_up_keeps_a_value() -> None:
    """A value that was just read is not the oldest any more."""
    cache = filled_cache()
    cache.get("a")
    cache.put("c", 3)
    assert "a" in cache
    assert "b" not in cache


def test_counts_hits_and_misses() -> None:
    """Every look-up counts, found or not."""
    cache = filled_cache()
    assert cache.get("a") == 1
    assert cache.get("z") is None
    assert cache.hits == 1
    assert cache.misses == 1
    assert cache.hit_rate == 0.5


def test_makes_what_is_missing_once() -> None:
    """The second look-up finds what the first one made."""
    cache = filled_cache()
    assert cache.get_or_make("c", lambda: 3) == 3
    assert cache.get_or_make("c", lambda: 4) == 3
