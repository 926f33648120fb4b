"""`orchestrator schema`: the JSON Schema of an event file, for editors."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of an event file, for completion in an editor.

    Save it, and begin the file with:  # yaml-language-server: $schema=./event.schema.json
    """
    from orchestrator.rundown import schema as rundown_schema

    typer.echo(json.dumps(rundown_schema.schema(), ensure_ascii=False, indent=2))


def register(app: typer.Typer) -> None:
    app.command()(schema)
