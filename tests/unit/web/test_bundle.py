"""One script out of many modules: in order, each in a scope of its own, and nothing guessed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

import pytest

from orchestrator.web.bundle import bundle, in_order

MODULES = {
    "main.js": 'import { $, twice as again } from "./a.js";\n'
    'import { Box, NAME } from "./two-words.js";\n'
    "const own = 3;\n"
    "console.log(JSON.stringify([$, again(own), new Box().get(), NAME]));\n",
    "a.js": 'import { NAME } from "./two-words.js";\n'
    "const own = 5;\n"
    "export const $ = NAME + own;\n"
    "export function twice(k) {\n  return 2 * k;\n}\n",
    "two-words.js": 'export const NAME = "n";\n'
    "const own = 7;\n"
    "export class Box {\n  get() {\n    return own;\n  }\n}\n"
    "export async function never() {}\n",
}


def test_what_is_imported_comes_first_and_once() -> None:
    assert in_order("main.js", MODULES) == ("two-words.js", "a.js", "main.js")


def test_each_module_is_a_scope_that_gives_what_it_exports() -> None:
    text = bundle("main.js", MODULES)

    assert "const { $, twice: again } = $a;" in text
    assert "return { NAME, Box, never };" in text
    assert "import" not in text
    assert "export" not in text


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node on this machine")
def test_it_runs_as_the_modules_would() -> None:
    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", bundle("main.js", MODULES)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == '["n5",6,7,"n"]\n'


@pytest.mark.parametrize(
    ("modules", "says"),
    [
        ({"main.js": 'import x from "./a.js";\n'}, "main.js says 'import x from"),
        ({"main.js": "export default 3;\n"}, "main.js says 'export default 3;'"),
        ({"main.js": "await null;\n"}, "main.js says 'await null;'"),
        ({"main.js": 'import { a } from "./a.js";\n'}, "main.js imports a.js, which is not there"),
        (
            {
                "main.js": 'import { a } from "./a.js";\n',
                "a.js": 'import { b } from "./b.js";\n',
                "b.js": 'import { a } from "./a.js";\n',
            },
            "a.js → b.js → a.js",
        ),
    ],
)
def test_what_is_not_understood_is_said(modules: Mapping[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bundle("main.js", modules)
