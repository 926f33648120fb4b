// The whole day, at a glance and line by line: what plays when, in the event's time and each site's;
// another length, skip, insert, ready by phone; the changed file and what it would do; live changes
// that the file does not have. It opens at what is on air.

import { h } from "./dom.js";
import { price } from "./dialogs.js";
import { button, grade, siteName, slotTitle } from "./parts.js";
import { clock, length, minutes } from "./say.js";
import { states } from "./order.js";
import { timeline, wholeDay } from "./timeline.js";

export function rundownScreen(app) {
  const { view } = app;
  let block = null;
  const rows = [];
  for (const slot of view.rundown) {
    if (slot.block !== block) {
      block = slot.block;
      if (block) rows.push(h("tr", { key: `block ${block}`, class: "block-row" }, h("th", { colspan: 9, scope: "rowgroup" }, block)));
    }
    rows.push(line(app, slot));
  }
  return h(
    "div",
    { class: "page rundown", key: "rundown" },
    wholeDay(app, toLine),
    timeline(app),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        { class: "scroll grow", tabindex: "0", "aria-label": "Running order", made: atOnAir },
        h(
          "table",
          { class: "list" },
          h("thead", {}, h("tr", {}, ...["", "time", "local", "length", "over", "title", "site", "state", ""].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, ...rows),
        ),
      ),
      side(app),
    ),
  );
}

function atOnAir(list) {
  requestAnimationFrame(() => list.querySelector("tr.on-air, tr.next")?.scrollIntoView({ block: "center" }));
}

function toLine(slot) {
  const row = document.querySelector(`tr[data-slot="${CSS.escape(slot)}"]`);
  row?.scrollIntoView({ block: "center" });
  row?.querySelector("button:enabled")?.focus();
}

function line(app, slot) {
  const zone = app.view.sites.find((site) => site.id === slot.site)?.timezone;
  const isFuture = !slot.state.includes("done") && !slot.state.includes("on-air");
  return h(
    "tr",
    { key: slot.id, class: slot.state.join(" "), "data-slot": slot.id },
    h("td", {}, grade(slot.check)),
    h("td", { class: "num" }, clock(slot.start, app.zone)),
    h("td", { class: "num dim" }, zone ? clock(slot.start, zone, "") : ""),
    h("td", { class: "num" }, slot.end === null && slot.state.includes("on-air") ? "open" : length(slot.length_s), slot.length_s !== slot.planned_s ? h("span", { class: "dim" }, ` (${minutes(slot.planned_s)})`) : null),
    h("td", { class: `num ${slot.over_s > 0 ? "amber" : "dim"}` }, Math.abs(slot.over_s) >= 1 ? length(slot.over_s, { sign: true }) : ""),
    h("td", { class: "title", title: slot.notes }, h("b", {}, slot.title), h("span", { class: "dim" }, ` ${slot.id}`)),
    h("td", {}, slot.site ? siteName(app, slot.site) : ""),
    h("td", { class: "state" }, states(slot), why(app, slot)),
    h(
      "td",
      { class: "acts" },
      slot.state.includes("done") ? null : button({ key: "length", class: "small", disabled: !app.may("extend"), "data-word": "extend", title: "longer, shorter or to a time: you see what it moves first", onclick: () => app.openExtend("extend", slot) }, "LENGTH…"),
      isFuture ? act(app, "skip", "SKIP", { slot: slot.id, on: true }) : null,
      isFuture && slot.site && !slot.state.includes("ready") ? act(app, "ready", "READY by phone", { slot: slot.id, by: "phone" }) : null,
      isFuture && slot.site && slot.state.includes("ready") ? act(app, "not-ready", "not ready", { slot: slot.id }) : null,
      slot.state.includes("standby") && slot.stands_for ? act(app, "ready", "JOIN", { slot: slot.stands_for, join: true }) : null,
    ),
  );
}

// What pre-flight found, and what the file has ready in its place.
function why(app, slot) {
  if (!slot.check?.why?.length) return null;
  const standby = slot.check.standby && app.view.shelf.find((item) => item.id === slot.check.standby);
  return h(
    "span",
    { class: "dim why", title: slot.check.why.join("; ") },
    ` ${slot.check.why[0]}${slot.check.why.length > 1 ? ` (+${slot.check.why.length - 1})` : ""}`,
    standby ? h("span", { key: "standby" }, ` · standby: ${standby.title}`) : null,
  );
}

function act(app, word, label, args) {
  return button(
    { key: label, class: "small", disabled: !app.may(word), "data-word": word, onclick: () => planned(app, word, label, args) },
    label,
  );
}

// What moves slots is shown first, and done only for the plan it was shown for.
async function planned(app, word, label, args) {
  const isWeighed = ["skip", "insert", "rundown", "revert"].includes(word) || args.join;
  if (!isWeighed) return app.say(word, args);
  try {
    app.whatIf = { word, label, args, answer: await app.what(word, args) };
  } catch (error) {
    if (!app.isRefusal(error)) throw error;
    app.tell("refused", error.message, word);
  }
  return app.repaint();
}

function side(app) {
  const { view, whatIf } = app;
  const left = Object.entries(view.left_out);
  return h(
    "aside",
    { class: "side" },
    whatIf
      ? h(
          "section",
          { key: "whatif", class: "panel" },
          h("h2", {}, `${whatIf.label}: what if`),
          whatIf.answer.reflow ? price(app, whatIf.answer) : h("p", {}, whatIf.answer.text),
          h(
            "div",
            { class: "actions" },
            button(
              {
                class: "go",
                onclick: async () => {
                  await app.say(whatIf.word, whatIf.args, { saw: whatIf.answer.version });
                  app.whatIf = null;
                  app.repaint();
                },
              },
              whatIf.label,
            ),
            button({ onclick: () => ((app.whatIf = null), app.repaint()) }, "No"),
          ),
        )
      : null,
    h(
      "section",
      { key: "shelf", class: "panel" },
      h("h2", {}, "Standby shelf"),
      ...view.shelf.map((item) =>
        h(
          "p",
          { key: item.id, class: "row" },
          h("span", { class: "grow line" }, item.title, h("span", { class: "dim" }, ` ${minutes(item.length_s)}`)),
          act(app, "insert", "INSERT", { item: item.id, resume: false }),
          act(app, "insert", "and resume", { item: item.id, resume: true }),
        ),
      ),
      view.shelf.length ? null : h("p", { class: "dim" }, "empty"),
    ),
    left.length
      ? h(
          "section",
          { key: "left", class: "panel" },
          h("h2", {}, "Will not play"),
          ...left.map(([slot, why]) =>
            h("p", { key: slot, class: "row" }, h("span", { class: "grow line", title: slot }, slotTitle(app, slot), h("span", { class: "dim" }, ` ${why}`)),
              why === "skipped" ? [act(app, "skip", "UN-SKIP", { slot, on: false }), act(app, "insert", "INSERT", { item: slot, resume: false })] : null),
          ),
        )
      : null,
    reload(app),
    editions(app),
    view.not_in_file.length
      ? h(
          "section",
          { key: "notinfile", class: "panel" },
          h("h2", {}, "Not in the file"),
          ...view.not_in_file.map((one, i) => h("p", { key: i, class: "dim" }, one.text ?? `${one.slot ?? ""} ${one.what ?? ""}`)),
        )
      : null,
  );
}

function reload(app) {
  const found = app.view.reload;
  if (!found) return null;
  return h(
    "section",
    { key: "reload", class: "panel amber-edge" },
    h("h2", {}, found.errors?.length ? "The file is broken; nothing is changed" : "The file has changed"),
    found.version ? h("p", { class: "dim", key: "against" }, `against version ${found.version}`) : null,
    ...(found.changes ?? []).map((one, i) => h("p", { key: `c${i}` }, one.text)),
    ...sentences(found.held, "dim", "○"),
    ...sentences(found.conflicts, "amber", "▲ the desk's own holds:"),
    ...sentences(found.refused, "red", "✕"),
    ...sentences(found.errors, "red", "✕"),
    found.digest
      ? h("div", { class: "actions" }, button({ class: "go", disabled: !app.may("rundown"), onclick: () => planned(app, "rundown", "TAKE IT OVER", { digest: found.digest }) }, "TAKE IT OVER…"))
      : null,
  );
}

// The versions there have been. Going back is a new version, and shown before it is done.
function editions(app) {
  const known = app.view.editions;
  if (known.length < 2) return null;
  return h(
    "section",
    { key: "editions", class: "panel" },
    h("h2", {}, "Versions"),
    ...known.map((one) =>
      h(
        "p",
        { key: one.version, class: "row", "data-version": one.version },
        h("b", { class: "num" }, String(one.version)),
        h("span", { class: "num dim" }, clock(one.at, app.zone, "")),
        h("span", { class: "grow line", title: one.changes.join("\n") }, one.reverts_to ? `back to ${one.reverts_to}` : one.changes[0] ?? "as it began", h("span", { class: "dim" }, ` ${one.author}`)),
        one.in_force ? h("b", { class: "dim" }, "in force") : act(app, "revert", "BACK TO THIS", { version: one.version }),
      ),
    ),
  );
}

function sentences(list, kind, mark) {
  return (list ?? []).map((one, i) => {
    const text = typeof one === "string" ? one : one.text ?? JSON.stringify(one);
    return h("p", { key: `${mark}${i}`, class: kind }, `${mark} ${text}`);
  });
}
