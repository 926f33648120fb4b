// A guest's own page, for a phone or a laptop at home: when am I on, am I heard, I am here. It tells
// the desk how far the guest has come: opened, microphone heard, waiting. The microphone is listened
// to on this page alone; picture and sound come by the line that the studio has set up.

import { $, h, paint } from "./dom.js";
import { guestWords } from "./guest-words.js";
import { look, OLD_MS } from "./looks.js";
import { clock, length, share, zoneName } from "./say.js";
import { words } from "./site-words.js";

const HEARD_DB = -45; // a voice at arm's length; a quiet room is far below
const HEARD_MS = 1000;

const csrf = document.querySelector("meta[name=csrf]").content;
const asked = document.body.dataset.person;
const page = { view: null, atMs: -Infinity, said: "", out: false, isGuest: false, mic: "", levelDb: null, heardMs: 0 };

function address() {
  return `/api/v1/guest${asked && !page.isGuest ? `?person=${encodeURIComponent(asked)}` : ""}`;
}

// Who looks at a guest's page from the desk reports nothing in the guest's name.
async function begin() {
  const answer = await fetch("/api/v1/me").catch(() => null);
  page.isGuest = answer?.ok === true && Boolean((await answer.json()).person);
  if (page.isGuest) stage("opened");
  look(page, address, draw);
}

async function stage(name, isBack = false) {
  if (!page.isGuest) return;
  const t = guestWords(page.view?.language);
  try {
    const answer = await fetch("/api/v1/guest/stage", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ stage: name, is_back: isBack }),
    });
    if (!answer.ok) page.said = `✕ ${(await answer.json()).detail}`;
    else page.said = name === "waiting" ? t.youWait : "";
  } catch {
    page.said = `✕ ${words(page.view?.language).noAnswer}`;
  }
  draw();
}

async function listen() {
  if (!navigator.mediaDevices) {
    page.mic = "insecure";
    return draw();
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    context.createMediaStreamSource(stream).connect(analyser);
    page.mic = "open";
    measure(analyser, new Float32Array(analyser.fftSize));
  } catch {
    page.mic = "refused";
  }
  return draw();
}

function measure(analyser, samples) {
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
  page.levelDb = 10 * Math.log10(power + 1e-9);
  if (page.levelDb > HEARD_DB) page.heardMs += 100;
  if (page.heardMs >= HEARD_MS && page.mic === "open") {
    page.mic = "heard";
    stage("mic-ok");
  }
  draw();
  setTimeout(() => measure(analyser, samples), 100);
}

function draw() {
  const { view } = page;
  $("said").textContent = page.said;
  if (!view) {
    return paint($("site"), h("p", { class: "dim" }, page.out ? "This link is too old. Ask the studio for a new one." : page.said || "…"));
  }
  const t = { ...words(view.language), ...guestWords(view.language) };
  document.documentElement.lang = t.lang;
  document.title = `${view.person.name} · ${view.event.title}`;
  const since = (performance.now() - page.atMs) / 1000;
  const old = since * 1000 > OLD_MS;
  const now = Date.parse(view.now) + since * 1000;
  return paint(
    $("site"),
    h(
      "header",
      { key: "head" },
      h("div", {}, h("h1", {}, view.person.name), h("p", { class: "dim" }, view.event.title)),
      h("div", { class: "clock" }, h("b", {}, clock(now, view.person.zone)), h("span", { class: "dim" }, zoneName(view.person.zone))),
    ),
    old ? h("p", { key: "old", class: "old", role: "alert" }, t.old) : null,
    tally(view, t, old),
    countdown(view, t, since),
    steps(view, t),
    microphone(t),
    line(view, t),
    waiting(view, t, old),
    later(view, t),
  );
}

function tally(view, t, old) {
  const kind = view.tally || "off";
  const word = { air: t.onAir, preview: t.preview, armed: t.armed, off: t.off }[kind];
  const icon = { air: "●", preview: "◐", armed: "▲", off: "○" }[kind];
  return h("section", { key: "tally", class: `tally-big ${kind} ${old ? "unsure" : ""}`, role: "status" },
    h("b", {}, `${icon} ${word}`), kind === "air" ? h("span", {}, `${t.publicIn} ${Math.round(view.public_behind_s)} s`) : null);
}

function countdown(view, t, since) {
  const { on, next } = view;
  if (!on && !next) return h("section", { key: "count", class: "count" }, h("p", { class: "dim" }, t.nothing));
  const slot = on ?? next;
  const left = on ? on.left_s : next.in_s;
  return h("section", { key: "count", class: "count" },
    h("p", {}, slot.title),
    h("b", {}, left === null ? t.open : length(Math.max(0, left - since))),
    h("span", { class: "dim" }, on ? (left === null ? "" : t.left) : `${t.until} ${clock(next.start, view.person.zone, "")}`));
}

function steps(view, t) {
  const stages = ["opened", "mic-ok", "waiting"];
  const at = stages.indexOf(view.stage);
  return h("ol", { key: "steps", class: "guest-steps", "aria-label": t.steps },
    ...stages.map((name, i) => h("li", { key: name, class: i <= at ? "done" : "" }, `${i <= at ? "✓" : "○"} ${t.stages[name]}`)));
}

function microphone(t) {
  const told = { "": t.micAbout, insecure: t.micInsecure, refused: t.micRefused, open: t.micSpeak, heard: t.micHeard }[page.mic];
  const isOpen = page.mic === "open" || page.mic === "heard";
  return h("section", { key: "mic", "aria-label": t.mic },
    h("h2", {}, t.mic),
    h("p", { role: "status" }, told),
    isOpen
      ? h("span", { class: "bar wide", "aria-hidden": "true", style: { "--level": share(page.levelDb).toFixed(2) } }, h("i", {}))
      : h("button", { type: "button", key: "listen", onclick: listen }, t.micTry));
}

function line(view, t) {
  if (!view.line) return h("p", { key: "line", class: "dim" }, t.noLine);
  const icon = { good: "●", note: "○", dead: "✕" }[view.line.grade] ?? "▲";
  return h("section", { key: "line", "aria-label": t.received },
    h("h2", {}, t.received),
    h("p", { class: `feed ${view.line.grade}` },
      h("b", {}, `${icon} ${view.line.name}`),
      h("span", {}, t.told[view.line.told] ?? view.line.told),
      h("span", { class: "bar", "aria-hidden": "true", style: { "--level": share(view.line.level_db).toFixed(2) } }, h("i", {}))));
}

function waiting(view, t, old) {
  const waits = view.stage === "waiting";
  return h("section", { key: "buttons", class: "buttons" },
    h("button", {
      key: "waiting",
      type: "button",
      class: `big ready ${waits ? "on" : ""}`,
      "aria-pressed": String(waits),
      disabled: old || !page.isGuest,
      onclick: () => stage(waits ? "opened" : "waiting", waits),
    }, waits ? `✓ ${t.waits}` : t.wait));
}

function later(view, t) {
  if (!view.later.length) return null;
  return h("section", { key: "later", "aria-label": t.today },
    h("h2", {}, t.today),
    ...view.later.map((slot) =>
      h("p", { key: slot.id, class: "slot" }, h("b", {}, clock(slot.start, view.person.zone, "")), h("span", {}, slot.title), h("span", { class: "dim" }, length(slot.length_s)))));
}

begin();
