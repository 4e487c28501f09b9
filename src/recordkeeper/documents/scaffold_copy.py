"""The name of a copy of a multi-part slip: down the right edge of each of its pages, outside of the table."""

from recordkeeper.documents.house_style import chinese_number, english, mm, paragraph, run
from recordkeeper.documents.typeface import HEI, SONG
from recordkeeper.model.section import Title

_WIDTH_MM, _FROM_EDGE_MM = 14, 17
_FROM_TOP = 0.36  # of the page: below the print code
_PITCH, _SIZE, _SMALL = 320, 22, 18


def copy_name(name: Title, number: int, page_width: int, page_height: int) -> str:
    """The name and number of a copy, one character below the other, the English below them.

    Args:
        name: of the copy.
        number: which of the copies, from 1.
        page_width: in twips.
        page_height: in twips.
    """
    place = (
        f'<w:framePr w:w="{mm(_WIDTH_MM)}" w:wrap="around" w:vAnchor="page" w:hAnchor="page"'
        f' w:x="{page_width - mm(_FROM_EDGE_MM)}" w:y="{round(page_height * _FROM_TOP)}"/>'
    )
    lines = [
        paragraph(run(each, size=_SMALL, font=SONG), pitch=260, align="center")
        for each in f"第{chinese_number(number)}联"
    ]
    lines += [
        paragraph(run(each, size=_SIZE, font=HEI), pitch=_PITCH, align="center", before=120 if index == 0 else 0)
        for index, each in enumerate(name.zh)
    ]
    lines.append(paragraph(english(name.en), pitch=170, align="center", before=60))
    return "".join(line.replace("<w:pPr>", f"<w:pPr>{place}") for line in lines)
