"""HTTP <-> coderdiff's types: one file a wire dialect. See docs/architecture.md."""
