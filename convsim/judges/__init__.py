"""Judges: what concludes from a whole transcript."""
