"""Whether the names of forms are free: codes and printed spellings find one form alone.

Titles may be shared: whoever asks for a shared one is shown the forms that bear it.

Source: ISO 9001, 7.5.2 (identification); I-1
"""

from collections.abc import Iterable, Iterator, Sequence

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.register.lookup import form_codes_called, revisions_of
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.definition import DefinitionError, Problem
from recordkeeper.services.package import Part
from recordkeeper.services.yaml_text import read_yaml


def check_names_are_free(snapshot: Snapshot, procedure: str, parts: Sequence[Part]) -> None:
    """Refuse forms whose code or printed spelling is the name of another form.

    Args:
        snapshot: the register as it stands.
        procedure: the id of the procedure that they belong to.
        parts: the forms.

    Raises:
        DefinitionError: every name that is taken, with file, line and key.
    """
    problems = [problem for part in parts for problem in _taken(snapshot, procedure, part)]
    if problems:
        raise DefinitionError(procedure, problems)


def _taken(snapshot: Snapshot, procedure: str, part: Part) -> Iterator[Problem]:
    file, source = f"{part.code}.yaml", read_yaml(part.text)
    owners = {_procedure_of(snapshot, subject) for subject in revisions_of(snapshot, part.code)} - {procedure}
    if owners:
        message = _("{name} is a form of {procedure}").format(name=part.code, procedure=listing(sorted(owners)))
        yield Problem(file, source.line_of(("code",)), "code", message)
    aliases = part.data.get("aliases")
    spellings = [("code", part.code), *(("aliases", str(each)) for each in _texts(aliases))]
    for key, spelling in spellings:
        others = [code for code in form_codes_called(snapshot, spelling) if code != part.code]
        if others:
            message = _("{name} is the name of {codes}").format(name=spelling, codes=listing(others))
            yield Problem(file, source.line_of((key,)), key, message)


def _procedure_of(snapshot: Snapshot, subject: str) -> str:
    history = snapshot.history(subject)
    return str(history.acts[1].content["procedure"]) if history else ""


def _texts(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
