"""What a repository holds, on disk and kept up to date: written by `build`, asked through `index`."""
