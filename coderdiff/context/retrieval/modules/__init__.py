"""Module names as languages write them -> files of the repository; one file for each manner of naming."""
