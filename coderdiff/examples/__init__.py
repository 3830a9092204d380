"""Ordinary application code whose holes `coderdiff demo` fills; `holes.toml` says which."""
