"""From a cursor and an index to the snippets that are shown."""
