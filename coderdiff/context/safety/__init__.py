"""What must not leave a file: secrets, and text that forges structure."""
