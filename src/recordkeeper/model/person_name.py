"""Names of people as they are compared: how wide, how spaced or how large they are written makes nobody another.

Source: P00-R6; ISO 9001, 7.5.3.2
"""

import re
import unicodedata

_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""What shows nothing and is neither a space nor a control or format character by its category."""


def folded_name(name: str) -> str:
    """A name as it is compared: compatible characters made one, no large letters, and nothing that is not seen.

    Args:
        name: as it was given.
    """
    wide = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = _UNSEEN.sub("", wide)
    return "".join(each for each in seen if unicodedata.category(each)[0] not in "CZ")
