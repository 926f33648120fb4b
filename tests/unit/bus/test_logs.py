"""What a log line says, and that it is one line."""

from __future__ import annotations

import json
import logging

from orchestrator.bus.logs import JsonLines


def line_of(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines("feed london.room").format(record)
    assert "\n" not in text
    parsed = json.loads(text)
    assert isinstance(parsed, dict)
    return parsed


def test_a_line_tells_process_level_logger_time_and_what_was_added() -> None:
    said = {"name": "orchestrator.feeds", "levelname": "WARNING", "created": 0.0}
    record = logging.makeLogRecord(said | {"msg": "lost %s", "args": ("Zoë",), "session": 3})

    assert line_of(record) == {
        "event": "lost Zoë",
        "session": 3,
        "process": "feed london.room",
        "level": "warning",
        "logger": "orchestrator.feeds",
        "timestamp": "1970-01-01T00:00:00+00:00",
    }


def test_a_traceback_stays_within_its_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"msg": "died", "exc_info": (type(error), error, error.__traceback__)}
        )

    assert "ValueError: two" in str(line_of(record)["exception"])
