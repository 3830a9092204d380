"""The training corpus: public Python packages, filtered, deduplicated, split by package and sharded."""
