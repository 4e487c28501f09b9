"""What a controller should know of a template that can be used: what is repaired in it, what will look otherwise.

Source: ISO 9001, 7.5.2 b
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from recordkeeper.documents.document_text import printed_parts
from recordkeeper.documents.ooxml import parse_part, tag
from recordkeeper.documents.template_part import texts_of
from recordkeeper.documents.template_tag import TAG
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _

_CHINESE_OR_TAG = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]|\\{\\{")
_LATIN, _EAST_ASIAN = ("ascii", "hAnsi"), ("eastAsia", "eastAsiaTheme")


def template_notes(members: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The notes on a template, each with its part.

    Args:
        members: of a package that has passed the gate.
    """
    for part, content in printed_parts(members).items():
        root = parse_part(content, part)
        for message in (*_split_tags(root), *_latin_fonts(root)):
            yield part, message


def _split_tags(root: etree._Element) -> Iterator[str]:
    """Tags that Word broke over runs, as they stand and as they are registered."""
    for paragraph in root.iter(tag("p")):
        nodes = texts_of(paragraph)
        for match in TAG.finditer("".join(node.text or "" for node in nodes)):
            pieces: list[str] = []
            begin = 0
            for node in nodes:
                text = node.text or ""
                pieces.append(text[max(0, match.start() - begin) : max(0, match.end() - begin)])
                begin += len(text)
            pieces = [piece for piece in pieces if piece]
            if len(pieces) > 1:
                yield _(
                    "{pieces} → {tag}: Word split it over {count} runs; it is registered as one, set as the first"
                ).format(pieces=" | ".join(pieces), tag=match.group(), count=len(pieces))


def _latin_fonts(root: etree._Element) -> Iterator[str]:
    """Fonts that are named for Latin letters alone where Chinese stands or may stand."""
    found: Counter[str] = Counter()
    for run in root.iter(tag("r")):
        fonts = run.find(f"{tag('rPr')}/{tag('rFonts')}")
        if fonts is None or any(fonts.get(tag(name)) for name in _EAST_ASIAN):
            continue
        named = next((font for name in _LATIN if (font := fonts.get(tag(name)))), "")
        if named and _CHINESE_OR_TAG.search("".join(node.text or "" for node in run.iterchildren(tag("t")))):
            found[named] += 1
    for font, count in found.items():
        yield ngettext(
            "{font}: {count} run names it without w:eastAsia, so that Chinese is set in another font",
            "{font}: {count} runs name it without w:eastAsia, so that Chinese is set in another font",
            count,
        ).format(font=font, count=count)
