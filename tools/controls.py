"""docs/controls.md and docs/rights.md out of the sources.

The first says which clause is held by which function and shown by which tests, the second who may do what.

Reads the ``Source:`` lines of docstrings (clauses apart by ``;``), the tests that use what they stand in or
cite the clause, the codes of findings, and the table of rights. ``update`` writes the files, ``check`` exits 1 where
one is stale.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from recordkeeper.model.right import RIGHTS

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
TESTS = ROOT / "tests"
CONTROLS = ROOT / "docs" / "controls.md"
RIGHTS_FILE = ROOT / "docs" / "rights.md"

_SOURCE = re.compile(r"^\s*Source: (?P<clauses>.+?)(?=\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
_STANDARD_CODE = re.compile(r"[EW]\d{3}[a-z]?")
_OWN_CODE = re.compile(r"[a-z]+(?:-[a-z]+)+")
_MAKES_FINDINGS = re.compile(r"find|fault|_add$", re.IGNORECASE)
_HEADING = """\
# Controls

Written by `make controls` out of the sources; do not edit it.

## Clauses

Which clause of a standard or rule of a procedure stands behind which part of the program, and which tests
use that part or cite the clause.

| Clause | Where it is held | Tests |
|---|---|---|
"""
_RIGHTS_HEADING = """\
# Who may do what · 权限表

Written by `make controls` out of `recordkeeper.model.right`, from which the program's checks come too; do not edit it.
由 `make controls` 依据 `recordkeeper.model.right` 写成，程序的检查也由它而来；请勿编辑。

A role is held at a unit and at those below it. Where the form decides, its definition says who fills, signs, amends,
reads, takes out and copies; an auditor's account has no other role and changes nothing, wherever the last column says
yes. What is refused leaves an event.
角色在某部门及其下级部门有效。由表单决定的，见表单定义：谁填写、签字、划改、阅读、带出、复制。审核员账号没有其他角色；
凡末列为“是”的，它都不能做。被拒绝的操作留有事件。

| Command 命令 | Who 谁 | Where 何处 | In state 状态 | Changes something 有更改 |
|---|---|---|---|---|
"""
_WHO = {
    "anybody": "anybody, without an account 任何人，无需账号",
    "account": "whoever has an open account 有有效账号的人",
    "form": "the roles that the form names 表单所定的角色",
    "table": "the role that the reference table names 参照表所定的角色",
    "controller": "document controller 文控员",
    "approver": "approver 批准人",
    "auditor": "auditor 审核员",
}
_WHERE = {
    "nowhere": "",
    "company": "the company 公司",
    "unit": "the unit concerned, or one above 所属部门或其上级",
    "any unit": "any unit 任一部门",
    "scope": "of an auditor's account its scope, to its last day 审核员账号限其审核范围及期限",
}
_STATES = {
    "open": "open 待填写",
    "pending": "pending 待签署",
    "closed": "closed 已关闭",
    "void": "void 作废",
    "replaced": "replaced 已替换",
    "draft": "draft 草稿",
    "approved": "approved 已批准",
    "released": "released 已发布",
}
_CODES_HEADING = """
## Codes of findings

What a check can report. Codes of E or W and three digits are those of OCFL 1.1; the others are ours.

| Code | What it says | Where it is found |
|---|---|---|
"""

Documented: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Place:
    """A part of the program that cites clauses: its module, and its name there (none: the module itself)."""

    module: str
    name: str

    @property
    def title(self) -> str:
        """The full dotted name."""
        return f"{self.module}.{self.name}".rstrip(".")


def controls_text() -> str:
    """The whole text of docs/controls.md as it should stand."""
    uses, citing = _uses_by_test(), _tests_by_clause()
    rows = []
    for clause, places in sorted(_places_by_clause().items(), key=lambda item: _natural(item[0])):
        for place in sorted(places):
            tests = _tests_that_use(place, uses) | citing.get(clause, set())
            rows.append(f"| {_cell(clause)} | `{place.title}` | {', '.join(sorted(tests)) or 'none'} |\n")
    codes = [
        f"| `{code}` | {_cell('; '.join(sorted(messages)))} | {', '.join(sorted(modules))} |\n"
        for code, (messages, modules) in sorted(_codes().items(), key=lambda item: _natural(item[0]))
    ]
    return "".join([_HEADING, *rows, _CODES_HEADING, *codes])


def rights_text() -> str:
    """The whole text of docs/rights.md as it should stand."""
    rows = []
    for right in RIGHTS.values():
        cells = (
            f"`{right.command}`",
            "; ".join(_WHO[who] for who in right.who),
            _WHERE[right.place],
            ", ".join(_STATES.get(state, state) for state in right.states),
            "" if right.is_reading else "yes 是",
        )
        rows.append(f"| {' | '.join(cells)} |\n")
    return "".join([_RIGHTS_HEADING, *rows])


def _places_by_clause() -> dict[str, set[Place]]:
    found: dict[str, set[Place]] = {}
    for file in _python_files(SOURCES):
        for name, docstring in _docstrings(file):
            for clause in _clauses(docstring):
                found.setdefault(clause, set()).add(Place(_module_of(file), name))
    return found


def _tests_by_clause() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in _python_files(TESTS):
        for name, docstring in _docstrings(file):
            for clause in _clauses(docstring):
                test = f"{_test_of(file)}::{name}".removesuffix("::")
                found.setdefault(clause, set()).add(test)
    return found


def _uses_by_test() -> dict[str, tuple[set[str], set[str]]]:
    """What each test file imports, as full names and their modules, and every name that it mentions."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for file in _python_files(TESTS):
        if not file.name.startswith("test_"):
            continue
        imported, mentioned = found.setdefault(_test_of(file), (set(), set()))
        for node in ast.walk(_parsed(file)):
            match node:
                case ast.ImportFrom(module=str(module), names=names):
                    imported.update((module, *(f"{module}.{alias.name}" for alias in names)))
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    mentioned.add(name)
    return found


def _tests_that_use(place: Place, uses: Mapping[str, tuple[set[str], set[str]]]) -> set[str]:
    """The test files that import the place's module and, where it has a name of its own, mention that."""
    last_name = place.name.rpartition(".")[2]
    return {
        test
        for test, (imported, mentioned) in uses.items()
        if place.module in imported and (not last_name or last_name in mentioned)
    }


def _codes() -> dict[str, tuple[set[str], set[str]]]:
    """Each code with the messages and the modules it comes with."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for file in _python_files(SOURCES):
        for node in ast.walk(_parsed(file)):
            for code in _codes_of(node):
                messages, modules = found.setdefault(code, (set(), set()))
                modules.add(f"`{_module_of(file)}`")
                messages.update(_messages_in(node))
    return found


def _codes_of(node: ast.AST) -> Iterator[str]:
    """The codes that a call, a pair of code and message, or a table names directly."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
            values: list[ast.expr | None] = [*arguments, *(keyword.value for keyword in node.keywords)]
            is_finding = bool(_MAKES_FINDINGS.search(name))
        case ast.Tuple(elts=elements):
            values, is_finding = [*elements], False
        case ast.Dict(values=elements):
            values, is_finding = [*elements], False
        case _:
            return
    for value in values:
        for text in _texts_of(value):
            if _STANDARD_CODE.fullmatch(text) or (is_finding and _OWN_CODE.fullmatch(text)):
                yield text


def _texts_of(value: ast.expr | None) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*_texts_of(body), *_texts_of(other))


def _messages_in(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]):
                yield text


def _docstrings(file: Path) -> Iterator[tuple[str, str]]:
    yield from _docstrings_in(_parsed(file), "")


def _docstrings_in(node: Documented, name: str) -> Iterator[tuple[str, str]]:
    docstring = ast.get_docstring(node)
    if docstring:
        yield name, docstring
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings_in(inner, f"{name}.{inner.name}".lstrip("."))


def _clauses(docstring: str) -> Iterator[str]:
    for found in _SOURCE.finditer(docstring):
        for clause in " ".join(found["clauses"].split()).rstrip(".").split(";"):
            yield clause.strip()


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _module_of(file: Path) -> str:
    parts = file.relative_to(SOURCES).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _test_of(file: Path) -> str:
    return file.relative_to(TESTS).with_suffix("").as_posix()


def _natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts 3.10 after 3.9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(arguments: list[str]) -> int:
    """Run ``update`` or ``check``."""
    if arguments not in (["update"], ["check"]):
        print("usage: controls.py update | check", file=sys.stderr)
        return 2
    files = {CONTROLS: controls_text(), RIGHTS_FILE: rights_text()}
    if arguments == ["update"]:
        for file, text in files.items():
            file.write_text(text, encoding="utf-8")
        return 0
    stale = [file for file, text in files.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in stale:
        print(f"{file.relative_to(ROOT)} is not what the sources say: make controls")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
