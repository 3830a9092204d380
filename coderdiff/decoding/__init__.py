"""Logits -> text: canvas, policies, the one decode loop, finishing. Knows no family by name and does no I/O."""
