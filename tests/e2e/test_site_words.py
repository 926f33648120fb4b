"""The words of a site's page: every language has every word, and every sentence it can be told."""

from __future__ import annotations

from harness.node import run_module

from orchestrator.control.deskfeeds import SENTENCES

_SCRIPT = """
import { KNOWN, words } from "DESK/site-words.js";
const swiss = words("fr-CH").lang, unknown = words("xx").lang;
console.log(JSON.stringify({ known: KNOWN, swiss, unknown }));
"""


def test_every_language_has_every_word_and_every_sentence() -> None:
    found = run_module(_SCRIPT)
    known, wanted = found["known"], set(found["known"]["en"])

    assert {"en", "fr", "es", "pt", "de", "uk", "ar"} <= set(known)
    for language, words in known.items():
        assert words["lang"] == language
        assert set(words) - {"dir"} == wanted, language
        assert all(words[name] for name in wanted - {"told"}), language
        if language != "en":
            assert set(words["told"]) == SENTENCES, language


def test_a_dialect_is_its_language_and_what_nobody_wrote_is_english() -> None:
    found = run_module(_SCRIPT)
    assert (found["swiss"], found["unknown"]) == ("fr", "en")
