from pathlib import Path

import pytest
from gallerydesk import House, day_of

from orchestrator.rundown.resolved import Resolved


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    """The long event of `gallerydesk`."""
    return day_of(Path(tmp_path_factory.mktemp("day")))


@pytest.fixture
def house(day: Resolved) -> House:
    return House(day)
