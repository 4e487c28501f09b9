"""The entry: language first, then the command, then the exit status.

Nothing heavier than the standard library is imported before the language is chosen: click and the command
modules compose their texts when they are imported.
"""

import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from recordkeeper.cli.outcome import CannotAssess, OutputLost, ProblemsFound
from recordkeeper.errors import (
    InvalidInputError,
    MissingError,
    RecordkeeperError,
    RefusalError,
    UnavailableError,
    kind_name,
    system_reason,
)
from recordkeeper.language import LANGUAGES, clauses, current_language, preferred_language, use_language
from recordkeeper.language import translate as _

if TYPE_CHECKING:
    from click import ClickException, Context

DONE = 0
WRONG_USAGE = 2
ENVIRONMENT_FAILED = 5
DEFECT = 70
INTERRUPTED = 130

EXIT_STATUS: Mapping[type[Exception], int] = {
    ProblemsFound: 1,
    InvalidInputError: WRONG_USAGE,
    RefusalError: 3,
    MissingError: 4,
    UnavailableError: ENVIRONMENT_FAILED,
    OSError: ENVIRONMENT_FAILED,
    CannotAssess: 6,
}


def run() -> NoReturn:
    """Run the command that the process was started with, and exit with its status."""
    sys.exit(main(sys.argv[1:], os.environ))


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command.

    Args:
        arguments: the command line without the program's name.
        environment: the process' environment variables.

    Returns:
        The exit status: 0 done; 1 problems found; 2 wrong usage or invalid input; 3 refused; 4 no such thing;
        5 the environment failed; 6 cannot assess; 70 a defect of the program; 130 interrupted, answered no,
        or nobody reads the output any more.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    use_language(
        _language_asked_for(arguments)
        or preferred_language(environment, lambda: _language_of_workspace(_last_given(arguments, "--workspace")))
    )
    try:
        status = _run_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        status = INTERRUPTED
        _close_output()
    return status


def exit_status(error: BaseException) -> int:
    """The exit status that stands for ``error``: that of its way, else a defect."""
    return next((status for kind, status in EXIT_STATUS.items() if isinstance(error, kind)), DEFECT)


def _run_command(arguments: Sequence[str]) -> int:
    from click import Abort, ClickException
    from click.exceptions import Exit

    from recordkeeper.cli.program import program

    try:
        if "_RECORDKEEPER_COMPLETE" in os.environ or "_RK_COMPLETE" in os.environ:
            program.main(list(arguments))
        with program.make_context(_program_name(), list(arguments)) as context:
            program.invoke(context)
    except Exit as ending:
        return ending.exit_code
    except (ProblemsFound, CannotAssess) as outcome:
        return exit_status(outcome)
    except (Abort, KeyboardInterrupt, EOFError):
        _show(
            {"kind": "interrupted", "subject": "", "expected": "", "found": "", "message": _("Aborted!")},
            arguments,
        )
        return INTERRUPTED
    except ClickException as error:
        return _end_of_wrong_usage(error, arguments)
    except OutputLost as lost:
        print(lost, file=sys.stderr)  # noqa: T201 - whatever else is said would go to stdout too
        _close_output()
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of the program: whatever comes here gets its status
        _show(_failure_of(error), arguments)
        if _asks_for(arguments, "--verbose"):
            traceback.print_exception(error, file=sys.stderr)
        return exit_status(error)
    return DONE


def _end_of_wrong_usage(error: "ClickException", arguments: Sequence[str]) -> int:
    """Say what click refused, in its own words or as our JSON document."""
    from click import UsageError
    from click.exceptions import BadParameter, NoSuchCommand, NoSuchOption

    match error:
        case NoSuchOption():
            found = error.option_name
        case NoSuchCommand():
            found = error.command_name
        case BadParameter():
            found = str(error.param.name) if error.param else ""
        case _:
            found = ""
    context = getattr(error, "ctx", None)
    subject = context.command_path if context else _program_name()
    if _asks_for(arguments, "--json"):
        failure = {"kind": kind_name(type(error)), "subject": subject, "expected": "", "found": found}
        _show(failure | {"message": _punctuated(error.format_message())}, arguments)
    else:
        lines = [*_usage_lines(context), _("Error: {message}").format(message=_punctuated(error.format_message()))]
        _show({"message": "\n".join(lines)}, arguments)
    return WRONG_USAGE if isinstance(error, UsageError) else ENVIRONMENT_FAILED


def _usage_lines(context: "Context | None") -> list[str]:
    """How the command is given and where its help is, as click says it above an error."""
    if context is None:
        return []
    option = max(context.command.get_help_option_names(context), key=len)
    hint = _("Try '{command} {option}' for help.").format(command=context.command_path, option=option)
    return [context.get_usage(), hint, ""]


def _punctuated(message: str) -> str:
    """A message of click's with the marks of the language in use; some of its own are beyond the catalogue."""
    message = re.sub(r"integer( range)?(?=[.。]$)", _("whole number"), message)
    if current_language() == "en":
        return message
    message = message.replace(",\n\t", "、").replace("：\n\t", "：").replace("', '", "'、'")
    message = re.sub(r" ?'([^']*)'(?: (?=[^（]))?", r"“\1”", message)
    return re.sub(r"(?<=”)\.(?= |$)", "。", message).replace("。 ", "。").replace(" 整数", "整数")


def _failure_of(error: Exception) -> dict[str, str]:
    """What JSON says about ``error``; its message is what a person reads."""
    match error:
        case RecordkeeperError() if exit_status(error) != DEFECT:
            kind, subject, expected, found = error.kind, error.subject, error.expected, error.found
            message = clauses([str(error), error.advice] if error.advice else [str(error)])
        case OSError():
            kind, subject, expected, found = (
                "environment",
                str(error.filename or ""),
                "",
                system_reason(error),
            )
            message = _("{label}: ").format(label=subject) + found if subject else found
        case _:
            kind, subject, expected, found = "defect", _program_name(), "", f"{type(error).__name__}: {error}"
            message = _("a defect of the program: {found} (--verbose shows where)").format(found=found)
    return {"kind": kind, "subject": subject, "expected": expected, "found": found, "message": message}


def _show(failure: Mapping[str, str], arguments: Sequence[str]) -> None:
    from recordkeeper.cli.output import print_json, say

    if _asks_for(arguments, "--json"):
        print_json({"error": failure})
    say(failure["message"])


def _asks_for(arguments: Sequence[str], flag: str) -> bool:
    before_operands = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return flag in before_operands


def _language_asked_for(arguments: Sequence[str]) -> str | None:
    """The last valid ``--lang``; whether another value is right is click's to say."""
    return next((given for given in reversed(_given(arguments, "--lang")) if given in LANGUAGES), None)


def _language_of_workspace(folder: str | None) -> str | None:
    """What the workspace named, or around the current folder, is set to; what is wrong with it the command says."""
    from recordkeeper.cli.workspace import find_workspace

    try:
        return find_workspace(Path(folder) if folder else None).language
    except (RecordkeeperError, OSError):
        return None


def _last_given(arguments: Sequence[str], option: str) -> str | None:
    return next(reversed(_given(arguments, option)), None)


def _given(arguments: Sequence[str], option: str) -> list[str]:
    """Every value of an option, in the order given."""
    given: list[str] = []
    for position, argument in enumerate(arguments):
        if argument == "--":
            break
        name, has_value, value = argument.partition("=")
        if name == option:
            given += [value] if has_value else arguments[position + 1 : position + 2]
    return given


def _program_name() -> str:
    name = os.path.basename(sys.argv[0])  # noqa: PTH119 - a plain string operation on an argument
    return name if name in {"recordkeeper", "rk"} else "recordkeeper"


def _close_output() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
