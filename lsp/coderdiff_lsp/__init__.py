"""LSP <-> coderdiff's types: one file a feature, one position converter. See docs/architecture.md."""
