"""The exception tree. Every error a person can cause or must hear of is a `CoderdiffError`.

    CoderdiffError
    ├── InputError          a file, position or request that cannot be used
    ├── ConfigError         a setting that is unknown or out of range
    ├── CheckpointError     a model folder that is missing, corrupt or of an unknown kind
    ├── ResourceError       a machine that has too little memory for what was asked
    └── CorpusError         training data that is missing, corrupt or not allowed

Each carries one line for people: what is wrong, where, and what to do. The command line prints that line and
exits with status 2; servers put it into their dialect's error shape. Broken invariants are asserts, not these.
"""

from __future__ import annotations


class CoderdiffError(Exception):
    """Base of all errors meant for people."""


class InputError(CoderdiffError):
    """A file, position or request that cannot be used."""


class ConfigError(CoderdiffError):
    """A setting that is unknown or out of range."""


class CheckpointError(CoderdiffError):
    """A model folder that is missing, corrupt or of an unknown kind."""


class ResourceError(CoderdiffError):
    """A machine that has too little memory for what was asked."""


class CorpusError(CoderdiffError):
    """Training data that is missing, corrupt or not allowed."""
