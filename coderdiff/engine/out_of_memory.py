"""Out of memory is the request's end, not the process'."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from coderdiff.errors import ResourceError

_SAID = "can't allocate memory"


@contextmanager
def memory_for(what: str) -> Iterator[None]:
    """Turn torch's and Python's errors for lack of memory into one line; raises ResourceError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and _SAID not in str(error):
            raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise ResourceError(
            f"too little memory for {what}: use a smaller model, a shorter file or fewer requests at once"
        ) from None
