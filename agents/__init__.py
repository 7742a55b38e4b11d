"""Learning and its opponents."""
