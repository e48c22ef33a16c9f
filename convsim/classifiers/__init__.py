"""Classifiers: adapters of `ports.Classifier`."""
