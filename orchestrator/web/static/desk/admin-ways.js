// Ways in without a password: tokens of programs, and the links of sites' own pages.

import { ahead, ask, button, field, roleFields, table, when } from "./admin-parts.js";
import { h } from "./dom.js";

const T = "/api/v1/admin/tokens";
const LENGTHS = [[12, "12 hours"], [48, "2 days"], [168, "a week"], [720, "30 days"], [8760, "a year"]];

export function waysTab(app, { tokens, sites, now }) {
  const programs = tokens.filter((one) => one.kind === "api");
  const links = tokens.filter((one) => one.kind === "site");
  return h("div", { class: "stack" },
    h("div", { class: "row" },
      h("h2", { class: "fill" }, "Tokens of programs"),
      button({ id: "add-token", class: "go", onclick: () => token(app) }, "New token…")),
    table("Tokens", ["name", "role", "site", "good until", "", ""], programs.map((one) => row(app, one, now)), "No program has a token. A program sends it as Authorization: Bearer."),
    h("h2", {}, "Links of sites"),
    table("Links", ["site", "links", ""], sites.map((site) => siteRow(app, site, links.filter((one) => one.site === site.id))), "the rundown has no sites"));
}

function row(app, one, now) {
  return h("tr", { key: one.id, "data-token": one.name },
    h("td", {}, h("b", {}, one.name)),
    h("td", {}, one.role),
    h("td", {}, one.site),
    h("td", { class: "num" }, when(one.until, app.zone)),
    h("td", { class: `num ${one.is_over ? "dim" : ""}` }, ahead(one.until, now)),
    h("td", { class: "acts" }, revoke(app, one)));
}

function siteRow(app, site, links) {
  return h("tr", { key: site.id, "data-site": site.id },
    h("td", {}, h("b", {}, site.title), site.title === site.id ? null : h("span", { class: "dim" }, ` ${site.id}`)),
    h("td", {},
      ...links.map((one) =>
        h("p", { key: one.id, class: "row" },
          h("span", {}, one.name, h("span", { class: "dim" }, one.is_over ? " is over" : ` until ${when(one.until, app.zone)}`)),
          revoke(app, one))),
      links.length ? null : h("span", { class: "dim" }, "none")),
    h("td", { class: "acts" }, button({ class: "small", "aria-label": `New link for ${site.title}`, onclick: () => link(app, site, links) }, "New link…")));
}

function revoke(app, one) {
  return button({
    class: "small",
    "aria-label": `Revoke ${one.name}`,
    onclick: () => ask(app, {
      title: `Revoke ${one.name}?`,
      about: "It is void at once, with every session it opened.",
      label: "Revoke",
      danger: true,
      path: `${T}/revoke`,
      body: () => ({ id: one.id }),
    }),
  }, "Revoke…");
}

function token(app) {
  ask(app, {
    title: "New token for a program",
    fields: () => [
      field("name, as it will stand in the journal", { name: "name", required: true, maxlength: 32, autofocus: true, autocapitalize: "none" }),
      ...roleFields(app, "viewer"),
      length("720"),
    ],
    label: "Make it",
    path: `${T}/add`,
    body: (said) => ({ name: said.name, role: said.role, site: said.site, hours: Number(said.hours) }),
    then: (told) => app.reveal("The token", told),
  });
}

function link(app, site, links) {
  const taken = new Set(app.told("access").tokens.map((one) => one.name));
  const names = [`site-${site.id}`, ...links.map((_, i) => `site-${site.id}-${i + 2}`), `site-${site.id}-${Date.now() % 1000}`];
  const free = names.find((name) => !taken.has(name)).slice(0, 32);
  ask(app, {
    title: `New link for ${site.title}`,
    about: "Who has it can say READY, HIDE and PRIVACY for this site, and nothing of any other.",
    fields: () => [
      field("name, as it will stand in the journal", { name: "name", required: true, maxlength: 32, autofocus: true, made: (node) => (node.value = free) }),
      length("48"),
    ],
    label: "Make it",
    path: `${T}/site-link`,
    body: (said) => ({ site: site.id, name: said.name, hours: Number(said.hours) }),
    then: (told) => app.reveal(`The link for ${site.title}`, told),
  });
}

function length(hours) {
  return h("label", { class: "field", key: "hours" }, "good for",
    h("select", { name: "hours", made: (node) => (node.value = hours) },
      ...LENGTHS.map(([value, name]) => h("option", { key: name, value: String(value) }, name))));
}
