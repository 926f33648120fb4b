// The log: what really went out (as-run), what people did (audit), and why any frame was as it was.

import { h } from "./dom.js";
import { button } from "./parts.js";
import { clock } from "./say.js";

const TABS = ["as-run", "audit", "explain"];

export function logScreen(app) {
  app.log ??= { tab: "as-run", asrun: [], audit: [], filter: "" };
  const { log } = app;
  follow(app);
  return h(
    "div",
    { class: "page log", key: "log" },
    h(
      "header",
      { class: "strip" },
      h(
        "span",
        { class: "row", role: "tablist", "aria-label": "Log" },
        ...TABS.map((name) =>
          button({ key: name, role: "tab", "aria-selected": String(log.tab === name), class: log.tab === name ? "chosen" : "", onclick: () => ((log.tab = name), app.repaint()) }, name),
        ),
      ),
      h("span", { class: "fill" }),
      log.tab === "explain" ? null : h("input", { type: "search", placeholder: "only lines with…", "aria-label": "Filter", oninput: (event) => ((log.filter = event.currentTarget.value.toLowerCase()), app.repaint()) }),
    ),
    log.tab === "explain" ? explain(app) : list(app, log.tab === "as-run" ? log.asrun : log.audit),
  );
}

function list(app, rows) {
  const { log } = app;
  const wanted = rows.filter((row) => !log.filter || JSON.stringify(row).toLowerCase().includes(log.filter)).slice(-300).reverse();
  const made = log.tab === "as-run" ? asrunRow : auditRow;
  return h(
    "div",
    { class: "scroll grow", tabindex: "0", "aria-label": log.tab },
    h("table", { class: "list" }, h("tbody", {}, ...wanted.map((row) => made(app, row)))),
    wanted.length ? null : h("p", { class: "dim" }, log.error ?? "nothing yet"),
  );
}

function asrunRow(app, row) {
  const cause = row.cause ?? {};
  const pictures = (row.places ?? row.layers ?? []).map?.((one) => one.source ?? one).join?.(" · ");
  return h(
    "tr",
    { key: `${row.n} ${row.event} ${row.key ?? ""}` },
    h("td", { class: "num" }, clock(row.utc, app.zone)),
    h("td", {}, row.event),
    h("td", {}, [row.slot, row.shot].filter(Boolean).join(" › ")),
    h("td", { class: "grow" }, row.text ?? pictures ?? ""),
    h("td", { class: "dim" }, [cause.by, cause.author, cause.rule].filter(Boolean).join(" · ")),
    h("td", { class: "num" }, button({ class: "small", onclick: () => ask(app, row.n) }, `frame ${row.n}`)),
  );
}

function auditRow(app, row) {
  return h(
    "tr",
    { key: row.seq },
    h("td", { class: "num dim" }, String(row.seq)),
    h("td", { class: "num" }, clock(row.at, app.zone)),
    h("td", {}, h("b", {}, String(row.verb).toUpperCase())),
    h("td", {}, row.author),
    h("td", { class: "grow dim" }, JSON.stringify(row.args ?? {})),
    h("td", {}, row.reason ?? ""),
  );
}

function explain(app) {
  const { log } = app;
  return h(
    "div",
    { class: "panel grow scroll", key: "explain", tabindex: "0", "aria-label": "Explain a frame" },
    h(
      "form",
      {
        class: "row",
        onsubmit: (event) => {
          event.preventDefault();
          ask(app, Number(new FormData(event.currentTarget).get("n")) || app.view.clock.n);
        },
      },
      h("label", { class: "field" }, "frame (empty: now)", h("input", { name: "n", inputmode: "numeric", pattern: "[0-9]*", placeholder: String(app.view.clock.n) })),
      h("button", { type: "submit", class: "go" }, "EXPLAIN"),
    ),
    log.explained ? facts(log.explained, "x") : h("p", { class: "dim" }, "Why was this on air? Ask for a frame, or press one in the as-run."),
  );
}

// Any JSON as rows of name and value.
function facts(value, key) {
  if (value === null || typeof value !== "object") return h("span", { key }, String(value));
  const entries = Object.entries(value).filter(([, one]) => one !== "" && one !== null);
  return h(
    "table",
    { key, class: "facts" },
    h("tbody", {}, ...entries.map(([name, one]) => h("tr", { key: name }, h("th", { scope: "row" }, name), h("td", {}, facts(one, "v"))))),
  );
}

async function ask(app, n) {
  const { log } = app;
  log.tab = "explain";
  log.explained = await get(app, `/api/v1/explain?n=${n}`);
  app.repaint();
}

function follow(app) {
  const { log } = app;
  const now = performance.now();
  if (log.loading || now - (log.loadedMs ?? -Infinity) < 2000) return;
  log.loading = true;
  load(app).finally(() => {
    log.loading = false;
    log.loadedMs = performance.now();
    app.repaint();
  });
}

async function load(app) {
  const { log } = app;
  const last = log.audit.at(-1)?.seq ?? 0;
  const audit = rows(await get(app, `/api/v1/journal?after=${last}`));
  log.audit = [...log.audit, ...audit].slice(-2000);
  const after = log.asrunNext ?? 0;
  const answer = await get(app, `/api/v1/as-run?after=${after}`);
  const lines = rows(answer);
  log.asrun = [...log.asrun, ...lines].slice(-2000);
  log.asrunNext = answer?.next ?? after + lines.length;
}

function rows(answer) {
  if (Array.isArray(answer)) return answer;
  return answer?.entries ?? answer?.lines ?? answer?.records ?? [];
}

async function get(app, path) {
  const answer = await fetch(path, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) {
    app.log.error = answer ? `control said ${answer.status} to ${path}` : "control does not answer";
    return null;
  }
  return answer.json();
}
