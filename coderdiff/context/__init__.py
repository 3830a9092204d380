"""A repository -> a pack of snippets. No torch."""
