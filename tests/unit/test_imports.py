"""Imports point one way (DESIGN §4). Read with `ast`; the failure names the file and the rule."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import orchestrator

ROOT = Path(orchestrator.__file__).parent

FLOOR = frozenset({"timing", "errors"})
COMMON = FLOOR | {"bus", "rundown", "media"}
PROCESSES = frozenset({"feeds", "programme", "delivery", "control"})
RULES = {
    "errors": frozenset[str](),
    "timing": FLOOR,
    "bus": FLOOR | {"bus"},
    "rundown": FLOOR | {"bus.orders", "rundown"},
    "media": FLOOR | {"bus", "rundown", "media"},
    **{process: COMMON | {process} for process in PROCESSES},
    "web": COMMON | PROCESSES | {"web"},
    "rehearsal": COMMON | PROCESSES | {"rehearsal", "settings"},
}
"""What each folder may import of us. Folders and files not named here are the top: they may all."""

HEAVY = {
    "supervisor.py": {"av", "aiohttp", "pydantic", "numpy"},
    "delivery/gate.py": {"av", "aiohttp", "pydantic"},
}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            yield node.lineno, node.module
            for alias in node.names:
                if (ROOT.parent / node.module.replace(".", "/") / f"{alias.name}.py").exists():
                    yield node.lineno, f"{node.module}.{alias.name}"


def ours(name: str) -> str:
    """`bus.orders` for `orchestrator.bus.orders`; empty for other people's packages."""
    return name.removeprefix("orchestrator.") if name.startswith("orchestrator.") else ""


def is_allowed(name: str, allowed: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:i]) in allowed for i in range(1, len(parts) + 1))


FILES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    folder = path.parts[0].removesuffix(".py")
    allowed = RULES.get(folder)
    if allowed is None:
        return
    for line, name in imports_of(ROOT / path):
        imported = ours(name)
        # `from orchestrator.bus import orders` names the folder first: judged by what follows
        if not imported or (imported == "bus" and folder == "rundown"):
            continue
        assert is_allowed(imported, allowed), (
            f"orchestrator/{path}:{line} imports {name}; "
            f"{folder} may import {', '.join(sorted(allowed)) or 'nothing of ours'}"
        )


@pytest.mark.parametrize("start", HEAVY)
def test_what_must_stay_small_loads_nothing_heavy(start: str) -> None:
    import subprocess
    import sys

    module = f"orchestrator.{start.removesuffix('.py').replace('/', '.')}"
    code = f"import sys, {module}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    assert not HEAVY[start].intersection(loaded)


def test_only_timing_asks_what_time_it_is() -> None:
    asking = []
    for path in FILES:
        if path.parts[0] == "timing":
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in (
                "time.time",
                "time.time_ns",
                "datetime.now",
                "datetime.utcnow",
                "datetime.datetime.now",
            ):
                asking.append(f"orchestrator/{path}:{node.lineno} uses {ast.unparse(node)}")

    assert not asking, "\n".join(asking)
