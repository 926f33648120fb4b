// Outputs and the machine: where the programme goes, how each fares; processes, lateness, warnings.

import { h } from "./dom.js";
import { card } from "./cards.js";
import { button, held } from "./parts.js";
import { clock, length, minutes, rate } from "./say.js";

const AGAIN_MS = 3000;

export function outputsScreen(app) {
  const { outputs, machine, incidents } = app.view;
  follow(app);
  return h(
    "div",
    { class: "page outputs", key: "outputs" },
    h(
      "section",
      { class: "panel span" },
      h("h2", {}, "Outputs"),
      h(
        "table",
        { class: "list" },
        h("thead", {}, h("tr", {}, ...["output", "kind", "state", "rate", "behind", "connections", ""].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...outputs.map((one) => output(app, one))),
      ),
      gaps(app),
    ),
    h(
      "section",
      { class: "panel scroll", tabindex: "0", "aria-label": "Processes" },
      h("h2", {}, "Processes"),
      h(
        "table",
        { class: "list" },
        h("thead", {}, h("tr", {}, ...["process", "up", "restarts", "facts"].map((name) => h("th", { scope: "col" }, name)))),
        h(
          "tbody",
          {},
          ...machine.processes.map((one) =>
            h(
              "tr",
              { key: one.name },
              h("td", {}, one.name),
              h("td", { class: "num" }, minutes(one.up_s)),
              h("td", { class: `num ${one.restarts ? "amber" : "dim"}` }, String(one.restarts)),
              h("td", { class: `num ${one.age_s > 5 ? "red" : "dim"}` }, one.age_s === null ? "–" : `${one.age_s.toFixed(1)} s ago`),
            ),
          ),
        ),
      ),
    ),
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "Programme"),
      fact("tick", summary(machine.tick_ms)),
      fact("late", summary(machine.late_ms)),
      fact("late ticks", `${machine.late_ticks ?? "–"} (${machine.skipped ?? 0} skipped)`),
      fact("gate p99", machine.gate_late_ms_p99 === null ? "–" : `${Math.round(machine.gate_late_ms_p99)} ms after due`),
      fact("slate parts", Object.entries(machine.slate_parts ?? {}).map(([why, n]) => `${why} ${n}`).join(", ") || "none"),
      fact("monitor", `${machine.monitor_clients ?? 0} lines, ${machine.monitor_dropped ?? 0} dropped`),
      h("h2", {}, "Warnings"),
      ...machine.warnings.map((text, i) => h("p", { key: i, class: "amber" }, `▲ ${text}`)),
      machine.warnings.length ? null : h("p", { class: "dim" }, "none"),
      app.may("stop") ? h("div", { class: "actions", key: "stop" }, held(app, "stop", "STOP EVENT…", { class: "danger", act: () => stopEvent(app) })) : null,
    ),
    h("section", { class: "panel cards scroll", tabindex: "0", "aria-label": "All incidents" }, h("h2", {}, `Incidents ${incidents.length}`), ...incidents.map((one, i) => card(app, one, i)), incidents.length ? null : h("p", { class: "dim" }, "none")),
  );
}

function output(app, one) {
  const wrong = ["stalled", "failed", "refused"].includes(one.state);
  return h(
    "tr",
    { key: one.id, class: wrong ? "bad" : "" },
    h("td", {}, h("b", {}, one.id), one.slate ? h("span", { class: "amber" }, " on slate") : null),
    h("td", { class: "dim" }, `${one.kind} · ${one.audience}`),
    h("td", { title: one.reason }, `${one.on ? (wrong ? "✕" : "●") : "○"} ${one.on ? one.state || "on" : "off"}${one.backup ? " · backup" : ""}`, one.reason ? h("span", { class: "dim" }, ` ${one.reason}`) : null),
    h("td", { class: "num" }, rate(one.rate_bps)),
    h("td", { class: "num" }, one.behind_ms === null ? "–" : `${(one.behind_ms / 1000).toFixed(1)} s`),
    h("td", { class: "num dim" }, one.connections === null ? "–" : `${one.connections}${one.failures ? ` (${one.failures} failed)` : ""}`),
    h(
      "td",
      { class: "acts" },
      one.kind === "push" ? button({ class: "small", disabled: !app.may("output"), onclick: () => app.say("output", { output: one.id, on: !one.on }) }, one.on ? "OFF" : "ON") : null,
      one.has_backup ? button({ class: "small", disabled: !app.may("output"), onclick: () => app.say("output", { output: one.id, backup: !one.backup }) }, one.backup ? "own URL" : "backup URL") : null,
    ),
  );
}

// What an output did not send of the programme: its own as-run, the newest first.
function gaps(app) {
  const rows = Object.values(app.missed?.outputs ?? {})
    .flat()
    .sort((a, b) => (a.utc < b.utc ? 1 : -1))
    .slice(0, 8);
  if (!rows.length) return null;
  return h(
    "table",
    { class: "list gaps", key: "gaps", "aria-label": "Not sent" },
    h(
      "tbody",
      {},
      ...rows.map((one) =>
        h(
          "tr",
          { key: `${one.output} ${one.from_k}` },
          h("td", { class: "num dim" }, clock(one.utc, app.zone)),
          h("td", {}, h("b", {}, one.output)),
          h("td", { class: "amber" }, `${one.what === "gap" ? "✕ gap" : "■ slate"} ${length(one.length_s)}`),
          h("td", { class: "grow dim" }, one.why),
        ),
      ),
    ),
  );
}

function follow(app) {
  app.missed ??= { outputs: {}, loadedMs: -Infinity };
  const { missed } = app;
  const now = performance.now();
  if (missed.loading || now - missed.loadedMs < AGAIN_MS) return;
  missed.loading = true;
  load(missed).finally(() => {
    missed.loading = false;
    missed.loadedMs = performance.now();
    app.repaint();
  });
}

async function load(missed) {
  try {
    const answer = await fetch("/api/v1/missed");
    if (answer.ok) missed.outputs = await answer.json();
  } catch {
    // control is away; what was known stays
  }
}

function stopEvent(app) {
  app.open({
    kind: "reason",
    key: "stop",
    title: "STOP the event for everybody?",
    what: "The event ends. This cannot be taken back.",
    label: "STOP EVENT",
    then: async (reason) => {
      if (await app.say("stop", {}, { reason })) app.close();
    },
  });
}

function fact(name, value) {
  return h("p", { key: name, class: "row" }, h("span", { class: "name dim" }, name), h("span", { class: "num" }, value));
}

function summary(ms) {
  if (!ms || typeof ms !== "object") return "–";
  return Object.entries(ms).map(([name, value]) => `${name} ${typeof value === "number" ? value.toFixed(1) : value}`).join(" · ");
}
