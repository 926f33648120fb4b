// People: who may sit at the desk, as what; and which sessions are open.

import { ahead, ask, button, field, roleFields, table, when } from "./admin-parts.js";
import { h } from "./dom.js";

const P = "/api/v1/admin/people";

export function peopleTab(app, { people, me }) {
  return h("div", { class: "stack" },
    h("div", { class: "row" },
      h("p", { class: "dim fill" }, "Names stand in the journal with everything that is done. A changed role or password ends open sessions."),
      button({ id: "add-person", class: "go", onclick: () => add(app) }, "Add somebody…")),
    table("People", ["name", "role", "site", "password", "sessions", ""], people.map((one) => row(app, one, one.name === me)), "nobody yet"));
}

function row(app, one, isMe) {
  return h("tr", { key: one.name, "data-person": one.name },
    h("td", {}, h("b", {}, one.name), isMe ? h("span", { class: "dim" }, " you") : null),
    h("td", {}, one.role),
    h("td", {}, one.site),
    h("td", { class: one.has_password ? "dim" : "" },
      one.has_password ? "chosen" : one.invited_until ? "not chosen yet" : "none: cannot sign in",
      one.invited_until ? h("span", { class: "dim" }, ` · link good until ${when(one.invited_until, app.zone)}`) : null),
    h("td", { class: "num dim" }, one.open ? String(one.open) : "–"),
    h("td", { class: "acts" },
      act("Role…", one, () => role(app, one)),
      act("Password…", one, () => password(app, one)),
      act("Sign out", one, () => app.act(`${P}/sign-out`, { name: one.name }), !one.open),
      act("Remove…", one, () => remove(app, one))));
}

function act(label, one, onclick, disabled = false) {
  return button({ key: label, class: "small", "aria-label": `${label.replace("…", "")} ${one.name}`, disabled, onclick }, label);
}

function add(app) {
  ask(app, {
    title: "Add somebody",
    fields: () => [
      field("name, as it will stand in the journal", { name: "name", required: true, maxlength: 32, autofocus: true, autocapitalize: "none" }),
      ...roleFields(app, "operator"),
      field("password (empty: a link by which the person chooses one)", { name: "password", type: "password", minlength: 10, maxlength: 200, autocomplete: "new-password" }),
    ],
    label: "Add",
    path: `${P}/add`,
    body: ({ name, role: part, site, password: secret }) => ({ name, role: part, site, password: secret || null }),
    then: (told) => (told.secret ? app.reveal("A link for who was added", told) : app.close()),
  });
}

function role(app, one) {
  ask(app, {
    title: `Role of ${one.name}`,
    about: "Open sessions end; what is allowed changes at once.",
    fields: () => roleFields(app, one.role, one.site),
    label: "Change the role",
    path: `${P}/role`,
    body: (said) => ({ name: one.name, role: said.role, site: said.site }),
  });
}

function password(app, one) {
  ask(app, {
    title: `Password of ${one.name}`,
    about: "Empty: a link by which the person chooses one; the old password is good until then.",
    fields: () => [field("another password", { name: "password", type: "password", minlength: 10, maxlength: 200, autofocus: true, autocomplete: "new-password" })],
    label: "Do it",
    path: `${P}/password`,
    body: (said) => ({ name: one.name, password: said.password || null }),
    then: (told) => (told.secret ? app.reveal(`A link for ${one.name}`, told) : app.close()),
  });
}

function remove(app, one) {
  ask(app, {
    title: `Remove ${one.name}?`,
    about: `${one.name} is out at once, whatever is open. What was done stays in the journal.`,
    label: "Remove",
    danger: true,
    path: `${P}/remove`,
    body: () => ({ name: one.name }),
  });
}

export function sessionsTab(app, { sessions, now }) {
  return h("div", { class: "stack" },
    h("p", { class: "dim" }, "Sessions that asked for something since control started. A session lives twelve hours after it was used last, a day and a half at most."),
    table("Sessions", ["who", "role", "from", "with", "began", "seen last", "good until", ""], sessions.map((one) =>
      h("tr", { key: one.id, "data-session": one.name },
        h("td", {}, h("b", {}, one.name), one.is_mine ? h("span", { class: "dim" }, " this one") : null),
        h("td", {}, one.role, one.site ? h("span", { class: "dim" }, ` of ${one.site}`) : null),
        h("td", { class: "dim" }, one.address),
        h("td", { class: "dim", title: one.agent }, browser(one.agent)),
        h("td", { class: "num" }, when(one.began, app.zone)),
        h("td", { class: "num" }, when(one.last, app.zone)),
        h("td", { class: "num dim" }, ahead(one.until, now)),
        h("td", { class: "acts" }, button({ class: "small", "aria-label": `End this session of ${one.name}`, onclick: () => app.act("/api/v1/admin/sessions/end", { id: one.id }) }, "End")))), "none"));
}

function browser(agent) {
  const name = ["Edg", "Firefox", "Chrome", "Safari"].find((one) => agent.includes(one)) ?? agent.split(/[/ ]/)[0];
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((one) => agent.includes(one));
  return [name.replace("Edg", "Edge"), system].filter(Boolean).join(", ") || "–";
}
