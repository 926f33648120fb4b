// Sound on the desk: a fader for each place on air, in steps of a decibel, and the programme.

import { h } from "./dom.js";
import { bar, button, source } from "./parts.js";
import { db, gain } from "./say.js";

export function faders(app) {
  const { sound } = app.view;
  return h(
    "section",
    { class: "faders", "aria-label": "Sound", key: "faders" },
    ...sound.faders.slice(0, 4).map((one) => fader(app, one, sound.target_lufs)),
    h(
      "div",
      { class: "fader pgm", key: "pgm" },
      h("span", { class: "name" }, "PGM"),
      bar(sound.programme.momentary_lufs, { target: sound.target_lufs, label: "programme" }),
      h("span", { class: "num" }, `${db(sound.programme.short_term_lufs)} LUFS`),
      h("span", { class: "dim num" }, `target ${db(sound.target_lufs)}`),
      h("span", { class: `num ${sound.programme.limiter_db < -0.5 ? "amber" : "dim"}` }, `lim ${db(sound.programme.limiter_db, 1)}`),
    ),
  );
}

export function fader(app, one, target) {
  const off = one.gain_db === null;
  const gaining = app.gaining && app.place === one.place;
  const step = (by) => app.say("fader", { place: one.place, by: `${by > 0 ? "+" : "-"}1 dB` });
  return h(
    "div",
    { key: one.place, class: `fader ${gaining ? "chosen" : ""} ${off ? "off" : ""}` },
    h("span", { class: "name", title: source(app, one.source) }, `${one.place}`, h("span", { class: "dim" }, ` ${source(app, one.source)}`)),
    bar(one.lufs ?? one.level_db, { target, silent: off, label: one.place }),
    h("span", { class: "num gain" }, off ? "✕ off" : gain(one.gain_db)),
    small(app, "fader", "−", () => step(-1), `${one.place} one decibel down`),
    small(app, "fader", "+", () => step(1), `${one.place} one decibel up`),
    small(app, "mute", off ? "ON" : "MUTE", () => app.say("mute", { place: one.place, on: !off }), off ? "as the slot says" : "no sound from this place", off),
  );
}

function small(app, word, label, onclick, title, pressed) {
  return button(
    { class: "small", disabled: !app.may(word), title, "aria-label": `${label} ${title}`, onclick, "aria-pressed": pressed === undefined ? undefined : String(pressed) },
    label,
  );
}
