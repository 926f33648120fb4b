// Incident cards: at most three, one for each cause. What, since when, what happens if nobody does
// anything, up to three things to do, and whose it is. A held PRIVACY or BLANK is always the first.

import { h } from "./dom.js";
import { button, siteName, slotTitle } from "./parts.js";
import { length, minutes } from "./say.js";

const MOST = 3;
const SPOKEN = { now: "● NOW", soon: "▲ SOON", note: "○ NOTE" };

// A note is for the log, not for a card.
export function openCards(app) {
  return app.view.incidents.filter((one) => one.grade !== "note");
}

export function cards(app) {
  const list = openCards(app);
  const notes = app.view.incidents.length - list.length;
  const rest = list.length - MOST;
  return h(
    "section",
    { class: "cards", "aria-label": "Incidents", key: "cards" },
    privacy(app),
    messages(app),
    running(app),
    ...list.slice(0, MOST).map((one, i) => card(app, one, i)),
    rest > 0
      ? button({ class: "small more", key: "more", onclick: () => app.show(6) }, `${rest} more`)
      : null,
    list.length === 0 && !app.view.safety.held
      ? h("p", { class: "calm", key: "calm" }, "No incidents")
      : null,
    notes
      ? button({ class: "small quiet", key: "notes", onclick: () => app.show(6) }, `${notes} ${notes === 1 ? "note" : "notes"}`)
      : null,
  );
}

export function card(app, one, i) {
  const since = one.since_n ? (app.view.clock.n - one.since_n) / app.view.event.fps + app.link.since() : null;
  return h(
    "article",
    { key: one.id, class: `card ${one.grade} ${one.over ? "over" : ""}`, "data-incident": one.id },
    h(
      "header",
      {},
      h("b", {}, SPOKEN[one.grade] ?? one.grade),
      h("span", { class: "num dim" }, one.over ? "over" : since === null ? "" : `for ${minutes(since)}`),
      one.times > 1 ? h("span", { class: "dim" }, `${one.times} times`) : null,
      one.until_n ? h("b", { class: "num" }, length(Math.max(0, (one.until_n - app.view.clock.n) / app.view.event.fps - app.link.since()))) : null,
      h("span", { class: "fill" }),
      one.holder
        ? h("span", { class: "holder" }, `◆ ${one.holder}`)
        : button(
            { class: "small", disabled: !app.may("ack"), title: "it is mine (K)", onclick: () => app.say("ack", { incident: one.id }) },
            i === 0 ? "TAKE IT  K" : "TAKE IT",
          ),
    ),
    h("p", { class: "what" }, one.what),
    one.if_nothing ? h("p", { class: "dim" }, `If nobody acts: ${one.if_nothing}`) : null,
    one.escalated ? h("p", { class: "amber" }, `▲ put to ${one.escalated}`) : null,
    one.steps?.length
      ? h("ol", { class: "steps" }, ...one.steps.map((step) => stepOf(app, step)), guestLink(app, one))
      : null,
    one.note ? button({ class: "small", title: one.note, onclick: () => copy(app, one.note) }, "copy text") : null,
    h(
      "div",
      { class: "actions" },
      ...(one.actions ?? []).slice(0, 3).map((action, k) =>
        button(
          {
            key: action.label,
            class: "small",
            disabled: !app.may(action.word),
            title: action.word,
            onclick: () => app.act(action),
          },
          `${k + 1} ${action.label}`,
        ),
      ),
    ),
  );
}

// A guest who is awaited and has no link yet, or has lost it.
function guestLink(app, one) {
  const step = one.steps?.find((each) => each.action?.word === "guest");
  if (!step) return null;
  const give = () => app.guestLink(step.action.args.person);
  return h("li", { key: "link" }, button({ class: "small step", disabled: !app.may("guest"), title: "a link of the guest's own page", onclick: give }, "LINK…"));
}

// A step says that it is done, or is pressed by whoever knows that it is.
function stepOf(app, step) {
  const left = step.until_n && !step.done ? Math.max(0, (step.until_n - app.view.clock.n) / app.view.event.fps - app.link.since()) : null;
  const text = `${step.done ? "✓" : "○"} ${step.label}${left === null ? "" : `, in ${length(left)}`}`;
  const { action } = step;
  return h(
    "li",
    { key: step.label, class: step.done ? "dim" : "" },
    action && !step.done
      ? button({ class: "small step", disabled: !app.may(action.word), title: "this is so now", onclick: () => app.act(action) }, text)
      : text,
  );
}

async function copy(app, text) {
  try {
    await navigator.clipboard.writeText(text);
    app.tell("done", "Copied.");
  } catch {
    app.tell("notice", text); // no clipboard here: at least it can be read
  }
}

// What PRIVACY and HIDE have put out, and the way back, step by step.
function privacy(app) {
  const { safety } = app.view;
  const sites = [...new Set([...safety.quarantined, ...safety.hidden])];
  if (!safety.held && !sites.length && !safety.blank) return null;
  return h(
    "article",
    { key: "privacy", class: "card now safety-card" },
    h("header", {}, h("b", {}, safety.held || safety.quarantined.length ? "✕ PRIVACY" : safety.blank ? "■ BLANK" : "✕ HIDDEN"), h("span", { class: "fill" }), h("span", { class: "dim" }, safety.held || safety.blank ? "the public sees slate" : "")),
    app.privacyAnswer ? h("p", { class: "what", key: "answer" }, app.privacyAnswer) : null,
    sites.length
      ? h("p", { key: "sites" }, `Kept off air: ${sites.map((site) => siteName(app, site)).join(", ")}`)
      : null,
    safety.held || safety.quarantined.length
      ? h(
          "div",
          { class: "actions", key: "back" },
          ...[10, 30, 60].map((s) =>
            button(
              {
                class: "small",
                key: s,
                disabled: !app.may("privacy"),
                title: "also take back what was public",
                onclick: () => app.lookBack(s),
              },
              `also the last ${s} s`,
            ),
          ),
        )
      : null,
    h(
      "div",
      { class: "actions", key: "restore" },
      ...safety.quarantined.map((site) =>
        button(
          { class: "small", key: site, disabled: !app.may("restore-ask"), onclick: () => app.restore(site) },
          `RESTORE ${siteName(app, site)}…`,
        ),
      ),
      safety.held && !safety.quarantined.length
        ? button({ class: "small", key: "all", disabled: !app.may("restore-ask"), onclick: () => app.restore("") }, "RESTORE…")
        : null,
      ...safety.hidden.map((site) =>
        button(
          { class: "small", key: `u${site}`, disabled: !app.may("unhide"), onclick: () => app.say("unhide", { site }) },
          `UNHIDE ${siteName(app, site)}`,
        ),
      ),
    ),
  );
}

// What is on has passed its own end, in STAY or because nobody has ended it: what it costs so far.
function running(app) {
  const slot = app.view.on_air;
  if (!slot || slot.past_end_s < 1) return null;
  const { shrinks, drops, late } = slot.cost;
  const title = (id) => slotTitle(app, id);
  const costs = [
    ...shrinks.map((one) => `${title(one.slot)} ${minutes(one.from_s)} → ${minutes(one.to_s)}`),
    ...drops.map((one) => `${title(one.slot)} does not play`),
    ...late.map((one) => `${one.anchor === "the end" ? "the end" : title(one.anchor)} is late by ${minutes(one.by_s)}`),
  ];
  return h(
    "article",
    { key: "running", class: "card cost" },
    h("header", {}, h("b", {}, `${slot.is_staying ? "STAY" : "OVER"} +${length(slot.past_end_s + app.link.since())}`), h("span", { class: "grow line dim" }, slot.title)),
    h("p", { class: "what" }, costs.length ? `It costs: ${costs.join("; ")}` : "It costs nothing yet."),
  );
}

function messages(app) {
  const unread = app.view.messages.filter((one) => !one.read_by && one.from_site);
  if (!unread.length) return null;
  const one = unread[0];
  return h(
    "article",
    { key: "message", class: "card soon" },
    h("header", {}, h("b", {}, `✉ ${siteName(app, one.site)}`), h("span", { class: "fill" }), h("span", { class: "dim" }, unread.length > 1 ? `${unread.length} unread` : "")),
    h("p", { class: "what" }, one.text),
    h(
      "div",
      { class: "actions" },
      button({ class: "small", disabled: !app.may("read"), onclick: () => app.say("read", { message: one.seq }) }, "READ"),
      button({ class: "small", disabled: !app.may("message"), onclick: () => app.openMessage(one.site) }, "ANSWER…"),
    ),
  );
}
