"""The exception tree. Every error a person can cause or must hear of is a `CoderdiffError`.

    CoderdiffError
    ├── InputError          a file, position or request that cannot be used
    │   └── TooLongError    more text than the model reads at once, where none of it may be left out
    ├── ConfigError         a setting that is unknown or out of range
    ├── CheckpointError     a model folder that is missing, corrupt or of an unknown kind
    ├── CorpusError         training data that is missing, corrupt or not allowed
    └── EngineError         a request that could not be computed
        ├── OverloadedError more requests wait than are let in: come back later
        └── ClosedError     the engine is shutting down

Each carries one line for people: what is wrong, where, and what to do. The command line prints that line and
exits with status 2; servers put it into their dialect's error shape. Broken invariants are asserts, not these.
"""

from __future__ import annotations


class CoderdiffError(Exception):
    """Base of all errors meant for people."""


class InputError(CoderdiffError):
    """A file, position or request that cannot be used."""


class TooLongError(InputError):
    """More text than the model reads at once, where none of it may be left out."""


class ConfigError(CoderdiffError):
    """A setting that is unknown or out of range."""


class CheckpointError(CoderdiffError):
    """A model folder that is missing, corrupt or of an unknown kind."""


class CorpusError(CoderdiffError):
    """Training data that is missing, corrupt or not allowed."""


class EngineError(CoderdiffError):
    """A request that could not be computed: no memory left, or a failure inside the engine."""


class OverloadedError(EngineError):
    """More requests wait than are let in. `retry_after_s`: when there should be room, from measured times."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ClosedError(EngineError):
    """The engine is shutting down and takes no more requests."""
