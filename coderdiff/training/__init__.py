"""Training: the corpus, the objective and the loop that makes the weights."""
