// Sound: the faders of the places on air, the programme's loudness, and each feed's sticky trim.

import { h } from "./dom.js";
import { fader } from "./faders.js";
import { ICONS, bar, button } from "./parts.js";
import { db, gain } from "./say.js";

export function soundScreen(app) {
  const { sound, feeds } = app.view;
  const loud = sound.programme;
  return h(
    "div",
    { class: "page sound", key: "sound" },
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "On air"),
      ...sound.faders.map((one) => fader(app, one, sound.target_lufs)),
    ),
    h(
      "section",
      { class: "panel loudness" },
      h("h2", {}, "Programme"),
      ...[
        ["momentary", loud.momentary_lufs],
        ["short term", loud.short_term_lufs],
        ["integrated", loud.integrated_lufs],
      ].map(([name, value]) =>
        h("p", { key: name, class: "row" }, h("span", { class: "name" }, name), bar(value, { target: sound.target_lufs, label: name }), h("span", { class: "num" }, `${db(value, 1)} LUFS`)),
      ),
      h("p", { class: "row" }, h("span", { class: "name" }, "peak"), bar(loud.peak_dbfs, { label: "peak" }), h("span", { class: "num" }, `${db(loud.peak_dbfs, 1)} dBFS`)),
      h("p", { class: "row" }, h("span", { class: "name" }, "limiter"), h("span", { class: `num ${loud.limiter_db < -0.5 ? "amber" : ""}` }, `${db(loud.limiter_db, 1)} dB ${loud.limiter_db < -0.5 ? "working" : "at rest"}`)),
      h("p", { class: "dim" }, `Target ${db(sound.target_lufs)} LUFS. The mark on a bar is the target.`),
    ),
    h(
      "div",
      { class: "scroll grow span", tabindex: "0", "aria-label": "Trims of feeds" },
      h(
        "table",
        { class: "list" },
        h("thead", {}, h("tr", {}, ...["", "feed", "loudness", "", "after trim", "trim", ""].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...feeds.map((feed) => trim(app, feed, sound.target_lufs))),
      ),
    ),
  );
}

function trim(app, feed, target) {
  const by = (sign) => app.say("gain", { feed: feed.id, by: `${sign}1 dB` });
  const loud = feed.loudness_lufs ?? feed.lufs;
  const after = loud === null ? null : loud + feed.trim_db;
  return h(
    "tr",
    { key: feed.id, class: feed.tally === "air" ? "on-air" : "" },
    h("td", {}, `${ICONS[feed.grade]} ${feed.word}`),
    h("td", {}, h("b", {}, `${feed.city || feed.title} ${feed.name}`), feed.tally === "air" ? h("b", { class: "tally air" }, "ON AIR") : null),
    h("td", { class: "wide" }, bar(feed.lufs ?? feed.level_db, { target })),
    h("td", { class: "num" }, `${db(feed.lufs, 1)} LUFS`),
    h("td", { class: `num ${after !== null && after > -60 && Math.abs(after - target) > 6 ? "amber" : "dim"}` }, after === null ? "–" : `${db(after, 1)}`),
    h("td", { class: "num" }, gain(feed.trim_db)),
    h(
      "td",
      { class: "acts" },
      button({ class: "small", disabled: !app.may("gain"), "aria-label": `${feed.id} one decibel down`, onclick: () => by("-") }, "−"),
      button({ class: "small", disabled: !app.may("gain"), "aria-label": `${feed.id} one decibel up`, onclick: () => by("+") }, "+"),
      button({ class: "small", disabled: !app.may("match") || feed.lufs === null, onclick: () => app.say("match", { feed: feed.id }) }, "MATCH"),
      button({ class: `small ${feed.solo.includes(app.me.name) ? "chosen" : ""}`, disabled: !app.may("solo"), "aria-pressed": String(feed.solo.includes(app.me.name)), onclick: () => app.solo(feed.id, !feed.solo.includes(app.me.name)) }, "LISTEN"),
    ),
  );
}
