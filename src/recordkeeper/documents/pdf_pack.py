"""Several PDFs as one, a bookmark for each.

The first gives the pack its output intent and its identification as PDF/A-3b, which the others have alike; structure
trees and attachments are those of single files and stay with them.

Source: ISO 32000-1, 12.3.3 (document outline); ISO 19005-3, 6.2.3
"""

import hashlib
import io
from collections.abc import Mapping
from typing import Any


def pdf_pack(pdfs: Mapping[str, bytes]) -> bytes:
    """The pages of all ``pdfs`` one after the other; equal ones give equal bytes.

    Args:
        pdfs: PDFs that this program printed, by the text of their bookmark.
    """
    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import ArrayObject, ByteStringObject, NameObject

    writer = PdfWriter()
    readers = {title: PdfReader(io.BytesIO(pdf)) for title, pdf in pdfs.items()}
    for title, reader in readers.items():
        writer.append(reader, outline_item=title, import_outline=False)
    first = next(iter(readers.values()))
    catalogue: Any = first.trailer["/Root"]
    for name in ("/OutputIntents", "/Metadata"):
        if name in catalogue:
            writer.root_object[NameObject(name)] = writer._add_object(  # noqa: SLF001  # pypdf has no other way
                catalogue[name].clone(writer)
            )
    writer.root_object[NameObject("/PageMode")] = NameObject("/UseOutlines")
    writer.metadata, writer.pdf_header = first.metadata, first.pdf_header
    identifier = ByteStringObject(hashlib.sha256(b"".join(pdfs.values())).digest()[:16])
    writer._ID = ArrayObject([identifier, identifier])  # noqa: SLF001  # else it has none, or a random one
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()
