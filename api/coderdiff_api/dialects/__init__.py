"""The wire formats, one file each: a request body becomes a `Wish`, completions become a response body."""
