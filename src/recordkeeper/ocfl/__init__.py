"""OCFL 1.1: writing, reading and validating a storage root; knows the standard, not our records."""
