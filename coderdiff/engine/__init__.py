"""Requests on one device: cached KV, and the one place that puts the parts together."""
