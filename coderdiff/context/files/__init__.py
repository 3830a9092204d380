"""Which files of a repository are worth reading, and why the others are left out."""
