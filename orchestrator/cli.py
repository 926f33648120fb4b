"""The `orchestrator` command: every verb in a file of its own, each with `register(app)`.

Exit codes: 0 done, 1 warnings or refused, 2 a wrong file or command line, 3 this machine cannot.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

from orchestrator import __version__, verbs
from orchestrator.errors import CommandRejected, ConfigError, OrchestratorError, StartError

app = typer.Typer(
    name="orchestrator",
    help="A 24-hour live event across a dozen hospitals: one run of show in, one programme out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_QUICK = ("commands", "journal", "run")


def _say_version(asked: bool) -> None:
    if asked:
        print(f"orchestrator {__version__}")
        raise typer.Exit


@app.callback()
def orchestrator(
    version: bool = typer.Option(False, "--version", callback=_say_version, is_eager=True),
) -> None:
    pass


def register_verbs(word: str = "") -> None:
    """Every module of `verbs` that has verbs; the others are what verbs share.

    The operator's words come first, and if `word` is one of them nothing else is loaded: BLANK
    must not wait for libraries that read event files.
    """
    names = [module.name for module in pkgutil.iter_modules(verbs.__path__)]
    for name in sorted(names, key=lambda name: (name not in _QUICK, name)):
        if name not in _QUICK and word in _registered():
            return
        register = getattr(importlib.import_module(f"{verbs.__name__}.{name}"), "register", None)
        if register is not None:
            register(app)


def _registered() -> set[str | None]:
    groups = {group.name for group in app.registered_groups}
    return groups | {command.name for command in app.registered_commands}


def main() -> None:
    """An error made for whoever sits here is its sentence and an exit code, never a traceback."""
    register_verbs(next((word for word in sys.argv[1:] if not word.startswith("-")), ""))
    try:
        app()
    except CommandRejected as error:
        sys.exit(_said(error, 1))
    except ConfigError as error:
        sys.exit(_said(error, 2))
    except StartError as error:
        sys.exit(_said(error, 3))
    except OrchestratorError as error:
        sys.exit(_said(error, 1))


def _said(error: OrchestratorError, code: int) -> int:
    print(error, file=sys.stderr)
    return code
