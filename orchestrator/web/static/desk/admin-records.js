// The house's records: the versions of the rundown, with a way back; and the audit.

import { ask, button, table, when } from "./admin-parts.js";
import { h } from "./dom.js";

export function versionsTab(app, { versions, plan, waits }) {
  return h("div", { class: "stack" },
    waits.errors?.length ? h("p", { class: "amber", key: "waits" }, `▲ The file is broken, nothing is changed: ${waits.errors[0]}`) : null,
    waits.changes?.length ? h("p", { class: "amber", key: "waits" }, `▲ The file has changed (${waits.changes.length}): look and take it over on the desk's Rundown screen.`) : null,
    h("p", { class: "dim", key: "about" }, "Going back brings what the file said then into force as a new version; what the desk has decided holds, and what is on air or armed stays."),
    table("Versions", ["version", "since", "by", "changes", ""], [...versions].reverse().map((one) => version(app, one, plan)), "none"));
}

function version(app, one, plan) {
  const back = one.reverts_to === null ? null : `back to what version ${one.reverts_to} said`;
  const said = [back, ...one.changes].filter(Boolean);
  return h("tr", { key: one.version, "data-version": one.version },
    h("td", {}, h("b", {}, String(one.version)), one.is_in_force ? h("span", { class: "tag green" }, "in force") : null),
    h("td", { class: "num" }, when(one.at, app.zone)),
    h("td", {}, one.author, one.reason ? h("span", { class: "dim" }, ` ${one.reason}`) : null),
    h("td", { class: "changes" }, ...(said.length ? said.slice(0, 4).map((text, i) => h("p", { key: i }, text)) : [h("span", { class: "dim" }, "as the event began")]), said.length > 4 ? h("p", { class: "dim", key: "more" }, `and ${said.length - 4} more`) : null),
    h("td", { class: "acts" }, one.is_in_force ? null : button({ class: "small", "aria-label": `Go back to version ${one.version}`, onclick: () => revert(app, one, plan) }, "Go back…")));
}

// What it would do first; done only for the plan it was shown for.
async function revert(app, one, plan) {
  const args = { version: one.version };
  const word = "/api/v1/commands/revert";
  const what = await app.act(word, { args, dry: true, saw: { plan } });
  if (!what) return;
  ask(app, {
    title: `Go back to version ${one.version}?`,
    about: what.text,
    label: "Go back",
    path: word,
    body: () => ({ args, saw: { plan } }),
  });
}

export function auditTab(app, { lines }) {
  const wanted = lines.filter((line) => !app.filter || JSON.stringify(line).toLowerCase().includes(app.filter)).reverse();
  return h("div", { class: "stack" },
    h("div", { class: "row" },
      h("p", { class: "dim fill" }, "Who came in, who was refused, who changed what others may. All of it is in audit.jsonl of the state folder."),
      h("input", { type: "search", placeholder: "only lines with…", "aria-label": "Filter", oninput: (event) => ((app.filter = event.currentTarget.value.toLowerCase()), app.draw()) })),
    table("Audit", ["when", "what", "who", "by", "from", "more"], wanted.map((line, i) => audit(app, line, lines.length - i)), app.filter ? "no line has that" : "nothing yet"));
}

function audit(app, line, key) {
  const { at, what, name, by, address, ...more } = line;
  const isRefusal = /refused|forbidden|throttled/.test(what);
  return h("tr", { key: `${at} ${key}` },
    h("td", { class: "num" }, when(at, app.zone)),
    h("td", {}, isRefusal ? `✕ ${what}` : what),
    h("td", {}, name ?? ""),
    h("td", {}, by ?? ""),
    h("td", { class: "dim" }, address ?? ""),
    h("td", { class: "dim" }, Object.entries(more).map(([word, value]) => `${word} ${word === "until" ? when(value, app.zone) : value}`).join(" · ")));
}
