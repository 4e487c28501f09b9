"""PDF/A-3b by way of LibreOffice: many documents in one call, several calls at once, each with a profile of its own.

Word's fonts that are not installed are replaced by the Noto fonts for Chinese, which the fontconfig file written here
says for this call alone. A document is never trusted: it has passed the gate of ``ooxml``, and LibreOffice runs under
a time limit with no network proxy, no home and no recovery. One that hangs or breaks down is started anew, and the
document at fault is named.

Source: ISO 19005-3
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from recordkeeper.documents.constant_pdf import constant
from recordkeeper.errors import DocumentError, UnavailableError
from recordkeeper.language import translate as _

LONGEST_PAUSE_SECONDS = 60
MOST_A_CALL, FEWEST_A_CALL, MOST_OFFICES = 50, 12, 4
_LOOK_SECONDS, _LAST_BYTES = 0.2, 64
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


def page_count(pdf: bytes) -> int | None:
    """How many pages a PDF of the program's own has; None where it is none that can be read."""
    from io import BytesIO

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        return len(PdfReader(BytesIO(pdf)).pages)
    except (PyPdfError, ValueError):
        return None


def to_pdf(documents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The PDF of each Word file, many made in one call, and several calls at once where there are many.

    Equal documents give equal bytes on one machine; another release of LibreOffice may print otherwise. A call that
    fails leaves what it made; what it did not make is made again one by one, each under a new profile.

    Args:
        documents: Word files by any name; the names are never used as paths.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed twice over a document, or made nothing for a minute.
    """
    if not documents:
        return {}
    program = find_libreoffice()
    with tempfile.TemporaryDirectory(prefix="recordkeeper-pdf-") as name:
        folder = Path(name)
        files = {title: folder / f"{number:05}.docx" for number, title in enumerate(documents)}
        for title, path in files.items():
            path.write_bytes(documents[title])
        titles = {path: title for title, path in files.items()}
        batches = _batches(list(titles))
        idle: SimpleQueue[_Office] = SimpleQueue()
        stop = Event()
        for number in range(min(len(batches), MOST_OFFICES, os.cpu_count() or 1)):
            idle.put(_Office(program, folder, number, stop))

        def make(batch: list[Path]) -> None:
            office = idle.get()
            try:
                _make_all(office, batch, titles)
            finally:
                idle.put(office)

        with ThreadPoolExecutor(idle.qsize()) as threads:
            try:
                list(threads.map(make, batches))
            except BaseException:
                stop.set()
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return {title: constant(_pdf_of(path).read_bytes(), documents[title]) for title, path in files.items()}


def _batches(files: list[Path]) -> list[list[Path]]:
    """The files in as many equal parts as are worth the start of a program of their own."""
    parts = max(1, -(-len(files) // MOST_A_CALL), min(MOST_OFFICES, os.cpu_count() or 1, len(files) // FEWEST_A_CALL))
    size = -(-len(files) // parts)
    return [files[begin : begin + size] for begin in range(0, len(files), size)]


def _make_all(office: "_Office", batch: list[Path], titles: Mapping[Path, str]) -> None:
    said = office.convert(batch)
    for path in batch:
        if not _is_made(path) and not office.stop.is_set():
            office.start_anew()
            said = office.convert([path])
            if not _is_made(path):
                raise PdfFailedError(titles[path], said.strip()[-200:] or _("nothing"))


def _pdf_of(path: Path) -> Path:
    return path.parent / "pdf" / f"{path.stem}.pdf"


def _is_made(path: Path) -> bool:
    """Whether the PDF stands to its last line: a program that was ended may have left a part of one."""
    try:
        return _pdf_of(path).read_bytes()[-_LAST_BYTES:].rstrip().endswith(b"%%EOF")
    except FileNotFoundError:
        return False


@dataclass(slots=True)
class _Office:
    """One LibreOffice at a time, with a profile of its own.

    Args:
        program: what is run.
        folder: where documents and PDFs lie; its profiles too.
        number: its own among the others.
        stop: set when nobody waits for PDFs any more.
        starts: how many profiles it has had.
    """

    program: Path
    folder: Path
    number: int
    stop: Event
    starts: int = 1

    def start_anew(self) -> None:
        """Take a new profile: the old one may be what is broken."""
        self.starts += 1

    def convert(self, files: list[Path]) -> str:
        """Make what PDFs it can, and give what it said.

        It is ended where it makes nothing for a minute.
        """
        own = self.folder / f"office-{self.number}-{self.starts}"
        own.mkdir(exist_ok=True)
        fonts, said = own / "fonts.conf", own / "said.txt"
        # one cache of fonts for all: each would take a second to make it
        fonts.write_text(_font_configuration(self.folder / "font-cache"), encoding="utf-8")
        command = [
            str(self.program),
            f"-env:UserInstallation={(own / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--nologo",
            "--nolockcheck",
            "--convert-to",
            _FILTER,
            "--outdir",
            str(self.folder / "pdf"),
            *map(str, files),
        ]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(own),
            "TMPDIR": str(own),
            "LANG": "C.UTF-8",
            "FONTCONFIG_FILE": str(fonts),
            "SAL_USE_VCLPLUGIN": "svp",
        }
        with said.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  # our own arguments; documents are named by number
                command,
                env=environment,
                cwd=own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                is_ended = self._wait(process, files)
            except BaseException:
                _end(process)
                raise
        if not is_ended:
            return _("no answer in {seconds} seconds").format(seconds=LONGEST_PAUSE_SECONDS)
        return said.read_text(encoding="utf-8", errors="replace")

    def _wait(self, process: subprocess.Popen[bytes], files: list[Path]) -> bool:
        """Wait for as long as it makes one PDF after the other; False where it had to be ended."""
        made, patience_ends = 0, time.monotonic() + LONGEST_PAUSE_SECONDS
        while True:
            try:
                process.wait(timeout=_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                now_made = sum(_pdf_of(path).is_file() for path in files)
                if now_made > made:
                    made, patience_ends = now_made, time.monotonic() + LONGEST_PAUSE_SECONDS
                if self.stop.is_set() or time.monotonic() > patience_ends:
                    _end(process)
                    return False
            else:
                return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End LibreOffice with the processes that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


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
