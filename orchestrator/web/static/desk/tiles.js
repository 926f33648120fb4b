// The sources: two rows of tiles. Order: those of the next slots first, or the file's, by choice.

import { h } from "./dom.js";
import { ICONS, bar, button } from "./parts.js";
import { clock, length } from "./say.js";
import { screen } from "./monitorsview.js";

export const A_ROW = 8;
export const A_PAGE = 16;

const TALLY = { air: "ON AIR", preview: "PVW", armed: "ARMED", "": "" };

export function ordered(app) {
  const feeds = app.view.feeds;
  const wanted = app.query.trim().toLowerCase();
  const found = wanted
    ? feeds.filter((one) => `${one.id} ${one.title} ${one.city}`.toLowerCase().includes(wanted))
    : feeds;
  if (app.order === "file") return found;
  if (app.isOverTiles && app.lastOrder && !wanted) {
    // nothing moves under a hand
    const place = new Map(app.lastOrder.map((id, i) => [id, i]));
    return found.slice().sort((a, b) => (place.get(a.id) ?? 99) - (place.get(b.id) ?? 99));
  }
  const rank = (feed) => (feed.slot === "" || feed.slot_in_s === null ? 1e9 : Math.max(0, feed.slot_in_s));
  // whole minutes, and the file's order within them, so that tiles do not move under a hand
  const made = found
    .map((feed, i) => ({ feed, i, rank: Math.floor(rank(feed) / 60) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .map((one) => one.feed);
  app.lastOrder = made.map((feed) => feed.id);
  return made;
}

export function shown(app) {
  const all = ordered(app);
  const pages = Math.max(1, Math.ceil(all.length / A_PAGE));
  app.page = Math.min(app.page, pages - 1);
  return { pages, tiles: all.slice(app.page * A_PAGE, (app.page + 1) * A_PAGE) };
}

export function tiles(app) {
  const { pages, tiles: list } = shown(app);
  return h(
    "section",
    {
      class: "sources",
      "aria-label": "Sources",
      key: "sources",
      onpointerenter: () => (app.isOverTiles = true),
      onpointerleave: () => (app.isOverTiles = false),
    },
    h(
      "header",
      { class: "strip" },
      h("b", {}, "SOURCES"),
      h("span", { class: "dim" }, `into ${app.place || "the preview"}`),
      h("input", {
        id: "find",
        type: "search",
        placeholder: "find  /",
        "aria-label": "Find a source",
        oninput: (event) => {
          app.query = event.currentTarget.value;
          app.page = 0;
          app.repaint();
        },
      }),
      h("span", { class: "fill" }),
      button(
        {
          class: "small",
          title: "which come first",
          onclick: () => {
            app.order = app.order === "next" ? "file" : "next";
            app.repaint();
          },
        },
        app.order === "next" ? "next slots first" : "fixed order",
      ),
      pages > 1
        ? button(
            {
              class: "small",
              onclick: () => {
                app.page = (app.page + 1) % pages;
                app.repaint();
              },
            },
            `page ${app.page + 1}/${pages}`,
          )
        : null,
    ),
    h("div", { class: "tiles" }, ...list.map((feed, i) => tile(app, feed, i))),
  );
}

function tile(app, feed, i) {
  const soon = feed.slot_in_s !== null && feed.slot_in_s < 1800;
  return button(
    {
      key: feed.id,
      class: `tile ${feed.grade} ${feed.tally} ${app.tile === i ? "at" : ""}`,
      "data-feed": feed.id,
      disabled: !app.may("preview"),
      title: [feed.title, feed.why, feed.since_s ? `for ${length(feed.since_s)}` : ""].filter(Boolean).join(" · "),
      onclick: () => app.source(feed.id),
    },
    screen(app, `feed.${feed.id}`, `tile ${feed.id}`, ""),
    h(
      "span",
      { class: "top" },
      h("kbd", {}, i < A_ROW ? String(i + 1) : `⇧${i - A_ROW + 1}`),
      feed.tally ? h("b", { class: `tally ${feed.tally}` }, TALLY[feed.tally]) : null,
      feed.ready && soon && feed.tally !== "air" ? h("b", { class: "ready", title: "the site has said READY" }, feed.tally ? "✓" : "✓ READY") : null,
      h("span", { class: "fill" }),
      h("span", { class: "num local" }, clock(app.link.now(), feed.timezone, "")),
    ),
    h(
      "span",
      { class: "bottom" },
      h("span", { class: "name" }, feed.grade === "good" ? `${ICONS.good} ` : null, `${feed.city || feed.title} ${feed.name}`),
      // calm while all is well: the word comes when there is something to say
      feed.grade === "good"
        ? null
        : h("span", { class: "word", key: "word" }, `${ICONS[feed.grade]} ${feed.word}${feed.since_s ? ` ${Math.round(feed.since_s)} s` : ""}`),
      bar(feed.level_db, { key: "bar" }),
    ),
  );
}
