"""coderdiff: code completion by masked diffusion.

A hole in a file is filled by denoising all its tokens in parallel. `coderdiff.types` has the vocabulary,
`coderdiff.engine` puts the parts together, `coderdiff.cli` is the command line. See docs/architecture.md.
"""

from __future__ import annotations

__version__ = "0.1.0"
