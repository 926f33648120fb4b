// The STATUS bar, on every screen: the clock, what is on, what is left, what comes by itself, who
// has what, whether the keys work, and the two buttons that must always be there.

import { h } from "./dom.js";
import { button, held } from "./parts.js";
import { clock, length, minutes, zoneName } from "./say.js";

export function status(app) {
  const { view } = app;
  if (view === null) {
    return [h("div", { class: "cell grow", key: "wait" }, label("control"), strong("waiting for the first word"))];
  }
  return [
    clockCell(app),
    onAir(app),
    cell("over", "OVER", overText(view), { class: view.over_s > 0 ? "amber" : "" }),
    room(app),
    hard(app),
    nextAuto(app),
    incidents(app),
    cell("public", "PUBLIC", publicText(app), { title: "how far the public is behind the programme" }),
    locks(app),
    link(app),
    keys(app),
    safety(app),
  ];
}

function clockCell(app) {
  const now = app.link.now();
  const { clock: c, event } = app.view;
  return h(
    "div",
    { class: "cell clock", key: "clock" },
    h("span", { class: "label" }, `${zoneName(event.timezone)} · ${clock(now, "UTC", "")}Z · h ${c.hour}/${c.hours}`),
    h("b", { class: "time" }, clock(now, event.timezone)),
  );
}

function onAir(app) {
  const slot = app.view.on_air;
  const taken = app.view.programme.taken;
  if (!slot) {
    return h("div", { class: "cell onair grow none", key: "onair" }, label("NOTHING ON AIR"), strong("event slate"));
  }
  const left = slot.is_open ? null : app.left(slot.left_s);
  const passed = slot.in_s + app.link.since();
  const mode = { live: "LIVE", deferred: "DELAYED", recorded: "RECORDED" }[slot.mode] ?? slot.mode;
  return h(
    "div",
    { class: "cell onair grow", key: "onair" },
    h(
      "span",
      { class: "label" },
      h("span", { class: "badge" }, "ON AIR"),
      ` ${mode}${slot.is_staying ? " · STAY" : ""}${taken ? " · TAKEN" : ""}`,
    ),
    h(
      "b",
      { class: "line", title: slot.title },
      h("span", { class: "title" }, slot.title),
      h("span", { class: "num" }, `${length(passed)}/${length(slot.length_s)}`),
      h("span", { class: "num left" }, left === null ? "open" : length(-left)),
    ),
  );
}

function overText(view) {
  return view.on_air ? length(view.over_s, { sign: true }) : "–";
}

function room(app) {
  const { before_drop_s: drop, before_late_s: late, anchor } = app.view.room;
  const value = drop ?? late;
  const tight = value !== null && value < 120;
  const label = late !== null && late !== value ? `ROOM · late in ${length(late)}` : "ROOM";
  return cell("room", label, value === null ? "no limit" : length(value), {
    class: value !== null && value < 0 ? "red" : tight ? "amber" : "",
    title: `before something drops ${length(drop)}, before ${anchor || "the end"} is late ${length(late)}`,
  });
}

function hard(app) {
  const { hard: anchor } = app.view;
  if (!anchor) return cell("hard", "HARD", "none");
  const left = app.left(anchor.in_s);
  return cell(
    "hard",
    `HARD ${clock(anchor.at, app.zone)}`,
    anchor.overdue ? `OVERDUE ${length(-left)}` : `in ${length(left)}`,
    { class: anchor.overdue ? "red filled" : left < 300 ? "amber" : "", title: anchor.title },
  );
}

function nextAuto(app) {
  const next = app.view.next_auto;
  if (!next) return cell("auto", "NEXT AUTO", "nothing by itself", { class: "wide" });
  return cell("auto", `NEXT AUTO ${clock(next.at, app.zone)}`, `${length(Math.max(0, app.left(next.in_s)))} ${next.what}`, {
    class: "wide",
    title: next.what,
  });
}

function incidents(app) {
  const open = app.view.incidents.filter((one) => one.grade !== "note");
  const now = open.some((one) => one.grade === "now");
  return cell("incidents", "INCIDENTS", open.length ? `${open.length} ${now ? "● now" : "▲"}` : "none", {
    class: now ? "red filled" : open.length ? "amber" : "",
  });
}

function publicText(app) {
  const { safety } = app.view;
  if (safety.ended) return "ended";
  if (safety.held) return "✕ PRIVACY";
  if (safety.blank) return "■ BLANK";
  return `−${Math.round(safety.public_behind_s)} s`;
}

function locks(app) {
  const held = Object.entries(app.view.locks).filter(([, lock]) => lock);
  const people = app.view.present.length;
  const text = held.map(([area, lock]) => `${lock.holder} ${area}`).join(" · ") || "unlocked";
  return h(
    "button",
    {
      key: "locks",
      type: "button",
      class: "cell locks wide",
      title: app.view.present.map((one) => `${one.author}: ${one.looks_at || "?"}`).join("\n"),
      onmousedown: (event) => event.preventDefault(),
      onclick: () => app.openLocks(),
    },
    label(`LOCKS · ${people} here`),
    strong(text),
  );
}

function link(app) {
  const age = app.link.age();
  return cell("link", "LINK", age === Infinity ? "none" : `${age.toFixed(1)} s`, {
    class: app.isStale ? "red filled" : "",
  });
}

function keys(app) {
  const { word, on, why } = app.keyState();
  return h(
    "button",
    {
      key: "keys",
      type: "button",
      class: `cell keys ${on ? "" : "amber"}`,
      title: why,
      onmousedown: (event) => event.preventDefault(),
      onclick: () => app.openHelp(),
    },
    label("KEYS"),
    h("b", {}, word),
  );
}

function safety(app) {
  const { blank } = app.view.safety;
  return h(
    "div",
    { class: "safety", key: "safety" },
    blank
      ? held(app, "unblank", "UN-BLANK", { class: "blank on", act: () => app.say("unblank"), key: "unblank" })
      : held(app, "blank", "BLANK", {
          class: "blank",
          key: "blank",
          title: "slate to everybody (hold, or hold B)",
          act: () => app.say("blank"),
        }),
    button(
      {
        key: "privacy",
        class: "privacy",
        disabled: !app.may("privacy"),
        title: "slate, destroy what is unpublished, quarantine the site on air (X twice)",
        "data-word": "privacy",
        onclick: () => app.privacy(),
      },
      "PRIVACY",
    ),
  );
}

function cell(key, name, value, props = {}) {
  return h(
    "div",
    { key, title: props.title, class: `cell ${key} ${props.class ?? ""}` },
    label(name),
    strong(value),
  );
}

function label(text) {
  return h("span", { class: "label" }, text);
}

function strong(text) {
  return h("b", {}, text);
}

export function publicSentence(app) {
  const behind = app.view.safety.public_behind_s;
  return behind >= 1 ? `public sees this in ${minutes(behind)}` : "public sees this at once";
}
