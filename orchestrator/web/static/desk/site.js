// A site's own page, for a phone in a hospital: am I on air, when am I, how do I arrive, what does
// the desk want; READY and HIDE. It asks once a second and shows nothing old as if it were new.

import { $, h, paint } from "./dom.js";
import { look, OLD_MS } from "./looks.js";
import { held } from "./parts.js";
import { clock, length, share, zoneName } from "./say.js";
import { KNOWN, words } from "./site-words.js";

const CHOSEN = "site-language";
const SAID_MS = 6000;

const csrf = document.querySelector("meta[name=csrf]").content;
const asked = document.body.dataset.site;
const page = { view: null, atMs: -Infinity, said: "", out: false, chosen: remembered() };

// Whoever holds the telephone may read another language than the site's.
function remembered() {
  try {
    return localStorage.getItem(CHOSEN) ?? "";
  } catch {
    return "";
  }
}

function choose(language) {
  page.chosen = language;
  try {
    localStorage.setItem(CHOSEN, language);
  } catch {
    // a browser that keeps nothing asks again
  }
  draw();
}

function spoken() {
  return words(page.chosen || (page.view?.language ?? navigator.language));
}

function address() {
  return `/api/v1/site${asked ? `?site=${encodeURIComponent(asked)}` : ""}`;
}

async function say(word, args, reason = "") {
  const t = spoken();
  try {
    const answer = await fetch(`/api/v1/commands/${word}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ args, reason }),
    });
    const told = await answer.json();
    page.said = answer.ok ? t.done : `✕ ${told.detail}`;
  } catch {
    page.said = `✕ ${t.noAnswer}`;
  }
  const told = page.said;
  setTimeout(() => {
    if (page.said === told) page.said = "";
    draw();
  }, SAID_MS);
  draw();
  return undefined;
}

const self = { may: () => true, me: { role: "site" } };

function draw() {
  const { view } = page;
  $("said").textContent = page.said;
  if (!view) {
    return paint($("site"), h("p", { class: "dim" }, page.out ? spoken().oldLink : page.said || "…"));
  }
  const t = spoken();
  document.documentElement.lang = t.lang;
  document.documentElement.dir = t.dir ?? "ltr";
  document.title = `${view.site.title} · ${view.event.title}`;
  const old = performance.now() - page.atMs > OLD_MS;
  const since = (performance.now() - page.atMs) / 1000;
  const now = Date.parse(view.now) + since * 1000;
  return paint(
    $("site"),
    h(
      "header",
      { key: "head" },
      h("div", {}, h("h1", { dir: "auto" }, view.site.title), h("p", { class: "dim" }, view.event.title)),
      h("div", { class: "clock" }, h("b", {}, clock(now, view.site.timezone)), h("span", { class: "dim" }, zoneName(view.site.timezone))),
    ),
    old ? h("p", { key: "old", class: "old", role: "alert" }, t.old) : null,
    tally(view, t, old),
    countdown(view, t, since),
    h("section", { key: "feeds", "aria-label": t.received }, h("h2", {}, t.received), ...view.feeds.map((feed) => feedRow(feed, t))),
    messages(view, t),
    buttons(view, t),
    later(view, t),
    languages(t),
  );
}

function languages(t) {
  return h(
    "label",
    { key: "language", class: "language" },
    h("span", { class: "dim" }, t.choose),
    h(
      "select",
      { onchange: (event) => choose(event.currentTarget.value) },
      ...Object.values(KNOWN).map((one) => h("option", { key: one.lang, value: one.lang, lang: one.lang, selected: one === t }, one.name)),
    ),
  );
}

function tally(view, t, old) {
  const word = view.quarantined ? t.quarantined : view.hidden ? t.hidden : { air: t.onAir, preview: t.preview, armed: t.armed, "": t.off }[view.tally];
  const kind = view.hidden || view.quarantined ? "out" : view.tally || "off";
  const icon = { air: "●", preview: "◐", armed: "▲", off: "○", out: "✕" }[kind];
  return h("section", { key: "tally", class: `tally-big ${kind} ${old ? "unsure" : ""}`, role: "status" }, h("b", {}, `${icon} ${word}`), view.tally === "air" ? h("span", {}, `${t.publicIn} ${Math.round(view.public_behind_s)} s`) : null);
}

function countdown(view, t, since) {
  const { on, next, stood_in: owed } = view;
  if (owed) {
    return h(
      "section",
      { key: "count", class: "count" },
      h("p", {}, owed.title),
      h("b", {}, owed.left_s === null ? t.open : length(Math.max(0, owed.left_s - since))),
      h("span", { class: "dim" }, owed.ready ? t.joinSoon : t.stoodIn),
    );
  }
  if (on) {
    return h("section", { key: "count", class: "count" }, h("p", {}, on.title), h("b", {}, on.left_s === null ? t.open : length(Math.max(0, on.left_s - since))), h("span", { class: "dim" }, on.left_s === null ? "" : t.left));
  }
  if (next) {
    return h("section", { key: "count", class: "count" }, h("p", {}, next.title), h("b", {}, length(Math.max(0, next.in_s - since))), h("span", { class: "dim" }, `${t.until} ${clock(next.start, view.site.timezone, "")}`));
  }
  return h("section", { key: "count", class: "count" }, h("p", { class: "dim" }, t.nothing));
}

function feedRow(feed, t) {
  const icon = { good: "●", note: "○", dead: "✕" }[feed.grade] ?? "▲";
  return h(
    "p",
    { key: feed.name, class: `feed ${feed.grade}` },
    h("b", {}, `${icon} ${feed.name}`),
    h("span", {}, t.told[feed.told] ?? feed.told),
    h("span", { class: "bar", "aria-hidden": "true", style: { "--level": share(feed.level_db).toFixed(2) } }, h("i", {})),
  );
}

function messages(view, t) {
  return h(
    "section",
    { key: "messages", "aria-label": t.messages },
    h("h2", {}, t.messages),
    ...view.messages.slice(-5).map((one) =>
      h(
        "p",
        { key: one.seq, class: `message ${one.from_site ? "mine" : ""} ${!one.read && !one.from_site ? "unread" : ""}` },
        h("span", { class: "dim" }, `${clock(one.at, view.site.timezone, "")} ${one.from_site ? t.you : one.author}`),
        h("span", { dir: "auto" }, one.text),
        one.from_site
          ? h("span", { class: "dim" }, one.read ? `✓✓ ${t.read}` : "✓")
          : one.read
            ? null
            : h("button", { type: "button", onclick: () => say("read", { message: one.seq }) }, t.markRead),
      ),
    ),
    h(
      "form",
      {
        onsubmit: async (event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem("text");
          const text = field.value.trim();
          if (text) await say("message", { site: view.site.id, text });
          field.value = "";
        },
      },
      h("input", { name: "text", maxlength: 200, "aria-label": t.write, placeholder: t.write }),
      h("button", { type: "submit" }, t.send),
    ),
  );
}

function buttons(view, t) {
  const slot = view.stood_in ?? view.next;
  const isReady = view.stood_in ? view.stood_in.ready : slot?.state.includes("ready");
  return h(
    "section",
    { key: "buttons", class: "buttons" },
    slot
      ? h(
          "button",
          {
            key: "ready",
            type: "button",
            class: `big ready ${isReady ? "on" : ""}`,
            "aria-pressed": String(isReady === true),
            onclick: () => say(isReady ? "not-ready" : "ready", { slot: slot.id }),
          },
          isReady ? `✓ ${t.isReady}` : t.ready,
        )
      : null,
    view.hidden
      ? held(self, "unhide", t.unhide, { key: "unhide", class: "big", title: t.hold, act: () => say("unhide", { site: view.site.id }) })
      : h("button", { key: "hide", type: "button", class: "big hide", title: t.hideTitle, onclick: () => say("hide", { site: view.site.id }) }, t.hide),
    view.quarantined
      ? null
      : held(self, "privacy", t.privacy, { key: "privacy", class: "big out", title: t.privacyTitle, act: () => say("privacy", { site: view.site.id }) }),
    view.quarantined ? null : h("p", { key: "about", class: "dim about" }, t.privacyTitle),
  );
}

function later(view, t) {
  if (!view.later.length) return null;
  return h(
    "section",
    { key: "later", "aria-label": t.today },
    h("h2", {}, t.today),
    ...view.later.map((slot) =>
      h("p", { key: slot.id, class: "slot" }, h("b", {}, clock(slot.start, view.site.timezone, "")), h("span", {}, slot.title), h("span", { class: "dim" }, length(slot.length_s))),
    ),
  );
}

look(page, address, draw);
