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

// A line of the last levels, drawn onto a canvas.
export function spark(levels, key) {
  return h("canvas", {
    key,
    class: "spark",
    width: 300,
    height: 20,
    own: true,
    "data-n": levels.length,
    "aria-hidden": "true",
    made: (node) => {
      node.levels = levels;
      const paint = () => {
        if (!node.isConnected) return;
        stroke(node);
        setTimeout(paint, 1000);
      };
      setTimeout(paint, 0);
    },
  });
}

function stroke(node) {
  const { width, height } = node;
  const context = node.getContext("2d");
  context.clearRect(0, 0, width, height);
  context.fillStyle = "#5d84a8";
  node.levels.forEach((level, i) => {
    const tall = share(level) * (height - 1);
    const x = width - (node.levels.length - i) / 2; // ten minutes, a look a second
    if (tall > 0) context.fillRect(x, height - tall, 1, tall);
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

export function siteName(app, id) {
  const site = app.view.sites.find((one) => one.id === id);
  return site ? site.city || site.title : id;
}

function split(id) {
  const at = id.indexOf(".");
  return [id.slice(0, at), id.slice(at + 1)];
}
