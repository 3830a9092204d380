"""A coderdiff server of one's own, in a process of its own: started on a free port, and ended."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from coderdiff.errors import EngineError

_SETTING = "CODERDIFF_SERVE_"
_GRACE_S = 20.0


@contextmanager
def own_server(arguments: Sequence[str]) -> Iterator[str]:
    """Serve with `arguments` of `coderdiff serve` until the block ends; gives the URL once the model is loaded.

    It has none of the settings that the environment holds, and its feedback goes into a folder that is deleted.
    Raises EngineError, with what the server said last, if it does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTING)}
        environment[f"{_SETTING}FEEDBACK"] = str(Path(folder) / "feedback.sqlite3")
        server = subprocess.Popen(
            [sys.executable, "-m", "coderdiff_api", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            yield _url(server)
        finally:
            server.terminate()
            try:
                server.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _url(server: subprocess.Popen[str]) -> str:
    """Read the server's opening lines until it is ready."""
    assert server.stderr is not None
    url, line = "", ""
    for line in server.stderr:
        if (found := re.search(r"serving at (\S+)", line)) is not None:
            url = found[1]
        if "ready:" in line:
            threading.Thread(target=server.stderr.read, daemon=True).start()  # a full pipe would stop it
            return url
    raise EngineError(f"the server did not start: {line.strip().removeprefix('coderdiff-api: ')}")
