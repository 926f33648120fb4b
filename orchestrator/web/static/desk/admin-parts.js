// Pieces that the tabs of administration share: tables, forms in dialogs, times, roles.

import { h } from "./dom.js";

export const ROLES = [
  ["viewer", "looks, and presses nothing"],
  ["site", "its own page: READY, HIDE, messages"],
  ["safety", "looks, and may cut"],
  ["operator", "the words of the desk"],
  ["producer", "also the rundown's versions, and STOP"],
  ["admin", "everything, this page too"],
];

// Unlike the desk's, it takes the focus when it is clicked: here no key has a meaning of its own.
export function button(props, ...children) {
  return h("button", { type: "button", ...props }, ...children);
}

const moments = new Map();

// `24 Nov 22:10`, on the event's clock.
export function when(at, zone) {
  if (!moments.has(zone)) {
    moments.set(zone, new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }));
  }
  return at ? moments.get(zone).format(Date.parse(at)).replace(",", "") : "–";
}

// How long until then, in words that need no sum: `in 3 h`, `in 12 days`.
export function ahead(at, now) {
  const hours = (Date.parse(at) - Date.parse(now)) / 3.6e6;
  if (hours < 0) return "over";
  if (hours < 1) return `in ${Math.ceil(hours * 60)} min`;
  return hours < 48 ? `in ${Math.round(hours)} h` : `in ${Math.round(hours / 24)} days`;
}

export function table(name, columns, rows, empty) {
  if (!rows.length) return h("p", { key: name, class: "dim" }, empty);
  return h("div", { key: name, class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    h("table", { class: "list" },
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, ...rows)));
}

// A dialog that asks and does one act. `fields` are painted; their names are the keys of the body.
export function ask(app, { title, about, fields = () => [], label, danger = false, body, path, then }) {
  app.open({
    title,
    body: () => [
      about ? h("p", {}, about) : null,
      h("form",
        {
          method: "dialog",
          onsubmit: async (event) => {
            event.preventDefault();
            const said = Object.fromEntries([...new FormData(event.currentTarget)].map(([name, text]) => [name, text.trim()]));
            const told = await app.act(path, body(said));
            if (told && then) then(told);
            else if (told) app.close();
          },
        },
        ...fields(),
        h("div", { class: "actions", key: "actions" },
          h("button", { type: "submit", class: danger ? "danger" : "go" }, label),
          button({ onclick: () => app.close() }, "Close (Esc)"))),
    ],
  });
}

export function field(label, props) {
  return h("label", { class: "field", key: props.name }, label, h("input", { autocomplete: "off", spellcheck: "false", ...props }));
}

// Role, and of which site where the role is a site's.
export function roleFields(app, role, site = "") {
  const { sites } = app.told("access");
  return [
    h("label", { class: "field", key: "role" }, "role",
      h("select", { name: "role", made: (node) => (node.value = role), onchange: (event) => ofSite(event.currentTarget) },
        ...ROLES.map(([name, may]) => h("option", { key: name, value: name }, `${name}: ${may}`)))),
    h("label", { class: "field", key: "site", hidden: role !== "site" }, "of which site",
      h("select", { name: "site", made: (node) => (node.value = site) },
        h("option", { key: "", value: "" }, "–"), ...sites.map((one) => h("option", { key: one.id, value: one.id }, one.title)))),
  ];
}

function ofSite(select) {
  const label = select.form.elements.namedItem("site").closest("label");
  label.hidden = select.value !== "site";
  if (label.hidden) select.form.elements.namedItem("site").value = "";
}
