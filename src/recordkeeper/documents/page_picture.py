"""The pages of a PDF as pictures, by Poppler: what a person looks at before a form is called done."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from recordkeeper.errors import DocumentError, UnavailableError
from recordkeeper.language import translate as _

DOTS_AN_INCH, LONGEST_SECONDS = 110, 60
_PROGRAM = "pdftoppm"


class PopplerMissingError(DocumentError, UnavailableError):
    """There is no Poppler on this machine."""

    def __init__(self) -> None:
        super().__init__(
            _("Poppler: expected the program pdftoppm (Debian package poppler-utils), found none"),
            subject="Poppler",
            expected=_PROGRAM,
        )


class PictureFailedError(DocumentError, UnavailableError):
    """Poppler did not draw the pages."""

    def __init__(self, found: str) -> None:
        super().__init__(
            _("Poppler: expected a picture of each page, found {found}").format(found=found),
            subject="Poppler",
            expected="PNG",
            found=found,
        )


def page_pictures(pdf: bytes, dots_an_inch: int = DOTS_AN_INCH) -> list[bytes]:
    """A PNG of each page, in their order.

    Args:
        pdf: a PDF that this program made.
        dots_an_inch: the resolution.

    Raises:
        PopplerMissingError: there is no Poppler.
        PictureFailedError: it failed, or took over a minute.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise PopplerMissingError
    with tempfile.TemporaryDirectory(prefix="recordkeeper-png-") as name:
        folder = Path(name)
        (folder / "pages.pdf").write_bytes(pdf)
        command = [program, "-png", "-r", str(dots_an_inch), "pages.pdf", "page"]
        try:
            ran = subprocess.run(  # noqa: S603  # our own arguments
                command, cwd=folder, capture_output=True, timeout=LONGEST_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise PictureFailedError(_("no answer in {seconds} seconds").format(seconds=LONGEST_SECONDS)) from None
        # Poppler gives all numbers as many digits as the last one has
        pictures = [path.read_bytes() for path in sorted(folder.glob("page-*.png"))]
        if ran.returncode or not pictures:
            raise PictureFailedError(ran.stderr.decode(errors="replace").strip()[-200:] or _("nothing"))
    return pictures
