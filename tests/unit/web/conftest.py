from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from controlport import Port, open_port, small_place


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    """The control port over a small event, in this process."""
    async with open_port(small_place(tmp_path)) as opened:
        yield opened
