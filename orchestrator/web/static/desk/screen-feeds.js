// All feeds: picture, word, ten minutes of levels, what to advise; quarantine, latch, listen, message.

import { h } from "./dom.js";
import { ICONS, bar, button, siteName, spark } from "./parts.js";
import { clock, db, gain, length } from "./say.js";
import { screen } from "./monitorsview.js";

const AGAIN_MS = 4000;

export function feedsScreen(app) {
  follow(app);
  return h(
    "div",
    { class: "page feeds scroll", key: "feeds", tabindex: "0", "aria-label": "Feeds" },
    ...app.view.feeds.map((feed) => card(app, feed)),
  );
}

function card(app, feed) {
  return h(
    "article",
    { key: feed.id, class: `feed ${feed.grade} ${feed.tally}`, "data-feed-card": feed.id },
    h("div", { class: "picture" }, screen(app, `feed.${feed.id}`, `feed ${feed.id}`, feed.id)),
    h(
      "div",
      { class: "facts" },
      h(
        "header",
        {},
        h("b", { class: "line" }, `${feed.city || feed.title} ${feed.name}`),
        h("span", { class: "dim num" }, clock(app.link.now(), feed.timezone, "")),
      ),
      h("p", { class: "word" }, `${ICONS[feed.grade]} ${feed.word}${feed.since_s ? ` ${length(feed.since_s)}` : ""}`, feed.tally ? h("b", { class: `tally ${feed.tally}` }, { air: "ON AIR", preview: "PVW", armed: "ARMED" }[feed.tally]) : null),
      h("p", { class: "dim line", title: feed.why }, feed.why || advice(app, feed)),
      h("div", { class: "row" }, bar(feed.level_db, { target: app.view.sound.target_lufs }), h("span", { class: "num" }, `${db(feed.lufs)} LUFS`), h("span", { class: "dim num" }, `trim ${gain(feed.trim_db)}`)),
      spark(app.past?.feeds.get(feed.id), "spark"),
      h(
        "p",
        { class: "dim num" },
        feed.state === "live" ? `${feed.size[0]}×${feed.size[1]} · ${feed.fps ? feed.fps.toFixed(1) : "–"} fps · drift ${feed.drift_ppm === null ? "–" : `${Math.round(feed.drift_ppm)} ppm`} · ${feed.hot ? "hot" : "warm"}` : `session ${feed.sessions}`,
      ),
      feed.lip_sync ? h("p", { key: "sync", class: Math.abs(feed.lip_sync.offset_ms ?? 0) > 40 ? "amber" : "dim" }, `lip sync: ${feed.lip_sync.text}`) : null,
      h(
        "div",
        { class: "actions" },
        toggle(app, "quarantine", feed.out ? "LET BACK" : "QUARANTINE", { feed: feed.id, on: !feed.out }, feed.out),
        toggle(app, "latch", feed.latched ? "UNLATCH" : "LATCH", { feed: feed.id, on: !feed.latched }, feed.latched),
        button({ class: `small ${feed.solo.includes(app.me.name) ? "chosen" : ""}`, disabled: !app.may("solo"), "aria-pressed": String(feed.solo.includes(app.me.name)), onclick: () => app.solo(feed.id, !feed.solo.includes(app.me.name)) }, "LISTEN"),
        button({ class: "small", disabled: !app.may("match"), title: "to the programme's loudness, over two seconds", onclick: () => app.say("match", { feed: feed.id }) }, "MATCH"),
        button({ class: "small", disabled: !app.may("solo"), "data-act": "lip-sync", title: "the site flashes and beeps for twelve seconds; nothing on air is touched", onclick: () => lipSync(app, feed.id) }, "LIP SYNC"),
        button({ class: "small", disabled: !app.may("message"), onclick: () => app.openMessage(feed.site) }, "MESSAGE"),
      ),
    ),
  );
}

function toggle(app, word, label, args, on) {
  return button({ class: `small ${on ? "chosen" : ""}`, disabled: !app.may(word), "aria-pressed": String(on), "data-word": word, onclick: () => app.say(word, args) }, label);
}

// The curves are control's: they are there as soon as the page is, and the same for everybody.
function follow(app) {
  app.past ??= { feeds: new Map(), askedMs: -Infinity };
  const now = performance.now();
  if (now - app.past.askedMs < AGAIN_MS) return;
  app.past.askedMs = now;
  load(app);
}

async function load(app) {
  const answer = await fetch("/api/v1/feeds/past", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return; // what was known stays
  const { every_s, kept, feeds } = await answer.json();
  app.past.feeds = new Map(Object.entries(feeds).map(([id, curve]) => [id, { every_s, kept, ...curve }]));
  app.repaint();
}

const HOT_AFTER_MS = 10_000;

// Calibrate: listen to the feed, so that it is decoded, then have it watched.
async function lipSync(app, id) {
  const now = () => app.view.feeds.find((feed) => feed.id === id);
  if (!now()?.hot && !now()?.solo.includes(app.me.name)) await app.solo(id, true);
  const until = performance.now() + HOT_AFTER_MS;
  while (!now()?.hot && performance.now() < until) await new Promise((done) => setTimeout(done, 200));
  const answer = await fetch("/api/v1/lip-sync", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": app.me.csrf },
    body: JSON.stringify({ feed: id }),
  }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  app.tell(answer?.ok ? "done" : "refused", told?.text ?? told?.detail ?? "control does not answer");
}

// One sentence that the site can act on.
function advice(app, feed) {
  const target = app.view.sound.target_lufs;
  if (feed.state !== "live") return feed.slot ? `next: ${feed.slot}` : "";
  // of the last minute in which it was heard: people pause between their words
  const loud = feed.loudness_lufs ?? feed.lufs;
  if (loud === null || loud < -60) return "no sound just now";
  const off = loud + feed.trim_db - target;
  if (off < -6) return `${Math.round(-off)} dB too quiet: ask ${siteName(app, feed.site)} for more, or MATCH`;
  if (off > 6) return `${Math.round(off)} dB too loud: ask for less, or MATCH`;
  return feed.slot ? `next: ${feed.slot}` : "nothing to do";
}
