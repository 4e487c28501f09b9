"""A file that a person names on the command line and that is to be there."""

import os
from pathlib import Path

import click

from recordkeeper.language import translate as _


class GivenFile(click.Path):
    """A file to be read: where there is none of that name, there is no such thing; a folder is wrong usage.

    Raises:
        NoFileError: there is none.
    """

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, if it names a file."""
        if not os.path.lexists(value):
            from recordkeeper.services.attachment import NoFileError

            raise NoFileError(Path(value), _("nothing"))
        return super().convert(value, param, ctx)


PRESENT_FILE = GivenFile()
