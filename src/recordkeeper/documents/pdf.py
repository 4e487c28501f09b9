"""PDF/A-3b by way of LibreOffice: many documents in one call, in a profile and a folder of its own.

Word's fonts that are not installed are replaced by the Noto fonts for Chinese, which the fontconfig file written here
says for this call alone. A document is never trusted: it has passed the gate of ``ooxml``, and LibreOffice runs under
a time limit with no network proxy, no home and no recovery.

Source: ISO 19005-3
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from recordkeeper.documents.constant_pdf import constant
from recordkeeper.errors import DocumentError, UnavailableError
from recordkeeper.language import translate as _

START_SECONDS, SECONDS_A_DOCUMENT = 60, 10
_PROGRAMS = ("soffice", "libreoffice")
_PDF_A_3B = "3"
_FILTER = (
    'pdf:writer_pdf_Export:{"UseLosslessCompression":{"type":"boolean","value":"true"},'
    f'"SelectPdfVersion":{{"type":"long","value":"{_PDF_A_3B}"}}}}'
)
_ALIASES = (
    (("宋体", "SimSun", "NSimSun"), "Noto Serif CJK SC", ""),
    (("仿宋", "仿宋_GB2312", "FangSong"), "Noto Serif CJK SC", ""),
    (("黑体", "SimHei"), "Noto Sans CJK SC", '<edit name="weight" mode="assign"><const>bold</const></edit>'),
    (("楷体", "KaiTi"), "Noto Serif CJK SC", ""),
    (("微软雅黑", "Microsoft YaHei"), "Noto Sans CJK SC", ""),
    (("Segoe UI Symbol",), "DejaVu Sans", ""),
    # of the same widths as Word's where they are installed, so that lines break alike; else those beside the Chinese
    (("Times New Roman",), ("Liberation Serif", "Noto Serif CJK SC"), ""),
    (("Arial",), ("Liberation Sans", "Noto Sans CJK SC"), ""),
)


class LibreOfficeMissingError(DocumentError, UnavailableError):
    """There is no LibreOffice on this machine."""

    def __init__(self) -> None:
        super().__init__(
            _("LibreOffice: expected the program soffice (Debian package libreoffice-writer-nogui), found none"),
            subject="LibreOffice",
            expected="soffice",
        )


class PdfFailedError(DocumentError, UnavailableError):
    """LibreOffice did not make the PDFs that were asked for."""

    def __init__(self, documents: str, found: str) -> None:
        super().__init__(
            _("{documents}: expected a PDF from LibreOffice, found {found}").format(documents=documents, found=found),
            subject=documents,
            expected="PDF",
            found=found,
        )


def find_libreoffice() -> Path:
    """The program that makes PDFs.

    Raises:
        LibreOfficeMissingError: there is none on the path.
    """
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise LibreOfficeMissingError


def to_pdf(documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The PDF of each Word file, made in one call.

    Equal documents give equal bytes on one machine; another release of LibreOffice may print otherwise.

    Args:
        documents: Word files by any name; the names are never used as paths.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed, or took over a minute and ten seconds a document.
    """
    if not documents:
        return {}
    program = find_libreoffice()
    with tempfile.TemporaryDirectory(prefix="recordkeeper-pdf-") as name:
        folder = Path(name)
        files = {title: folder / f"{number:05}.docx" for number, title in enumerate(documents)}
        for title, path in files.items():
            path.write_bytes(documents[title])
        output = _convert(program, folder, list(files.values()), START_SECONDS + SECONDS_A_DOCUMENT * len(files))
        pdfs: dict[str, bytes] = {}
        for title, path in files.items():
            pdf = folder / "pdf" / f"{path.stem}.pdf"
            if not pdf.is_file():
                raise PdfFailedError(title, output.strip()[-200:] or _("nothing"))
            pdfs[title] = constant(pdf.read_bytes(), documents[title])
    return pdfs


def _convert(program: Path, folder: Path, files: list[Path], seconds: int) -> str:
    fonts = folder / "fonts.conf"
    fonts.write_text(_font_configuration(folder / "font-cache"), encoding="utf-8")
    command = [
        str(program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nologo",
        "--nolockcheck",
        "--convert-to",
        _FILTER,
        "--outdir",
        str(folder / "pdf"),
        *map(str, files),
    ]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "FONTCONFIG_FILE": str(fonts),
        "SAL_USE_VCLPLUGIN": "svp",
    }
    process = subprocess.Popen(  # noqa: S603  # our own arguments; documents are named by number
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        raise PdfFailedError(_("LibreOffice"), _("no answer in {seconds} seconds").format(seconds=seconds)) from None
    except BaseException:
        _end(process)
        raise
    return output


def _end(process: subprocess.Popen[str]) -> None:
    """End LibreOffice with the processes that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _strings(fonts: str | tuple[str, ...]) -> str:
    return "".join(f"<string>{font}</string>" for font in ([fonts] if isinstance(fonts, str) else fonts))


def _font_configuration(cache: Path) -> str:
    matches = "".join(
        f'<match target="pattern"><test qual="any" name="family"><string>{name}</string></test><edit name="family"'
        f' mode="assign" binding="strong">{_strings(font)}</edit>{more}</match>'
        for names, font, more in _ALIASES
        for name in names
    )
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f'{matches}<include ignore_missing="yes">/etc/fonts/fonts.conf</include><cachedir>{cache}</cachedir>'
        "</fontconfig>"
    )
