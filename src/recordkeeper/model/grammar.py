"""What every definition is written with: ids, codes, expressions, names in both languages."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints

Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ColumnPath: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
Expression: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Code: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+(\.[A-Z0-9]+)*)+$", max_length=40)
]
RuleId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}-R[0-9]{1,3}$")]
RevisionName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z]/[0-9]{1,2}$")]

LATER_KEYS = ("duties", "quotas", "objectives", "series", "numbering")
"""Keys of the grammar that this release does not carry out, and refuses by name."""


class Definition(BaseModel):
    """The base of everything read from a definition file: unknown keys refused, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Title(Definition):
    """A name in both languages."""

    zh: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=200)]

    def in_language(self, language: str) -> str:
        """The name in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh
