"""A checkpoint on disk -> a network with stated capabilities."""
