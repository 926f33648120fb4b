// Graphics: on air with the time left, what comes, and what can be called; people and their names.

import { h } from "./dom.js";
import { button } from "./parts.js";
import { length } from "./say.js";

export function graphicsScreen(app) {
  const { graphics } = app.view;
  return h(
    "div",
    { class: "page graphics", key: "graphics" },
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "On air"),
      ...graphics.on.map((one) =>
        h(
          "p",
          { key: one.key, class: "row on-air" },
          h("b", {}, one.use),
          h("span", { class: "grow line" }, one.says),
          h("span", { class: "num" }, one.left_s === null ? "until the slot ends" : length(Math.max(0, app.left(one.left_s)))),
          button({ class: "small", disabled: !app.may("graphic-out"), "data-word": "graphic-out", onclick: () => app.say("graphic-out", { key: one.key }) }, "OUT"),
        ),
      ),
      graphics.on.length ? null : h("p", { class: "dim" }, `None${graphics.badge ? ` but the badge: ${graphics.badge}` : ""}`),
      h(
        "div",
        { class: "actions" },
        button({ class: "go", disabled: !app.may("graphics-out") || !graphics.on.length, onclick: () => app.say("graphics-out") }, "ALL OUT  G"),
        button({ disabled: !app.may("graphics-again") || !graphics.last_out.length, onclick: () => app.say("graphics-again") }, "LAST AGAIN  ⇧G"),
        button({ key: "look", disabled: !app.may("graphic-preview") || !graphics.last_out.length, title: "see in the preview what ⇧G brings", "data-word": "graphic-preview", onclick: () => app.say("graphic-preview") }, "PREVIEW  ⇧G"),
      ),
      graphics.last_out.length
        ? h("p", { key: "again", class: "row again" }, h("span", { class: "dim" }, "⇧G brings"), ...graphics.last_out.map((one, i) => h("span", { key: i, class: "grow line" }, h("b", {}, one.use), ` ${one.says}`)))
        : null,
      h("h2", {}, "Coming"),
      ...graphics.coming.map((one) =>
        h("p", { key: one.key, class: "row" }, h("b", {}, one.use), h("span", { class: "grow line" }, one.says), h("span", { class: "num dim" }, `in ${length(Math.max(0, app.left(one.in_s)))}`)),
      ),
      graphics.coming.length ? null : h("p", { class: "dim" }, "nothing more in this slot"),
    ),
    call(app),
    people(app),
  );
}

function call(app) {
  const { graphics } = app.view;
  const chosen = graphics.known.find((one) => one.id === app.calling) ?? graphics.known[0];
  if (!chosen) return null;
  const isPerson = chosen.template.includes("lower-third");
  const fields = Object.keys(chosen.defaults).length ? Object.keys(chosen.defaults) : isPerson ? [] : ["text"];
  return h(
    "section",
    { class: "panel" },
    h("h2", {}, "Call one"),
    h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const word = event.submitter?.value || "graphic";
          const args = { use: chosen.id };
          if (data.get("who")) args.who = String(data.get("who"));
          const texts = Object.fromEntries(fields.map((name) => [name, String(data.get(`data-${name}`) ?? "").trim()]).filter(([, text]) => text));
          if (Object.keys(texts).length) args.data = texts;
          if (data.get("for")) args.for = String(data.get("for")).trim();
          app.say(word, args);
        },
      },
      h(
        "label",
        { class: "field" },
        "graphic",
        h("select", { name: "use", onchange: (event) => ((app.calling = event.currentTarget.value), app.repaint()) },
          ...graphics.known.map((one) => h("option", { key: one.id, value: one.id }, one.id))),
      ),
      isPerson
        ? h("label", { class: "field", key: "who" }, "who",
            h("select", { name: "who" }, ...graphics.roles.map((role) => h("option", { key: `r${role}`, value: role }, `${role} of this slot`)), ...graphics.people.map((one) => h("option", { key: one.id, value: one.id }, one.name))))
        : null,
      ...fields.map((name) => h("label", { class: "field", key: `d${name}` }, name, h("input", { name: `data-${name}`, maxlength: 200 }))),
      h("label", { class: "field", key: "for" }, "for how long", h("input", { name: "for", placeholder: "until the slot ends; 10s", size: 8 })),
      h("div", { class: "actions", key: "go" }, h("button", { type: "submit", class: "go", value: "graphic", disabled: !app.may("graphic") }, "IN"),
        h("button", { type: "submit", value: "graphic-preview", title: "see it in the preview first", disabled: !app.may("graphic-preview") }, "PREVIEW")),
    ),
  );
}

function people(app) {
  return h(
    "section",
    { class: "panel scroll", tabindex: "0", "aria-label": "People" },
    h("h2", {}, "People"),
    ...app.view.graphics.people.map((one) =>
      h(
        "p",
        { key: one.id, class: "row" },
        h("b", {}, one.name),
        h("span", { class: "grow line dim" }, [one.native, one.role].filter(Boolean).join(" · ")),
        one.corrected ? h("span", { class: "amber" }, "▲ corrected") : null,
        button({ class: "small", disabled: !app.may("person"), onclick: () => app.openPerson(one) }, "CORRECT…"),
      ),
    ),
  );
}
