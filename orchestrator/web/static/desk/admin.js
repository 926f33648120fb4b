// Administration: who may come in, and the house's records. Apart from the desk: it opens in a page
// of its own, asks once in three seconds for what its tab shows, and every act goes through `act`.

import { $, h, paint } from "./dom.js";
import { machineTab } from "./admin-machine.js";
import { button } from "./admin-parts.js";
import { peopleTab, sessionsTab } from "./admin-people.js";
import { auditTab, versionsTab } from "./admin-records.js";
import { waysTab } from "./admin-ways.js";

const EVERY_MS = 3000;
const OLD_MS = 10000;
const csrf = document.querySelector("meta[name=csrf]").content;

// id, name, where its facts come from, how it is painted
const TABS = [
  ["people", "People", "access", peopleTab],
  ["ways", "Tokens & links", "access", waysTab],
  ["sessions", "Sessions", "access", sessionsTab],
  ["versions", "Rundown versions", "versions", versionsTab],
  ["machine", "Machine", "machine", machineTab],
  ["audit", "Audit", "audit", auditTab],
];

class Admin {
  constructor() {
    this.facts = new Map(); // by source: what was told, and when
    this.dialog = null;
    this.filter = "";
    this.isOut = false;
    this.zone = document.body.dataset.zone;
    this.tab = TABS.some(([id]) => `#${id}` === location.hash) ? location.hash.slice(1) : "people";
  }

  get source() {
    return TABS.find(([id]) => id === this.tab)[2];
  }

  told(source) {
    return this.facts.get(source)?.told;
  }

  show(tab) {
    this.tab = tab;
    history.replaceState(null, "", `#${tab}`);
    this.draw();
    this.look();
  }

  async look() {
    const { source } = this;
    try {
      const answer = await fetch(`/api/v1/admin/${source}`, { cache: "no-store", signal: AbortSignal.timeout(OLD_MS) });
      if (answer.ok) this.facts.set(source, { told: await answer.json(), atMs: performance.now() });
      this.isOut = answer.status === 401 || answer.status === 403;
    } catch {
      // control is away; the page says so when what it shows is old
    }
    this.draw();
  }

  // Does it, once. The answer, or null; then the sentence stands where it was asked.
  async act(path, body) {
    let answer;
    try {
      answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": key() },
        body: JSON.stringify(body),
      });
    } catch {
      return this.refuse("control does not answer; look at the list whether it was done");
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) return this.refuse(told.detail ?? `control said ${answer.status}`);
    if (!body.dry) this.say(told.text);
    await this.look();
    return told;
  }

  refuse(why) {
    if (this.dialog) this.dialog.refused = why;
    else this.say(`✕ ${why}`, true);
    this.draw();
    return null;
  }

  say(text, isRefusal = false) {
    $("said").textContent = text;
    $("said").classList.toggle("refused", isRefusal);
    clearTimeout(this.saying);
    this.saying = setTimeout(() => ($("said").textContent = ""), 12000);
  }

  // `body` is painted anew with every look; what is in its fields stays.
  open(dialog) {
    this.dialog = { key: `${performance.now()}`, ...dialog };
    this.draw();
  }

  close() {
    this.dialog = null;
    document.querySelector("dialog[open]")?.close(); // gives the focus back to what opened it
    this.draw();
  }

  // A secret, this once: it is in this dialog and nowhere else.
  reveal(title, told) {
    if (!told) return;
    const made = told.secret.startsWith("/") ? new URL(told.secret, location.href).href : told.secret;
    if (!made) return this.close();
    this.open({
      title,
      body: () => [
        h("p", {}, told.text),
        h("label", { class: "field" }, "shown this once; copy it now",
          h("input", { id: "secret", readonly: true, autofocus: true, spellcheck: "false",
            made: (node) => (node.value = made), onfocus: (event) => event.currentTarget.select() })),
        h("p", { class: "dim" }, "Give it to nobody else. If it is lost, revoke it and make another."),
        h("div", { class: "actions" },
          button({ class: "go", onclick: () => copy(this, made) }, "Copy"),
          button({ onclick: () => this.close() }, "I have it: close")),
      ],
    });
  }

  draw() {
    paint($("head"), ...head(this));
    const [, name, source, tab] = TABS.find(([id]) => id === this.tab);
    const told = this.told(source);
    paint($("admin"),
      h("section", { key: this.tab, id: `panel-${this.tab}`, role: "tabpanel", "aria-label": name, class: "tab" },
        old(this), told ? tab(this, told) : h("p", { class: "waiting" }, "Waiting for control…")));
    paint($("dialogs"), dialog(this));
  }
}

function head(app) {
  return [
    h("h1", { key: "title" }, "Admin", h("span", { class: "dim" }, ` ${document.body.dataset.title}`)),
    h("div", { key: "tabs", role: "tablist", "aria-label": "Administration", class: "tabs" },
      ...TABS.map(([id, name]) =>
        button({
          key: id,
          role: "tab",
          id: `tab-${id}`,
          "aria-selected": String(app.tab === id),
          "aria-controls": app.tab === id ? `panel-${id}` : undefined,
          tabindex: app.tab === id ? "0" : "-1",
          class: app.tab === id ? "chosen" : "",
          onclick: () => app.show(id),
          onkeydown: (event) => step(app, event),
        }, name))),
    h("a", { key: "desk", href: "/" }, "Desk"),
  ];
}

function step(app, event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const at = TABS.findIndex(([id]) => id === app.tab);
  const [id] = TABS[(at + by + TABS.length) % TABS.length];
  app.show(id);
  $(`tab-${id}`).focus();
}

function old(app) {
  const age = performance.now() - (app.facts.get(app.source)?.atMs ?? Infinity);
  if (app.isOut) {
    return h("p", { key: "out", class: "refusal", role: "alert" }, "✕ You are signed out, or no administrator any more. ", h("a", { href: "/sign-in?next=/admin" }, "Sign in"));
  }
  if (!(age > OLD_MS)) return null;
  return h("p", { key: "old", class: "refusal", role: "alert" }, `✕ No word from control: what you see is ${Math.floor(age / 1000)} s old.`);
}

function dialog(app) {
  const open = app.dialog;
  if (!open) return null;
  return h("dialog",
    {
      key: open.key,
      class: "dialog",
      "aria-label": open.title,
      made: (node) => queueMicrotask(() => node.isConnected && !node.open && node.showModal()),
      oncancel: (event) => {
        event.preventDefault();
        app.close();
      },
    },
    h("h2", {}, open.title),
    open.refused ? h("p", { key: "refused", class: "refusal", role: "alert" }, `✕ ${open.refused}`) : null,
    ...open.body());
}

async function copy(app, text) {
  try {
    await navigator.clipboard.writeText(text);
    app.say("copied");
  } catch {
    $("secret")?.focus(); // no clipboard without TLS: it is selected, Ctrl+C takes it
    app.say("selected: copy it with Ctrl+C");
  }
}

function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const app = new Admin();
app.draw();
app.look();
setInterval(() => document.hidden || app.look(), EVERY_MS);
addEventListener("hashchange", () => TABS.some(([id]) => `#${id}` === location.hash) && app.show(location.hash.slice(1)));
