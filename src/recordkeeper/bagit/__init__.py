"""BagIt (RFC 8493): bags in a zip, written and read; knows the standard, not our records."""
