"""What we ship for containers and systemd says what the program says. No engine was at hand."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """Instructions in order, continuation lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    compose = YAML(typ="safe").load(ROOT / "deploy/compose.yaml")
    return dict(compose["services"]["orchestrator"])


def test_the_last_stage_runs_as_somebody_else_than_root(dockerfile: list[tuple[str, str]]) -> None:
    assert [rest for word, rest in dockerfile if word == "USER"] == ["orchestrator"]
    assert dockerfile[-1][0] == "CMD"


def test_the_image_has_stages_and_its_health_is_freshness(
    dockerfile: list[tuple[str, str]],
) -> None:
    words = [word for word, _ in dockerfile]
    assert words.count("FROM") == 3
    health = next(rest for word, rest in dockerfile if word == "HEALTHCHECK")
    assert "/healthz" in health


def test_everything_that_is_copied_exists_and_is_let_through(
    dockerfile: list[tuple[str, str]],
) -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    sources = [
        name
        for word, rest in dockerfile
        if word == "COPY" and "--from" not in rest
        for name in shlex.split(rest)[:-1]
    ]
    assert sources
    for name in sources:
        parents = {name, *map(str, Path(name).parents)}
        assert parents & let_through, f"{name} is kept from the build by .dockerignore"
        assert (ROOT / name).exists(), name


def test_the_stage_of_the_page_has_all_that_npm_runs_in_it(
    dockerfile: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Its COPY lines done by hand, then `npm run build` as the image would run it."""
    node = shutil.which("node")
    if node is None or not (ROOT / "node_modules" / "hls.js").exists():
        pytest.skip("no node, or no hls.js: `npm ci` brings it")
    stages = [i for i, (word, _) in enumerate(dockerfile) if word == "FROM"]
    for word, rest in dockerfile[: stages[1]]:
        if word == "COPY":
            *names, target = shlex.split(rest)
            for name in names:
                to = tmp_path / target / ("" if target != "./" else name)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, to)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    script = json.loads((tmp_path / "package.json").read_text())["scripts"]["build"].split()
    assert script[0] == "node"

    subprocess.run([node, *script[1:]], cwd=tmp_path, check=True, capture_output=True, timeout=60)

    from_page = next(rest for word, rest in dockerfile if word == "COPY" and "--from=page" in rest)
    made = tmp_path / shlex.split(from_page)[1].removeprefix("/page/")
    assert (made / "hls.min.js").stat().st_size > 100_000


def test_every_variable_is_one_that_run_reads(
    dockerfile: list[tuple[str, str]], service: dict[str, Any]
) -> None:
    known = set(re.findall(r'"(ORCH_[A-Z_]+)"', (ROOT / "orchestrator/verbs/run.py").read_text()))
    known.add("ORCH_LOG")
    environment = " ".join(rest for word, rest in dockerfile if word == "ENV")
    used = set(re.findall(r"\b(ORCH_[A-Z]+)=", environment)) | set(service["environment"])
    assert used <= known


def test_compose_gives_shared_memory_and_takes_rights(service: dict[str, Any]) -> None:
    assert service["shm_size"] == "2gb"
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["user"] == "10001"
    assert not any(":8081" in port for port in service["ports"])


def test_image_and_compose_speak_of_the_same_user_ports_and_folders(
    dockerfile: list[tuple[str, str]], service: dict[str, Any]
) -> None:
    said = {word: rest for word, rest in dockerfile if word in ("EXPOSE", "HEALTHCHECK", "CMD")}
    port = service["environment"]["ORCH_PUBLIC"].rpartition(":")[2]
    assert said["EXPOSE"] == port
    assert f":{port}/healthz" in said["HEALTHCHECK"]
    assert f"{port}:{port}/tcp" in service["ports"]
    made = next(rest for word, rest in dockerfile if word == "RUN" and "useradd" in rest)
    assert f"--uid {service['user']} " in made

    assert service["command"] == json.loads(said["CMD"])
    mounts = dict(reversed(volume.split(":")[:2]) for volume in service["volumes"])
    assert mounts[str(Path(service["command"][1]).parent)] == "../event"
    environment = next(rest for word, rest in dockerfile if word == "ENV" and "ORCH_STATE" in rest)
    state = re.search(r"ORCH_STATE=(\S+)", environment)
    assert state
    assert state[1] in mounts


def test_systemd_restarts_what_was_killed_but_not_what_is_wrong() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(ROOT / "deploy/orchestrator.service")
    section = unit["Service"]
    assert section["Restart"] == "always"
    assert section["RestartPreventExitStatus"] == "2 3"
    assert " run " in section["ExecStart"]


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile", "deploy/compose.yaml", ".ci/run"])
def test_no_file_names_a_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"registry|index-url|pypi\.org|npmjs|ghcr|quay\.io|gcr\.io", text)
