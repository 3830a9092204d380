"""Which licences a source may have: permissive ones, read from the package's own metadata.

The metadata's fields are described at https://packaging.python.org/specifications/core-metadata/.
"""

from __future__ import annotations

import re
from email.message import Message

from coderdiff.errors import CorpusError

PERMISSIVE = frozenset(
    {
        *("MIT", "MIT-CMU", "ISC", "HPND", "Zlib", "Apache-2.0", "PSF-2.0", "Python-2.0", "BSL-1.0"),
        *("BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "CC0-1.0", "Unlicense"),
    }
)
"""SPDX names (and `BSD` where the metadata does not say which) of licences that a source may have."""

_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
_FREE_TEXT = (
    (
        re.compile(r"(the )?apache(-| )?(software )?(license)?,?( version)?[- ]?2(\.0)?( license)?"),
        "Apache-2.0",
    ),
    (re.compile(r"(the )?(new |modified )?bsd( license)?"), "BSD"),
    (re.compile(r"(the )?(bsd[- ])?3[- ]clause( bsd)?( license)?"), "BSD-3-Clause"),
    (re.compile(r"(the )?(bsd[- ])?2[- ]clause( bsd)?( license)?"), "BSD-2-Clause"),
    (re.compile(r"(the )?mit( license)?"), "MIT"),
)


def permissive_licence(metadata: Message, name: str) -> str:
    """The licence that `metadata` declares for `name`, as an SPDX expression.

    Taken from License-Expression, else from the licence classifiers, else from a one-line License field.
    Raises CorpusError if there is none of these or not all of its parts are permissive.
    """
    licence = _declared(metadata)
    if licence is None:
        raise CorpusError(f"{name} declares no licence in its metadata: take it off the list of packages")
    if not is_permissive(licence):
        raise CorpusError(
            f"{name} is not under a permissive licence ({licence}): take it off the list of packages"
        )
    return licence


def is_permissive(expression: str) -> bool:
    """Whether every part of an SPDX expression joined by AND offers, among its ORs, a permissive licence."""
    parts = expression.replace("(", " ").replace(")", " ").split(" AND ")
    return all(any(term.strip() in PERMISSIVE for term in part.split(" OR ")) for part in parts)


def _declared(metadata: Message) -> str | None:
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression).strip()
    names = [
        classifier.split("::")[-1].strip()
        for classifier in metadata.get_all("Classifier") or ()
        if classifier.startswith("License ::") and not classifier.endswith("OSI Approved")
    ]
    if names:
        return " AND ".join(sorted({_CLASSIFIERS.get(name, name) for name in names}))
    first_line = str(metadata.get("License") or "").strip().split("\n")[0].strip()
    for pattern, licence in _FREE_TEXT:
        if pattern.fullmatch(first_line.lower()):
            return licence
    return first_line or None
