"""How much of what a hole needs from the rest of the repository is in the pack, at what cost, next to baselines."""
