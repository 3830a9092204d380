"""A change -> a verified plan of edits over the repository. No torch."""
