"""Small Word files for tests, made by python-docx as a controller would make them in Word."""

import io
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as DocumentObject

from recordkeeper.documents.template_names import TemplateNames

NAMES = TemplateNames(
    values=frozenset({"customer", "content", "form.code", "gate.yes", "gate.no", "gate.all"}),
    lists={"rows": frozenset({"no", "caller"})},
    conditions=frozenset({"ruled_off"}),
)


def saved(document: DocumentObject) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def docx_of(*paragraphs: str, change: Callable[[DocumentObject], None] | None = None) -> bytes:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if change is not None:
        change(document)
    return saved(document)


def with_member(docx: bytes, name: str, content: bytes) -> bytes:
    """The file with one member put in place of the one of that name, or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return buffer.getvalue()


def member(docx: bytes, name: str = "word/document.xml") -> bytes:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read(name)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def small_docx(body: str, header: str = "", footer: str = "") -> bytes:
    """The least that is a Word file, for the many cases of one test."""
    parts = {"document": f"<w:body>{body}<w:sectPr/></w:body>", "header1": header, "footer1": footer}
    roots = {"document": "document", "header1": "hdr", "footer1": "ftr"}
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for name, kind in (("document", "document.main"), ("header1", "header"), ("footer1", "footer"))
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
            f'vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument"'
            ' Target="word/document.xml"/></Relationships>',
        )
        for name, content in parts.items():
            root = roots[name]
            archive.writestr(f"word/{name}.xml", f'<w:{root} xmlns:w="{W}">{content}</w:{root}>')
    return buffer.getvalue()


def runs(*texts: str) -> str:
    """A paragraph of one run a text."""
    inner = "".join(f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' for text in texts)
    return f"<w:p>{inner}</w:p>"
