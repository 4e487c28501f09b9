"""One function an act: load, decide, commit; the only place where the rooms meet."""
