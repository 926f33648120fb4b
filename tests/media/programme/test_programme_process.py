"""The programme as a process: parts on the grid, failover, kill -9, and a refusal with a reason."""

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.label import Label
from orchestrator.bus.lines import read_lines
from orchestrator.bus.page import create_page, open_page
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.media.boxes import read_part
from orchestrator.media.house import House
from orchestrator.media.picture import fill, new_picture
from orchestrator.media.ring import RingWriter
from orchestrator.programme.setting import Setting, read_setting
from orchestrator.programme.slate_job import lay_out
from orchestrator.rundown.plan import (
    Feed,
    Layout,
    Place,
    PlanSlot,
    Programme,
    SceneSpec,
    Site,
    Transition,
)
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.timing import Grid, PageClock, anchor_page

pytestmark = pytest.mark.media

GRID = Grid.standard(30)
HOUSE = House.of(320, 180, 30, ("180p",))
FEED = "mumbai.headset"


def day_at(start_n: int) -> Resolved:
    plan = PlanSlot(
        id="case",
        title={"en": "A case"},
        kind="panel",
        kinds=("panel",),
        duration=100_000,
        scene=SceneSpec("full", {"main": FEED}, {"main": 0.0}),
        transition=Transition(),
        fallback={"main": ("slate.event",)},
        site="mumbai",
        audience="open",
    )
    feed = Feed(FEED, "mumbai", "srt", "srt://127.0.0.1:1")
    return Resolved(
        version=1,
        id="test",
        title={"en": "A test"},
        timezone="UTC",
        start_n=start_n,
        end_n=start_n + 100_000,
        languages=("en",),
        audience="open",
        programme=Programme(320, 180, 30),
        sites={
            "mumbai": Site("mumbai", {"en": "Institute"}, "Mumbai", "UTC", (0, 1440), (feed,)),
        },
        people={},
        layouts={"full": Layout("full", (Place("main", (0, 0, 1, 1)),))},
        graphics={},
        clips={},
        slots=(Slot(plan, start_n, start_n + 100_000),),
        standby=(),
        outputs=(),
    )


class Stage:
    """A live tree with one feed, whose only picture was due when the test began."""

    def __init__(self, folder: Path) -> None:
        self.tree = LiveTree(folder / "live")
        self.tree.make()
        anchor_page(self.tree.clock)
        self.clock = PageClock(self.tree.clock)
        day = day_at(GRID.frame_at(self.clock.now_ns()) - 1000)
        self.tree.snapshot.write_bytes(day.to_json())
        shape = {"width": 320, "height": 180, "fps": 30, "ladder": ["180p"]}
        self.tree.processes.write_text(json.dumps(shape))
        lay_out(Setting(day, HOUSE), self.tree, StateFolder(folder / "state"))
        self.ring = RingWriter(self.tree.ring(FEED), 320, 180, session=1)
        self.page = create_page(self.tree.feed_page(FEED), FEED_WORDS)
        self.children: list[subprocess.Popen[bytes]] = []

    def show_picture(self, luma: int) -> None:
        """A picture and three seconds of tone, due from now on."""
        n = GRID.frame_at(self.clock.now_ns())
        picture = new_picture(320, 180)
        fill(picture, (luma, 128, 128))
        self.ring.put_picture(n, *picture)
        t = np.arange(3 * 48_000) / 48_000
        tone = (0.3 * np.sin(2 * np.pi * 500 * t)).astype(np.float32)
        self.ring.put_sound(GRID.sample_of(n - 15), np.stack([tone, tone], 1))
        self.page[FeedWord.ALIVE_NS] = self.clock.now_ns() + 10**10
        self.page[FeedWord.STATE] = FeedState.LIVE
        for word in (FeedWord.PICTURE_N, FeedWord.MOVED_N, FeedWord.BRIGHT_N, FeedWord.SOUND_N):
            self.page[word] = n

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.programme", "--live", str(self.tree.root)],
            stderr=subprocess.PIPE,
        )
        self.children.append(process)
        return process

    def parts(self, track: str) -> dict[int, bytes]:
        found = {}
        for path in (self.tree.root / "spool" / track).rglob("*.m4s"):
            if not path.name.startswith("."):
                msn, index, _ = path.name.split(".")
                found[GRID.part(int(msn), int(index))] = path.read_bytes()
        return dict(sorted(found.items()))

    def close(self) -> None:
        for process in self.children:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()
        self.ring.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def wait_until(is_true: Callable[[], bool], within_s: float = 30) -> None:
    """Look again and again; the test fails if it does not become true."""
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline, "it did not come true"
        pause.wait(0.02)


def stopped(process: subprocess.Popen[bytes], sig: int = signal.SIGTERM) -> int:
    process.send_signal(sig)
    return process.wait(10)


def lumas(stage: Stage, parts: dict[int, bytes]) -> list[float]:
    init = (stage.tree.slate / "180p.init").read_bytes()
    with av.open(io.BytesIO(init + b"".join(parts.values())), "r") as container:
        return [float(f.to_ndarray()[:180, :320].mean()) for f in container.decode(video=0)]


def test_a_feed_goes_on_air_and_gives_way_to_the_slate_when_it_stops(stage: Stage) -> None:
    stage.show_picture(200)
    process = stage.start()
    wait_until(lambda: len(stage.parts("180p")) >= 6)
    assert stopped(process) == 0

    parts = stage.parts("180p")
    heads = [read_part(part) for part in parts.values()]
    assert [head.tfdt for head in heads] == [GRID.video_tfdt(k) for k in parts]
    assert list(parts) == list(range(min(parts), max(parts) + 1))
    assert {sum(head.durations) for head in heads} == {16 * 3000}
    assert heads[0].syncs[0]

    shown = lumas(stage, parts)
    assert shown[0] == pytest.approx(200, abs=4)
    assert shown[-1] < 80
    changes = [abs(b - a) > 20 for a, b in itertools.pairwise(shown)]
    assert sum(changes) == 1

    labels = [Label.of(stage.tree.spool_label(GRID, k).read_bytes()) for k in parts]
    assert {label.audience for label in labels} == {"open"}
    assert labels[0].sites == ("mumbai",)
    assert labels[-1].sites == ()

    [failover] = [line for line in read_lines(stage.tree.asrun) if line["event"] == "failover"]
    # the feed's only picture was due before this programme asked for any
    assert (failover["source"], failover["why"]) == (FEED, "no picture yet")


def test_sound_is_laid_down_for_the_same_columns_as_pictures(stage: Stage) -> None:
    stage.show_picture(200)
    process = stage.start()
    wait_until(lambda: len(stage.parts("180p")) >= 3 and len(stage.parts("a")) >= 3)
    stopped(process)

    sound, pictures = stage.parts("a"), stage.parts("180p")

    assert min(sound) == min(pictures)
    for k, part in sound.items():
        head = read_part(part)
        assert (head.tfdt, sum(head.durations)) == (GRID.audio_tfdt(k), 25 * 1024)
    init = (stage.tree.slate / "a.init").read_bytes()
    with av.open(io.BytesIO(init + b"".join(sound.values())), "r") as container:
        first = next(iter(container.decode(audio=0)))
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert first.sample_rate == 48_000
    assert float(np.abs(heard[:, :24_000]).max()) == pytest.approx(0.3, abs=0.05)


def test_after_kill_9_it_joins_where_it_should_be_with_an_idr(stage: Stage) -> None:
    stage.show_picture(200)
    process = stage.start()
    wait_until(lambda: len(stage.parts("180p")) >= 2)
    stopped(process, signal.SIGKILL)
    before = stage.parts("180p")
    stage.show_picture(120)
    process = stage.start()
    wait_until(lambda: len(stage.parts("180p")) >= len(before) + 2)
    stopped(process)

    after = {k: part for k, part in stage.parts("180p").items() if k not in before}
    assert read_part(after[min(after)]).syncs[0]
    assert [read_part(part).tfdt for part in after.values()] == [GRID.video_tfdt(k) for k in after]
    starts = [line["n"] for line in read_lines(stage.tree.asrun) if line["event"] == "start"]
    assert len(starts) == 2
    assert all(n % GRID.part_frames == 0 for n in starts)
    assert GRID.part_of(starts[1]) == min(after)
    assert lumas(stage, after)[0] == pytest.approx(120, abs=4)


def test_its_sources_are_wanted_and_its_facts_are_written(stage: Stage) -> None:
    def is_judged() -> bool:
        stage.show_picture(200)
        path = stage.tree.facts("programme")
        return path.exists() and FEED in json.loads(path.read_bytes())["sources"]

    process = stage.start()
    wait_until(is_judged)
    stopped(process)

    facts = json.loads(stage.tree.facts("programme").read_bytes())
    assert open_page(stage.tree.wants)[0] > GRID.frame_at(facts["at_ns"])
    assert facts["sources"][FEED]["verdict"] == "alive"
    assert set(facts["ladder"]["180p"]) >= {"queue", "encode_ms", "part_after_end_ms", "left_out"}


def test_an_encoder_that_the_public_init_does_not_describe_refuses_to_start(stage: Stage) -> None:
    public = stage.tree.slate / "180p.init"
    public.write_bytes(public.read_bytes() + b"\0")

    process = stage.start()

    _, said = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "differs from the public one" in said.decode()


def test_without_a_rundown_it_says_so_and_does_not_start(stage: Stage) -> None:
    stage.tree.snapshot.write_text("{}")

    process = stage.start()

    _, said = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "holds no resolved rundown" in said.decode()


def test_the_setting_is_read_back_as_it_was_prepared(stage: Stage) -> None:
    assert read_setting(stage.tree).house == HOUSE
