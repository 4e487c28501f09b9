"""The database: acts, events and everything made from them for finding; the only room that speaks SQL."""
