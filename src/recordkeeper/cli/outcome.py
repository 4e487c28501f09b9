"""How a command ended when it did its work but did not end well; none of these takes back what was done."""


class ProblemsFound(Exception):  # noqa: N818 - no error: the check ran and says what it found
    """The check ran and found problems."""


class CannotAssess(Exception):  # noqa: N818 - no error: the check ran, and its answer is that it cannot tell
    """The check ran and could not assess what it was asked for."""


class OutputLost(Exception):  # noqa: N818 - no error of the command: what it did stands
    """The result could not be written: the disk behind stdout is full."""
