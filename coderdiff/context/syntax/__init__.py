"""One file's bytes -> its symbols, whatever state the code is in."""
