"""Reading replies without a model: pure, synchronous, offline."""
