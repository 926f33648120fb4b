// The dashboard: reads who I am, opens the line, paints, listens to keys.

import { Acts } from "./acts.js";
import { Alarm, corner } from "./alarm.js";
import { App, STALE_S } from "./app.js";
import { dialog } from "./dialogs.js";
import { $, h, paint } from "./dom.js";
import { Keys, remember, remembered } from "./keys.js";
import { button } from "./parts.js";
import { PublicMonitor } from "./public.js";
import { SCREENS } from "./screens.js";
import { status } from "./status.js";

const TICK_MS = 250;
const FIELDS = "input:not([type=checkbox]):not([type=range]),textarea,select,[contenteditable]";
const CONTROLS = "button,a,input,select,summary,[tabindex]:not([tabindex='-1'])";

Object.assign(App.prototype, Acts, {
  // Whether single keys would act now, and why not.
  keyState() {
    if (this.keySettings.off) return { on: false, word: "OFF", why: "switched off; ? changes it" };
    if (!document.hasFocus()) return { on: false, word: "OFF", why: "this window has no focus: click it" };
    if (this.dialog) return { on: false, word: "OFF", why: "a dialog is open" };
    const at = document.activeElement;
    if (at?.matches(FIELDS)) return { on: false, word: "OFF", why: "you are typing in a field" };
    if (at?.matches(CONTROLS)) return { on: true, word: "ON ·␣→", why: "Space presses what has the focus, not TAKE" };
    return { on: true, word: "ON", why: "single keys work; ? shows them" };
  },

  setKeys(change) {
    this.keySettings = { ...this.keySettings, ...change };
    this.keys.map(this.keySettings.map);
    this.learning = "";
    remember(this.keySettings);
    this.repaint();
  },

  learn(name) {
    this.learning = this.learning === name ? "" : name;
    this.repaint();
  },
});

function begin() {
  const { me, words, desk } = JSON.parse(document.querySelector("meta[name=begin]").content);
  const app = new App({ me, words, csrf: me.csrf, publicUrl: document.body.dataset.public });
  app.public = new PublicMonitor(app.publicUrl);
  app.keySettings = remembered();
  app.learning = "";
  app.alarm = new Alarm();
  app.keys = new Keys({
    act: (name, detail) => app.key(name, detail),
    now: () => performance.now(),
    later: setTimeout.bind(window),
    never: clearTimeout.bind(window),
    isOn: (event) => app.keyState().on && !(event.code === "Space" && isOnControl()),
    map: app.keySettings.map,
  });
  let asked = false;
  app.repaint = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw(app);
    });
  };
  listen(app);
  setInterval(() => {
    app.link.look(SCREENS[app.screen - 1][0] + (app.view?.preview ? ` · ${app.view.preview.layout}` : ""));
    draw(app);
  }, TICK_MS);
  window.desk = app;
  if (desk) app.link.bring(desk);
  draw(app);
}

function isOnControl() {
  return document.activeElement?.matches(CONTROLS) ?? false;
}

function draw(app) {
  paint($("status"), ...status(app));
  $("status").classList.toggle("stale", app.isStale);
  const [, made] = SCREENS[app.screen - 1];
  paint($("screen"), app.view ? made(app) : h("p", { class: "waiting", key: "wait" }, "Waiting for control…"));
  paint($("nav"), ...nav(app));
  paint($("corner"), corner(app));
  if (app.view) app.alarm.look(app.view.incidents, performance.now());
  paint($("cover"), cover(app));
  $("cover").hidden = !app.isStale;
  $("screen").inert = app.isStale;
  paint($("dialogs"), dialog(app));
  paint($("toasts"), ...app.toasts.map((toast) => h("p", { key: toast.key, class: toast.kind }, `${toast.kind === "refused" ? "✕ " : ""}${toast.text}`)));
  paint($("hint"), app.hinted ?? "");
}

function cover(app) {
  if (!app.isStale) return null;
  if (app.link.ended) {
    return h("p", { key: "out" }, "You are signed out. ", h("a", { href: "/sign-in" }, "Sign in"));
  }
  const age = app.link.age();
  return h(
    "p",
    { key: "stale", role: "alert" },
    h("b", {}, age === Infinity ? "No word from control yet" : `What you see is ${Math.floor(age)} s old`),
    h("br", {}),
    `Buttons are covered after ${STALE_S} s. Reconnecting by itself; the show goes on. BLANK and PRIVACY still work.`,
  );
}

function nav(app) {
  return [
    ...SCREENS.map(([name], i) =>
      button(
        {
          key: name,
          class: app.screen === i + 1 ? "chosen" : "",
          "aria-current": app.screen === i + 1 ? "page" : undefined,
          title: `Alt+${i + 1}`,
          onclick: () => app.show(i + 1),
        },
        h("kbd", {}, String(i + 1)),
        name,
      ),
    ),
    h("span", { class: "fill", key: "fill" }),
    h("span", { key: "title", class: "dim line" }, app.view ? app.view.event.title : ""),
    app.alarm.isMute ? button({ key: "mute", class: "amber", title: "the browser wants a press before it lets the page sound" }, "ALARMS ARE MUTE: click once") : null,
    app.view?.event.rehearsal ? h("b", { key: "rehearsal", class: "amber" }, "REHEARSAL") : null,
    h("span", { key: "me", class: "dim" }, `${app.me.name} · ${app.me.role}`),
    app.me.role === "admin" ? h("a", { key: "admin", href: "/admin", target: "_blank", rel: "noopener" }, "Admin") : null,
    button({ key: "help", title: "keys", onclick: () => app.openHelp() }, "?"),
    button({ key: "out", onclick: () => signOut(app) }, "Sign out"),
  ];
}

async function signOut(app) {
  await fetch("/api/v1/sign-out", { method: "POST", headers: { "X-CSRF-Token": app.me.csrf } });
  location.assign("/sign-in");
}

function listen(app) {
  addEventListener("keydown", (event) => {
    if (app.learning) return learned(app, event);
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const digit = /^Digit([1-8])$/.exec(event.code);
      if (digit) {
        event.preventDefault();
        app.show(Number(digit[1]));
      }
      return;
    }
    if (app.dialog?.kind === "undo" && event.code === app.keys.code("undo")) {
      event.preventDefault();
      if (!event.repeat) app.undoNow();
      return;
    }
    if (event.code === "Escape" && document.activeElement?.matches(FIELDS) && !app.dialog) {
      document.activeElement.blur();
      return;
    }
    if (app.keys.down(event)) event.preventDefault();
  });
  addEventListener("keyup", (event) => app.keys.up(event));
  addEventListener("blur", () => {
    app.keys.forget();
    app.repaint();
  });
  for (const name of ["focus", "focusin", "focusout"]) addEventListener(name, () => app.repaint());
  document.addEventListener("visibilitychange", () => app.repaint());
}

function learned(app, event) {
  event.preventDefault();
  if (/^(Shift|Alt|Control|Meta)/.test(event.code)) return;
  const name = app.learning;
  app.learning = "";
  if (event.code === "Escape" || /^(Digit|Arrow)/.test(event.code)) return app.repaint();
  const code = (event.shiftKey ? "Shift+" : "") + event.code;
  app.setKeys({ map: { ...app.keySettings.map, [name]: code } });
}

try {
  begin();
} catch (error) {
  paint($("screen"), h("p", { class: "waiting" }, `The dashboard could not begin: ${error.message}. Load the page again.`));
  throw error;
}
