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


def _say_version(asked: bool) -> None:
    if asked:
        print(f"orchestrator {__version__}")
        raise typer.Exit


@app.callback()
def orchestrator(
    version: bool = typer.Option(False, "--version", callback=_say_version, is_eager=True),
) -> None:
    pass


def register_verbs() -> None:
    """Every module of `verbs` that has verbs; the others are what verbs share."""
    for module in pkgutil.iter_modules(verbs.__path__, "orchestrator.verbs."):
        register = getattr(importlib.import_module(module.name), "register", None)
        if register is not None:
            register(app)


def main() -> None:
    """An error made for whoever sits here is its sentence and an exit code, never a traceback."""
    register_verbs()
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
