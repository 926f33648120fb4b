// Ways in without a password: tokens of programs, and the links of sites' and guests' own pages.

import { ahead, ask, button, field, roleFields, table, when } from "./admin-parts.js";
import { h } from "./dom.js";

const T = "/api/v1/admin/tokens";
const STAGES = { invited: "invited", opened: "has opened the page", "mic-ok": "microphone heard", waiting: "waiting" };
const LENGTHS = [[12, "12 hours"], [48, "2 days"], [168, "a week"], [720, "30 days"], [8760, "a year"]];

export function waysTab(app, { tokens, sites, guests, now }) {
  const programs = tokens.filter((one) => one.kind === "api");
  const links = tokens.filter((one) => one.kind === "site");
  return h("div", { class: "stack" },
    h("div", { class: "row" },
      h("h2", { class: "fill" }, "Tokens of programs"),
      button({ id: "add-token", class: "go", onclick: () => token(app) }, "New token…")),
    table("Tokens", ["name", "role", "site", "good until", "", ""], programs.map((one) => row(app, one, now)), "No program has a token. A program sends it as Authorization: Bearer."),
    h("h2", {}, "Links of sites"),
    table("Links", ["site", "links", ""], sites.map((site) => siteRow(app, site, links.filter((one) => one.site === site.id))), "the rundown has no sites"),
    h("h2", {}, "Links of guests who join from elsewhere"),
    table("Guests", ["guest", "slots", "how far", "links", ""], guests.map((one) => guestRow(app, one, tokens.filter((token) => token.person === one.id))), "Nobody joins from elsewhere: no slot shows guest.NAME."));
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

function guestRow(app, one, links) {
  return h("tr", { key: one.id, "data-guest": one.id },
    h("td", {}, h("b", {}, one.name), h("span", { class: "dim" }, ` ${one.id}`)),
    h("td", {}, one.slots.join(", ")),
    h("td", {}, STAGES[one.stage] ?? "–"),
    linkCell(app, links),
    h("td", { class: "acts" }, button({ class: "small", "aria-label": `New link for ${one.name}`, onclick: () => guestLink(app, one) }, "New link…")));
}

function linkCell(app, links) {
  return h("td", {},
    ...links.map((one) =>
      h("p", { key: one.id, class: "row" },
        h("span", {}, one.name, h("span", { class: "dim" }, one.is_over ? " is over" : ` until ${when(one.until, app.zone)}`)),
        revoke(app, one))),
    links.length ? null : h("span", { class: "dim" }, "none"));
}

function siteRow(app, site, links) {
  return h("tr", { key: site.id, "data-site": site.id },
    h("td", {}, h("b", {}, site.title), site.title === site.id ? null : h("span", { class: "dim" }, ` ${site.id}`)),
    linkCell(app, links),
    h("td", { class: "acts" }, button({ class: "small", "aria-label": `New link for ${site.title}`, onclick: () => link(app, site) }, "New link…")));
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

function link(app, site) {
  askLink(app, site.title, `site-${site.id}`, "Who has it can say READY, HIDE and PRIVACY for this site, and nothing of any other.", `${T}/site-link`, { site: site.id });
}

function guestLink(app, one) {
  askLink(app, one.name, `guest-${one.id}`, "Who has it sees this guest's times, tries the microphone and says: I am here. Nothing else.", "/api/v1/guests/link", { person: one.id });
}

function askLink(app, whose, stem, about, path, of) {
  const taken = new Set(app.told("access").tokens.map((one) => one.name));
  const free = [stem, ...Array.from(taken, (_, i) => `${stem}-${i + 2}`)].map((name) => name.slice(0, 32)).find((name) => !taken.has(name)) ?? "";
  ask(app, {
    title: `New link for ${whose}`,
    about,
    fields: () => [
      field("name, as it will stand in the journal", { name: "name", required: true, maxlength: 32, autofocus: true, made: (node) => (node.value = free) }),
      length("48"),
    ],
    label: "Make it",
    path,
    body: (said) => ({ ...of, name: said.name, hours: Number(said.hours) }),
    then: (told) => app.reveal(`The link for ${whose}`, told),
  });
}

function length(hours) {
  return h("label", { class: "field", key: "hours" }, "good for",
    h("select", { name: "hours", made: (node) => (node.value = hours) },
      ...LENGTHS.map(([value, name]) => h("option", { key: name, value: String(value) }, name))));
}
