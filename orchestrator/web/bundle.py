"""One script out of the modules of a page, so that a browser asks once and not forty times. Pure.

Used when control starts; the modules stay what is written, read and tested. Each becomes a function
that is called at once and gives what it exports, after those that it imports from. Understood is
what our modules say, a line each: `import { a, b as c } from "./x.js";` and `export` before a
function, a class or a const. Whatever else a module says to others raises ValueError, and so do
modules that import each other in a circle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{ ([\w$, ]+) \} from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|class|const) ([\w$]+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export|await)\b.*$", re.MULTILINE)


def bundle(first: str, modules: Mapping[str, str]) -> str:
    """The text of module `first` with all that it leads to."""
    return "\n".join(_called(name, modules[name]) for name in in_order(first, modules))


def in_order(first: str, modules: Mapping[str, str]) -> tuple[str, ...]:
    """What `first` leads to and at last itself, each after what it imports from."""
    found: dict[str, None] = {}

    def follow(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other: {' → '.join((*above, name))}")
        if name in found:
            return
        if name not in modules:
            raise ValueError(f"{above[-1]} imports {name}, which is not there")
        for _, imported in _IMPORT.findall(modules[name]):
            follow(imported, (*above, name))
        found[name] = None

    follow(first, ("the page",))
    return tuple(found)


def _called(name: str, text: str) -> str:
    exported = _EXPORT.findall(text)
    text = _EXPORT.sub("", _IMPORT.sub(_named, text))
    if other := _OTHER.search(text):
        raise ValueError(f"{name} says {other[0]!r}, which the bundle does not understand")
    return (
        f"// {name}\nconst {_module(name)} = (() => {{\n{text}\n"
        f"return {{ {', '.join(exported)} }};\n}})();"
    )


def _named(found: re.Match[str]) -> str:
    return f"const {{ {found[1].replace(' as ', ': ')} }} = {_module(found[2])};"


def _module(name: str) -> str:
    return "$" + name.removesuffix(".js").replace("-", "_")
