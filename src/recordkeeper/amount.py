"""How many of what, as a sentence counts them: one noun for one, another for several."""

from recordkeeper.language import listing, ngettext


def amount(noun: str, number: int) -> str:
    """``number`` with its noun, in the language in use.

    Args:
        noun: the English plural, ``records``.
        number: how many.
    """
    words = {
        "acts": ngettext("{count} act", "{count} acts", number),
        "archived versions": ngettext("{count} archived version", "{count} archived versions", number),
        "bytes": ngettext("{count} byte", "{count} bytes", number),
        "cells": ngettext("{count} cell", "{count} cells", number),
        "characters": ngettext("{count} character", "{count} characters", number),
        "events": ngettext("{count} event", "{count} events", number),
        "files": ngettext("{count} file", "{count} files", number),
        "findings": ngettext("{count} finding", "{count} findings", number),
        "objects": ngettext("{count} object", "{count} objects", number),
        "records": ngettext("{count} record", "{count} records", number),
        "rows": ngettext("{count} row", "{count} rows", number),
        "signatures": ngettext("{count} signature", "{count} signatures", number),
        "subjects": ngettext("{count} subject", "{count} subjects", number),
    }
    return words[noun].format(count=number)


def amounts(**numbers: int) -> str:
    """Several of them, one after the other; an underscore stands for a space in a noun."""
    return listing(amount(noun.replace("_", " "), number) for noun, number in numbers.items())
