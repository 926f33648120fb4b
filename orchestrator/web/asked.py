"""What a request's body may be: the base of every record that goes in (`shapes.py`). Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Text = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[str, Field(min_length=1, max_length=200, repr=False)]


class Asked(BaseModel):
    """A request's body: nothing in it but what is known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def sentence_of(error: ValidationError) -> str:
    """What is wrong with a body, without repeating what was sent: it may hold a password."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))[:80]
    what = str(first["msg"])[:200]
    return f"{where}: {what}" if where else f"the body is not JSON as described: {what}"
