"""Recordkeeper: the records a company must be able to prove."""

__version__ = "0.1.0"
