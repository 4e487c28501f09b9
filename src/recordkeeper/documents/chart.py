"""A chart as Word draws it itself: columns, hatched where they miss the objective, and the objective as a line.

Nothing is turned into pixels here, so no glyph can be missing: Word and LibreOffice set the words in the fonts of the
form around it. The numbers stand in the file; there is no spreadsheet behind it that somebody could change.

Source: ECMA-376, part 1, 21.2 (DrawingML charts)
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast
from xml.sax.saxutils import escape, quoteattr

from recordkeeper.documents.figure import Figure
from recordkeeper.documents.typeface import SONG, TIMES

HEIGHT_MILLIMETRES = 38
UNUSED = "/"
SMALL = 5
COLOUR, GRID_COLOUR = "4A6580", "D9D9D9"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_MAIN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SOLID = f'<a:solidFill><a:srgbClr val="{COLOUR}"/></a:solidFill>'
_HATCHED = (
    f'<a:pattFill prst="wdUpDiag"><a:fgClr><a:srgbClr val="{COLOUR}"/></a:fgClr>'
    '<a:bgClr><a:srgbClr val="FFFFFF"/></a:bgClr></a:pattFill>'
)
_OUTLINE = f'<a:ln w="9525">{_SOLID}</a:ln>'
_DASHED = (
    '<a:ln w="15875"><a:solidFill><a:srgbClr val="000000"/></a:solidFill><a:prstDash val="dash"/><a:round/></a:ln>'
)
_CATEGORIES, _VALUES = 101, 102


def chart_part(value: object) -> bytes:
    """The part of a chart.

    Args:
        value: a map of ``bars``, a list of maps of ``label`` and ``value``, a decimal number as text, empty where there
            is none; ``objective``, a number as text or empty; ``suffix``, printed after each number.
    """
    shown = cast("Mapping[str, str]", value)
    bars = cast("Sequence[Mapping[str, str]]", shown["bars"])
    objective, suffix = shown["objective"], shown["suffix"]
    highest = max((Decimal(number) for number in (*(bar["value"] for bar in bars), objective) if number), default=0)
    top = Decimal(100) if suffix == "%" else _round_top(Decimal(highest))
    plots = _columns(bars, objective, suffix) + (_objective(bars, objective) if objective else "")
    return _part(f"<c:plotArea><c:layout/>{plots}{_axes(top, suffix)}</c:plotArea>")


def _round_top(highest: Decimal) -> Decimal:
    """The end of the axis: the next of 1, 2, 5 times a power of ten; 5 for whole numbers up to that."""
    if highest <= SMALL and highest == highest.to_integral_value():
        return Decimal(SMALL)
    power = Decimal(1).scaleb(max(highest, Decimal(1)).adjusted())
    return next(step * power for step in (1, 2, 5, 10) if step * power >= highest)


def _columns(bars: Sequence[Mapping[str, str]], objective: str, suffix: str) -> str:
    missed = [
        f'<c:dPt><c:idx val="{index}"/><c:invertIfNegative val="0"/><c:bubble3D val="0"/>'
        f"<c:spPr>{_HATCHED}{_OUTLINE}</c:spPr></c:dPt>"
        for index, bar in enumerate(bars)
        if objective and bar["value"] and Decimal(bar["value"]) < Decimal(objective)
    ]
    return (
        '<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>'
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:spPr>{_SOLID}{_OUTLINE}</c:spPr>'
        f'<c:invertIfNegative val="0"/>{"".join(missed)}{_data(bars, [bar["value"] for bar in bars], suffix)}'
        f'</c:ser><c:gapWidth val="90"/><c:axId val="{_CATEGORIES}"/><c:axId val="{_VALUES}"/></c:barChart>'
    )


def _objective(bars: Sequence[Mapping[str, str]], objective: str) -> str:
    """A level line over the whole width: the trend of points that are all alike, drawn half a column further."""
    return (
        '<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/><c:ser><c:idx val="1"/><c:order val="1"/>'
        f'<c:spPr>{_DASHED}</c:spPr><c:marker><c:symbol val="none"/></c:marker>'
        f'<c:trendline><c:spPr>{_DASHED}</c:spPr><c:trendlineType val="linear"/><c:forward val="0.5"/>'
        '<c:backward val="0.5"/><c:dispRSqr val="0"/><c:dispEq val="0"/></c:trendline>'
        f'{_data(bars, [objective] * len(bars), "")}<c:smooth val="0"/></c:ser>'
        f'<c:marker val="1"/><c:axId val="{_CATEGORIES}"/><c:axId val="{_VALUES}"/></c:lineChart>'
    )


def _data(bars: Sequence[Mapping[str, str]], values: Sequence[str], suffix: str) -> str:
    """Names and numbers; a bar's own number stands below its name, where no line can cross it."""
    names = [f"{bar['label']}\n{bar['value'] + suffix if bar['value'] else UNUSED}" for bar in bars]
    labels = "".join(f'<c:pt idx="{index}"><c:v>{escape(name)}</c:v></c:pt>' for index, name in enumerate(names))
    numbers = "".join(
        f'<c:pt idx="{index}"><c:v>{escape(value)}</c:v></c:pt>' for index, value in enumerate(values) if value
    )
    count = f'<c:ptCount val="{len(bars)}"/>'
    return (
        f"<c:cat><c:strRef><c:f>labels</c:f><c:strCache>{count}{labels}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:f>values</c:f><c:numCache><c:formatCode>General</c:formatCode>{count}{numbers}"
        "</c:numCache></c:numRef></c:val>"
    )


def _axes(top: Decimal, suffix: str) -> str:
    line = '<c:spPr><a:ln w="9525"><a:solidFill><a:srgbClr val="000000"/></a:solidFill></a:ln></c:spPr>'
    grid = f'<a:ln w="6350"><a:solidFill><a:srgbClr val="{GRID_COLOUR}"/></a:solidFill></a:ln>'
    return (
        f'<c:catAx><c:axId val="{_CATEGORIES}"/><c:scaling><c:orientation val="minMax"/></c:scaling>'
        '<c:delete val="0"/><c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>'
        f'{line}{_words()}<c:crossAx val="{_VALUES}"/><c:crosses val="autoZero"/></c:catAx>'
        f'<c:valAx><c:axId val="{_VALUES}"/><c:scaling><c:orientation val="minMax"/><c:max val="{top}"/>'
        '<c:min val="0"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>'
        f"<c:majorGridlines><c:spPr>{grid}</c:spPr></c:majorGridlines>"
        f'<c:numFmt formatCode={quoteattr(_format(suffix))} sourceLinked="0"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        f'{line}{_words()}<c:crossAx val="{_CATEGORIES}"/><c:crosses val="autoZero"/><c:majorUnit val="{top / 5}"/>'
        "</c:valAx>"
    )


def _format(suffix: str) -> str:
    quoted = suffix.replace('"', "")
    return f'General"{quoted}"' if quoted else "General"


def _words(size: int = 900) -> str:
    return (
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{size}" b="0"><a:latin typeface="{TIMES}"/>'
        f'<a:ea typeface="{SONG}"/></a:defRPr></a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )


def _part(plot: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<c:chartSpace xmlns:c="{_CHART}" xmlns:a="{_MAIN}"><c:roundedCorners val="0"/><c:chart>'
        f'<c:autoTitleDeleted val="1"/>{plot}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        "<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr></c:chartSpace>"
    ).encode()


def chart_figure(field: str, width: float) -> Figure:
    """The chart of a field of rows.

    Args:
        field: its id.
        width: in millimetres.
    """
    return Figure(
        tag=f"chart.{field}",
        part=f"word/charts/recordkeeper_{field}.xml",
        relation="chart",
        media_type=_TYPE,
        width=width,
        height=HEIGHT_MILLIMETRES,
        content=chart_part,
        nothing=_part("<c:plotArea><c:layout/></c:plotArea>"),
    )
