// Pieces that several screens use: buttons that do one wish, held buttons, bars, chips.

import { h } from "./dom.js";
import { share } from "./say.js";

const HOLD_MS = 500;

// A button without focus from the mouse: Space stays TAKE, whatever was clicked last.
export function button(props, ...children) {
  return h("button", { type: "button", onmousedown: unfocused, ...props }, ...children);
}

function unfocused(event) {
  event.preventDefault();
}

// A button for a word; greyed and explained when this role may not say it.
export function wish(app, word, label, { args = {}, options, disabled, ...props } = {}) {
  const may = app.may(word);
  return button(
    {
      ...props,
      disabled: !may || disabled === true,
      title: may ? props.title : `${word} is not for a ${app.me.role}`,
      "data-word": word,
      onclick: () => app.say(word, args, options),
    },
    label,
  );
}

// Must be held for half a second, by mouse, finger, Enter or Space.
export function held(app, word, label, { act, ...props } = {}) {
  const may = app.may(word);
  const begin = (event) => {
    const node = event.currentTarget;
    if (node.holding || node.disabled) return;
    node.classList.add("holding");
    node.holding = setTimeout(() => {
      release(node);
      act();
    }, HOLD_MS);
  };
  return button(
    {
      ...props,
      class: `held ${props.class ?? ""}`,
      disabled: !may || props.disabled === true,
      title: may ? props.title ?? "hold for half a second" : `${word} is not for a ${app.me.role}`,
      "data-word": word,
      onpointerdown: begin,
      onpointerup: (event) => release(event.currentTarget),
      onpointerleave: (event) => release(event.currentTarget),
      onkeydown: (event) => ["Enter", "Space"].includes(event.code) && begin(event),
      onkeyup: (event) => release(event.currentTarget),
      onblur: (event) => release(event.currentTarget),
      oncontextmenu: unfocused,
    },
    label,
  );
}

function release(node) {
  clearTimeout(node.holding);
  node.holding = undefined;
  node.classList.remove("holding");
}

// A level with its target band, for −60…0 dBFS.
export function bar(level, { target, silent, key, label } = {}) {
  return h(
    "span",
    {
      key,
      class: `bar${level === null || level === undefined ? " none" : ""}${silent ? " silent" : ""}`,
      role: "img",
      "aria-label": `${label ?? "level"} ${level === null || level === undefined ? "nothing" : `${Math.round(level)} dB`}`,
      style: {
        "--level": share(level).toFixed(3),
        "--target": target === undefined ? "0" : share(target).toFixed(3),
      },
    },
    h("i", {}),
  );
}

export function chip(kind, ...text) {
  return h("span", { class: `chip ${kind}` }, ...text);
}

// Ten minutes of a feed: how loud it was, and below in red when it was dead.
export function spark(past, key) {
  const told = past ? pastWords(past) : "nothing is known yet";
  return h("canvas", {
    key,
    class: "spark",
    width: past?.kept ?? 300,
    height: 24,
    own: true,
    role: "img",
    title: told,
    "aria-label": `last ten minutes: ${told}`,
    "data-looks": past?.level_db.length ?? 0,
    made: (node) => {
      const draw = () => {
        if (!node.isConnected) return;
        stroke(node);
        setTimeout(draw, 1000);
      };
      setTimeout(draw, 0);
    },
    // a property, not an attribute: the painter hands it over whenever it has changed
    past,
  });
}

function pastWords({ grades, every_s: every }) {
  const dead = [...grades].filter((grade) => grade === "d").length * every;
  const times = grades.split(/[^d]+/).filter(Boolean).length;
  if (!dead) return "never lost";
  return `dead for ${dead} s${times > 1 ? `, ${times} times` : ""}`;
}

function stroke(node) {
  const { past } = node;
  if (!past || past === node.stroked) return;
  node.stroked = past;
  const { width, height } = node;
  const context = node.getContext("2d");
  context.clearRect(0, 0, width, height);
  past.level_db.forEach((level, i) => {
    const x = width - past.level_db.length + i;
    const tall = share(level) * (height - 4);
    context.fillStyle = "#5d84a8";
    if (tall > 0) context.fillRect(x, height - 4 - tall, 1, tall);
    const grade = past.grades[i];
    context.fillStyle = grade === "d" ? "#c8302a" : grade === "n" ? "#6d7782" : "#2d5a3a";
    context.fillRect(x, height - 3, 1, 3);
  });
}

export const ICONS = {
  good: "●",
  note: "○",
  bad: "▲",
  dead: "✕",
};

export function grade(check) {
  if (!check) return null;
  const icon = { READY: "✓", AMBER: "▲", RED: "✕" }[check.state] ?? "○";
  return h(
    "span",
    { class: `check ${check.state.toLowerCase()}`, title: (check.why ?? []).join("; ") },
    `${icon} ${check.state}`,
  );
}

export function source(app, id) {
  if (!id) return "–";
  if (id === "hide") return "hidden";
  if (id === "slate.event") return "event slate";
  if (id.startsWith("slate.site.")) return `slate ${siteName(app, id.slice(11))}`;
  if (id.startsWith("clip.")) {
    return app.view.scenes.clips.find((clip) => clip.id === id)?.title ?? id;
  }
  const [site, feed] = split(id);
  return `${siteName(app, site)} ${feed}`;
}

// Of a slot in the running order, one that will not play, or an item of the shelf.
export function slotTitle(app, id) {
  const { rundown, left_out_titles: titles, shelf } = app.view;
  return rundown.find((slot) => slot.id === id)?.title || titles[id] || shelf.find((item) => item.id === id)?.title || id;
}

export function siteName(app, id) {
  const site = app.view.sites.find((one) => one.id === id);
  return site ? site.city || site.title : id;
}

function split(id) {
  const at = id.indexOf(".");
  return [id.slice(0, at), id.slice(at + 1)];
}
