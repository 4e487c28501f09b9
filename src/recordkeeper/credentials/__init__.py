"""Passphrases, key pairs, signatures over bytes, session tokens; knows no records."""
