"""What the slates say: one for the event, one for privacy, one for each site. Pure but for Jinja.

Their texts are in the event's first language, the floor's.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.media.legible import legible
from orchestrator.media.svg import fill_in
from orchestrator.rundown.resolved import Resolved

_LINES: Mapping[str, tuple[str, str, str]] = {
    "ar": ("سنعود بعد لحظات", "البث متوقف لحظة", "سيعود الاتصال قريباً"),
    "de": ("Gleich geht es weiter", "Die Übertragung ist kurz unterbrochen", "Gleich wieder da"),
    "en": ("We will be right back", "The broadcast is paused for a moment", "Back in a moment"),
    "es": ("Volvemos enseguida", "La emisión está en pausa", "Volvemos en un momento"),
    "fr": ("Nous revenons tout de suite", "La diffusion est en pause", "De retour dans un instant"),
    "hi": ("हम अभी लौटते हैं", "प्रसारण कुछ देर के लिए रुका है", "कुछ ही क्षणों में वापसी"),
    "pt": ("Voltamos já", "A transmissão está em pausa", "De volta num instante"),
}
"""By language: on the event's slate, on the privacy slate, on a site's slate."""

_COLOURS = ("#37c2b1", "#e0a458", "#8fb8de", "#d97b93", "#9ac46b", "#b79ce0", "#e3c567")


def slate_svgs(resolved: Resolved) -> dict[str, str]:
    """The SVG of every slate, by source. Raises TemplateBroken."""
    language = resolved.languages[0] if resolved.languages else "en"
    event_line, privacy_line, site_line = _LINES.get(language.split("-")[0], _LINES["en"])
    title = in_language(resolved.title, language)
    svgs = {
        "slate.event": _filled("slate-event", {"title": title, "line": event_line}),
        "slate.privacy": _filled("slate-privacy", {"title": title, "line": privacy_line}),
    }
    for i, site in enumerate(resolved.sites.values()):
        svgs[f"slate.site.{site.id}"] = _filled(
            "slate-site",
            {
                "event": title,
                "title": in_language(site.title, language),
                "city": site.city,
                "line": site_line,
                "colour": _COLOURS[i % len(_COLOURS)],
            },
        )
    return svgs


def _filled(template: str, data: Mapping[str, str]) -> str:
    """A slate there must be: a text that no font can draw is left out, and the rest shown."""
    undrawable = legible(data).undrawable
    return fill_in(template, {k: "" if undrawable & set(v) else v for k, v in data.items()})


def in_language(text: Mapping[str, str], language: str) -> str:
    """A text in that language, or in whichever comes first."""
    return text.get(language) or next(iter(text.values()), "")
