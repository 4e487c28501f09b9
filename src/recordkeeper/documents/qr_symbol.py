"""The QR code symbol of print codes: version 2, level M, mask 2, alphanumeric, and nothing else.

Where a module stands does not depend on what the symbol says, so the order is worked out once; a symbol is then some
forty operations on whole numbers, a twentieth of what an encoder for every kind takes.

Source: ISO/IEC 18004
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

SIDE = 25
MOST_CHARACTERS = 38
_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}
_DATA_WORDS, _CHECK_WORDS, _REMAINDER_BITS = 28, 16, 7
_DATA_BITS, _CHECK_BITS = 8 * _DATA_WORDS, 8 * _CHECK_WORDS
_SYMBOL_BITS = _DATA_BITS + _CHECK_BITS + _REMAINDER_BITS
_ALPHANUMERIC = 0b0010
_PADDING = (0xEC, 0x11)
_POLYNOMIAL = 0x11D
_FORMAT = "101111001111100"  # level M, mask 2, with its own check bits
_ALIGNMENT = 18
_TIMING = 6
_LIGHT, _DARK = b"0"[0], b"1"[0]

Place: TypeAlias = tuple[int, int]


def symbol(text: str) -> bytes:
    """The modules of the symbol, line by line from the top left: ``b"1"`` is dark, ``b"0"`` light.

    Args:
        text: at most 38 of 0-9, A-Z, space and ``$%*+-./:``.

    Raises:
        ValueError: another character, or more of them.
    """
    words = _data(text)
    check = 0
    for word in words.to_bytes(_DATA_WORDS, "big"):
        check = (check << 8) & _CHECK_MASK ^ _REMAINDERS[check >> (_CHECK_BITS - 8) ^ word]
    drawn, masked = _layout()
    bits = ((words << _CHECK_BITS | check) << _REMAINDER_BITS) ^ masked
    return bytes(drawn(f"{bits:0{_SYMBOL_BITS}b}01".encode()))


def _data(text: str) -> int:
    """Mode, count, characters in pairs, end and padding."""
    if len(text) > MOST_CHARACTERS or not _VALUES.keys() >= set(text):
        raise ValueError(text)
    values = [_VALUES[character] for character in text]
    bits, size = _ALPHANUMERIC << 9 | len(values), 13
    for first, second in zip(values[::2], values[1::2], strict=False):
        bits, size = bits << 11 | first * 45 + second, size + 11
    if len(values) % 2:
        bits, size = bits << 6 | values[-1], size + 6
    end = min(4, _DATA_BITS - size)
    end += -(size + end) % 8
    bits, size = bits << end, size + end
    for number in range((_DATA_BITS - size) // 8):
        bits = bits << 8 | _PADDING[number % 2]
    return bits


def _product(left: int, right: int) -> int:
    """The product of two elements of the field of 256."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        left = left << 1 ^ (_POLYNOMIAL if left & 0x80 else 0)
        right >>= 1
    return product


def _remainders() -> list[int]:
    """What each leading word leaves when it is divided by the generator of the check words."""
    generator = [1]
    root = 1
    for _degree in range(_CHECK_WORDS):
        shifted = [*generator, 0]
        for place, factor in enumerate(generator, 1):
            shifted[place] ^= _product(factor, root)
        generator, root = shifted, _product(root, 2)
    return [int.from_bytes(bytes(_product(factor, word) for factor in generator[1:]), "big") for word in range(256)]


_CHECK_MASK = (1 << _CHECK_BITS) - 1
_REMAINDERS = _remainders()


@lru_cache(maxsize=1)
def _layout() -> tuple[Callable[[bytes], tuple[int, ...]], int]:
    """Which bit each module shows, the last two being always light and dark, and the bits that the mask turns."""
    fixed = dict(_fixed())
    order = [place for place in _zigzag() if place not in fixed]
    numbers = {place: number for number, place in enumerate(order)}
    masked = "".join(str(int(column % 3 == 0)) for _line, column in order)
    shown = (
        numbers.get(place, _SYMBOL_BITS + fixed.get(place, 0))
        for place in ((line, column) for line in range(SIDE) for column in range(SIDE))
    )
    return itemgetter(*shown), int(masked, 2)


def _zigzag() -> Iterator[Place]:
    """Two columns at a time from the right, up and down in turn."""
    is_upward = True
    for right in (*range(SIDE - 1, _TIMING, -2), *range(_TIMING - 1, 0, -2)):
        for line in range(SIDE - 1, -1, -1) if is_upward else range(SIDE):
            yield line, right
            yield line, right - 1
        is_upward = not is_upward


def _fixed() -> Iterator[tuple[Place, bool]]:
    """The modules that say where and what the symbol is; the later of two holds."""
    for place in range(SIDE):
        yield (_TIMING, place), place % 2 == 0
        yield (place, _TIMING), place % 2 == 0
    for top, left in ((0, 0), (0, SIDE - 7), (SIDE - 7, 0)):
        for line in range(max(0, top - 1), min(SIDE, top + 8)):
            for column in range(max(0, left - 1), min(SIDE, left + 8)):
                ring = max(abs(line - top - 3), abs(column - left - 3))
                yield (line, column), ring not in {2, 4}
    for line in range(_ALIGNMENT - 2, _ALIGNMENT + 3):
        for column in range(_ALIGNMENT - 2, _ALIGNMENT + 3):
            yield (line, column), max(abs(line - _ALIGNMENT), abs(column - _ALIGNMENT)) != 1
    bits = [bit == "1" for bit in _FORMAT]
    beside = (0, 1, 2, 3, 4, 5, 7, 8)
    yield from (((8, column), bit) for column, bit in zip(beside, bits[:8], strict=True))
    yield from (((line, 8), bit) for line, bit in zip((7, 5, 4, 3, 2, 1, 0), bits[8:], strict=True))
    yield from (((SIDE - 1 - number, 8), bit) for number, bit in enumerate(bits[:7]))
    yield from (((8, SIDE - 8 + number), bit) for number, bit in enumerate(bits[7:]))
    yield (SIDE - 8, 8), True
