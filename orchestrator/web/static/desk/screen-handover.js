// Handover: the form makes itself from what is so. The taker ticks every open item, then accepts.

import { h } from "./dom.js";
import { button } from "./parts.js";
import { clock, length } from "./say.js";

export function handoverScreen(app) {
  app.ticks ??= new Set();
  follow(app);
  const { view, form } = app;
  const { seat, on_air: slot } = view;
  const items = form?.items?.map((one) => [one.id, one.text, one.group, one.until]) ?? Object.entries(view.open_items);
  const mine = seat.holder === app.me.name || !seat.holder;
  const offered = seat.offered_to === app.me.name;
  const risks = form?.risks ?? [];
  return h(
    "div",
    { class: "page handover", key: "handover" },
    h(
      "section",
      { class: "panel" },
      h("h2", {}, "The desk"),
      row("at the desk", seat.holder || "nobody has taken it"),
      row("since", seat.since ? clock(seat.since, app.zone) : "–"),
      row("offered to", seat.offered_to || "nobody"),
      row("on air", slot ? `${slot.title}, ${slot.is_open ? "open" : `ends in ${length(app.left(slot.left_s))}`}` : "event slate"),
      row("next fixed", view.hard ? `${view.hard.title} at ${clock(view.hard.at, app.zone)}` : "none"),
      row("next by itself", view.next_auto ? `${view.next_auto.what} at ${clock(view.next_auto.at, app.zone)}` : "nothing"),
      row("trims", view.feeds.filter((feed) => feed.trim_db).map((feed) => `${feed.id} ${feed.trim_db} dB`).join(", ") || "none"),
      row("kept off air", [...view.safety.feeds_out, ...view.safety.quarantined, ...view.safety.hidden].join(", ") || "nothing"),
      row("here", view.present.map((one) => one.author).join(", ") || "–"),
      h(
        "form",
        {
          class: "row",
          onsubmit: (event) => {
            event.preventDefault();
            app.say("handover", { to: String(new FormData(event.currentTarget).get("to")).trim() });
          },
        },
        h("label", { class: "field" }, "hand over to", h("input", { name: "to", required: true, maxlength: 64, list: "people-here", disabled: !mine })),
        h("datalist", { id: "people-here" }, ...view.present.map((one) => h("option", { key: one.author, value: one.author }))),
        h("button", { type: "submit", class: "go", disabled: !mine || !app.may("handover") }, "HAND OVER"),
      ),
    ),
    h(
      "section",
      { class: "panel scroll", tabindex: "0", "aria-label": "Open items" },
      h("h2", {}, `Open items ${items.length}`),
      ...items.map(([id, text, group, until]) =>
        h(
          "label",
          { key: id, class: "check row" },
          h("input", { type: "checkbox", checked: app.ticks.has(id), onchange: (event) => (event.currentTarget.checked ? app.ticks.add(id) : app.ticks.delete(id)) }),
          h("span", { class: "grow" }, text),
          h("span", { class: "dim num" }, [group, until ? `until ${clock(until, app.zone)}` : ""].filter(Boolean).join(" · ")),
        ),
      ),
      items.length ? null : h("p", { class: "dim" }, "nothing is open"),
      h(
        "div",
        { class: "actions" },
        button({ class: "go", disabled: !app.may("accept") || (!offered && app.me.role === "operator"), onclick: () => accept(app, offered) }, "ACCEPT"),
        offered ? button({ key: "refuse", disabled: !app.may("refuse"), "data-word": "refuse", onclick: () => refuse(app) }, "REFUSE…") : null,
      ),
      offered ? h("p", { class: "amber" }, "▲ The desk is offered to you.") : null,
    ),
    h(
      "section",
      { class: "panel scroll", tabindex: "0", "aria-label": "Next risks" },
      h("h2", {}, "Next risks"),
      ...risks.map((one, i) => h("p", { key: i, class: "row" }, h("span", { class: "num" }, one.at ? clock(one.at, app.zone) : ""), h("span", {}, h("b", {}, one.title), ` ${one.why ?? ""}`))),
      risks.length ? null : h("p", { class: "dim" }, "none computed"),
      h("h2", {}, "Notes"),
      h(
        "form",
        {
          class: "row",
          onsubmit: async (event) => {
            event.preventDefault();
            const field = event.currentTarget.elements.namedItem("text");
            if (await app.say("note", { text: field.value.trim() })) field.value = "";
          },
        },
        h("label", { class: "field grow" }, "a note for the next shift", h("input", { name: "text", required: true, maxlength: 200 })),
        h("button", { type: "submit", disabled: !app.may("note") }, "NOTE"),
      ),
    ),
  );
}

function accept(app, offered) {
  const ticks = [...app.ticks];
  if (offered) return app.say("accept", { ticks });
  return app.open({
    kind: "reason",
    key: "accept",
    title: "Take the desk over",
    what: "It was not offered to you. Say why you take it.",
    label: "ACCEPT",
    then: async (reason) => {
      if (await app.say("accept", { ticks }, { reason })) app.close();
    },
  });
}

function refuse(app) {
  return app.open({
    kind: "reason",
    key: "refuse",
    title: "Refuse the desk",
    what: `It stays ${app.view.seat.holder}'s, who is told, with your reason.`,
    label: "REFUSE",
    then: async (reason) => {
      if (await app.say("refuse", {}, { reason })) app.close();
    },
  });
}

function row(name, value) {
  return h("p", { key: name, class: "row" }, h("span", { class: "name dim" }, name), h("span", { class: "grow" }, value));
}

function follow(app) {
  const now = performance.now();
  if (now - (app.formMs ?? -Infinity) < 2000) return;
  app.formMs = now;
  fetch("/api/v1/handover", { cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((form) => {
      app.form = form;
      app.repaint();
    })
    .catch(() => {});
}
