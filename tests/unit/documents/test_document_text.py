from docx.document import Document as DocumentObject

from recordkeeper.documents.document_text import struck_values, text_of
from word_samples import docx_of


def _strike(document: DocumentObject, cell_text: str, *pieces: tuple[str, bool]) -> None:
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = cell_text
    paragraph = table.cell(0, 1).paragraphs[0]
    for text, is_struck in pieces:
        paragraph.add_run(text).font.strike = is_struck


def test_the_text_of_body_header_and_footer_is_read_in_full() -> None:
    def change(document: DocumentObject) -> None:
        document.sections[0].header.paragraphs[0].text = "页眉"
        document.sections[0].footer.paragraphs[0].text = "页脚"

    text = text_of(docx_of("一行\t制表\n换行", change=change))
    assert "一行\t制表\n换行\n" in text
    assert "页眉" in text
    assert "页脚" in text


def test_struck_values_are_paired_with_what_follows_them_in_their_cell() -> None:
    def change(document: DocumentObject) -> None:
        _strike(document, "电话", ("138-", True), ("1024", True), (" 139", False), ("①", False))
        _strike(document, "内容", ("灯 ", False), ("6 盏", True), (" 9 盏", False), ("坏", True))
        document.add_paragraph("外面").add_run("旧").font.strike = True

    assert struck_values(docx_of(change=change)) == [
        ("138-1024", " 139①"),
        ("6 盏", " 9 盏"),
        ("坏", ""),
        ("旧", ""),
    ]


def test_a_strike_that_is_switched_off_is_none() -> None:
    def change(document: DocumentObject) -> None:
        document.add_paragraph().add_run("stands").font.strike = False

    assert struck_values(docx_of(change=change)) == []
