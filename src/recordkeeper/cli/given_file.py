"""A file that a person names on the command line: one that is to be there, or a pack that is to be made."""

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

            raise NoFileError(Path(value), _("No such file or directory"))
        return super().convert(value, param, ctx)


class NewZip(click.Path):
    """A pack to be written: what it is called says that it is a zip. Whether it is there its writer asks."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path, if it ends in .zip."""
        if Path(value).suffix.lower() != ".zip":
            self.fail(_("expected FILE.zip, found {file}").format(file=value), param, ctx)
        return super().convert(value, param, ctx)


PRESENT_FILE, NEW_ZIP = GivenFile(), NewZip()
