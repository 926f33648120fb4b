// What keys, buttons and dialogs set off that is more than one wish. Mixed into the App.

import { openCards } from "./cards.js";
import { spoken } from "./keys.js";
import { siteName } from "./parts.js";
import { A_ROW, shown } from "./tiles.js";

const LOOK_MS = 150;

export const Acts = {
  source(feed) {
    const many = this.view.preview && this.places().length > 1;
    if (many) return this.say("source", { place: this.place, source: feed });
    return this.say("preview", { source: feed });
  },

  layout(id) {
    return this.say("layout", { layout: id });
  },

  tileAt(number) {
    const { tiles } = shown(this);
    const feed = tiles[number - 1];
    if (!feed) return this.tell("refused", `There is no source ${number} on this page.`);
    this.tile = number - 1;
    return this.source(feed.id);
  },

  nextPlace() {
    const places = this.places();
    this.place = places[(places.indexOf(this.place) + 1) % places.length] ?? "";
    this.repaint();
  },

  // One press, no question: the site whose picture is on air, if there is one; else everything.
  async privacy() {
    const on = this.view?.programme.places.map((one) => one.source.split(".")[0]) ?? [];
    const site = this.view?.on_air?.site;
    return this.privacyOf(site && on.includes(site) ? { site } : {});
  },

  // Also take back what was public: of what PRIVACY is in force for, not of what is on air by now.
  lookBack(seconds) {
    const { held, quarantined } = this.view.safety;
    const args = quarantined.length && !held ? { site: quarantined.at(-1) } : {};
    return this.privacyOf({ ...args, look_back_s: seconds });
  },

  async privacyOf(args) {
    const answer = await this.say("privacy", args);
    if (answer) this.privacyAnswer = answer.text;
    this.repaint();
  },

  // The link of a guest's own page: told this once, and kept by nobody.
  async guestLink(person) {
    const answer = await fetch("/api/v1/guests/link", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": this.me.csrf },
      body: JSON.stringify({ person, hours: 24 }),
    }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) return this.tell("refused", told?.detail ?? "control does not answer; try again");
    const url = new URL(told.secret, location.href).href;
    return this.open({ kind: "link", key: "link", title: "A link for the guest", text: told.text, url });
  },

  async restore(site) {
    const answer = await this.say("restore-ask", site ? { site } : {});
    if (!answer) return;
    const url = answer.token ? `${location.origin}/restore#${answer.token}` : "";
    this.open({
      kind: "restore",
      key: "restore",
      title: `Restore ${site ? siteName(this, site) : "everything"}: it takes two`,
      text: answer.text,
      url,
      expires_s: answer.expires_s ?? 600,
    });
  },

  // An action of a card. What asks for a reason gets a field for it.
  act(action) {
    if (action.word === "extend") return this.openExtend("extend");
    if (action.word === "ready" && action.args?.join) return this.openPrice(action);
    if (action.needs_reason) {
      return this.open({
        kind: "reason",
        key: `reason-${action.word}`,
        title: action.label,
        what: action.about ?? action.word,
        then: async (reason) => {
          if (await this.say(action.word, action.args, { reason })) this.close();
        },
      });
    }
    if (action.word === "restore-ask") return this.restore(action.args?.site ?? "");
    if (action.word === "note") return this.openNote(action);
    if (action.weighed) return this.openPrice(action);
    return this.say(action.word, action.args ?? {});
  },

  openMessage(site) {
    this.open({ kind: "message", key: `message-${site}`, title: "Message", site, to: siteName(this, site) });
  },

  openNote(action) {
    this.open({ kind: "note", key: "note", title: action.label, text: action.args?.text ?? "" });
  },

  openPerson(person) {
    this.open({ kind: "person", key: `person-${person.id}`, title: `Correct ${person.name}`, person });
  },

  openLocks() {
    this.open({ kind: "locks", key: "locks", title: "Locks" });
  },

  takeOver(area, holder) {
    this.open({
      kind: "reason",
      key: `lock-${area}`,
      title: `Take ${area} over from ${holder}`,
      what: `${holder} is told, with your reason.`,
      label: "TAKE OVER",
      then: async (reason) => {
        if (await this.say("lock", { area }, { reason })) this.close();
      },
    });
  },

  openHelp() {
    this.learning = "";
    this.open({ kind: "help", key: "help", title: "Keys" });
  },

  // EXTEND: what it costs is asked for as it is typed, and comes with the plan it was shown for.
  openExtend(word, slot = this.view?.on_air) {
    if (!slot || !this.may(word)) return;
    this.open({ kind: "extend", key: word, word, title: `${word.toUpperCase()} ${slot.title}`, slot: slot.id, text: "", reason: "" });
  },

  extendBy(text) {
    const { dialog } = this;
    Object.assign(dialog, { text, plan: null, refused: "", stale: true });
    clearTimeout(dialog.timer);
    const args = extendArgs(dialog);
    if (args) dialog.timer = setTimeout(() => this.extendLook(dialog, args), LOOK_MS);
    this.repaint();
  },

  extendReason(text) {
    this.dialog.reason = text;
    this.repaint();
  },

  async extendLook(dialog, args) {
    const asked = dialog.text;
    try {
      const plan = await this.what(dialog.word, args);
      if (dialog.text !== asked) return;
      dialog.plan = plan;
      dialog.needsReason = plan.reflow.beyond_max_s > 0;
      dialog.stale = false;
      if (dialog.commit) {
        dialog.commit = false;
        this.repaint();
        return this.extendNow();
      }
    } catch (error) {
      if (!this.isRefusal(error)) throw error;
      if (dialog.text === asked) dialog.refused = error.message;
    }
    dialog.commit = false;
    this.repaint();
  },

  async extendNow() {
    const { dialog } = this;
    const args = extendArgs(dialog);
    if (!dialog.plan || dialog.stale || !args) return;
    const answer = await this.say(dialog.word, args, { reason: dialog.reason, saw: dialog.plan.version });
    if (answer) this.close();
    else if (this.dialog === dialog) this.extendBy(dialog.text); // shown anew, against the new plan
  },

  // What moves the running order is shown before it is done, and done to the plan it was shown for.
  async openPrice(action) {
    const dialog = { kind: "priced", key: `priced-${action.word}`, title: action.label, action };
    this.open(dialog);
    try {
      dialog.plan = await this.what(action.word, action.args);
    } catch (error) {
      if (!this.isRefusal(error)) throw error;
      dialog.refused = error.message;
    }
    this.repaint();
    // once it has been drawn: Enter belongs to the button that was dark until now
    requestAnimationFrame(() => document.querySelector("dialog.priced .go")?.focus());
  },

  async doPriced() {
    const { action, plan } = this.dialog;
    if (!plan) return;
    if (await this.say(action.word, action.args, { saw: plan.version })) this.close();
    else if (this.dialog?.action === action) this.openPrice(action);
  },

  // UNDO names what it would take back, and takes back just that.
  async openUndo() {
    if (this.dialog?.kind === "undo") return this.undoNow();
    const dialog = { kind: "undo", key: "undo", title: "Undo" };
    this.open(dialog);
    try {
      const answer = await this.what("undo");
      dialog.what = answer.text;
      dialog.seq = answer.args?.seq;
      dialog.plan = answer;
    } catch (error) {
      if (!this.isRefusal(error)) throw error;
      dialog.refused = error.message;
    }
    this.repaint();
  },

  async undoNow() {
    const { dialog } = this;
    if (!dialog.what) return;
    this.close();
    await this.say("undo", dialog.seq === undefined ? {} : { seq: dialog.seq });
  },

  async listen(on) {
    await this.monitors.listen(on);
    this.repaint();
  },

  async solo(feed, on) {
    if (!(await this.say("solo", { feed, on }))) return;
    if (on) await this.monitors.listen(true);
    this.monitors.hearFeed(on ? feed : "");
    this.repaint();
  },

  gainBy(by) {
    return this.say("fader", { place: this.place, by: `${by > 0 ? "+" : "-"}1 dB` });
  },

  // What a key meant.
  key(name, detail) {
    if (!this.view) return undefined;
    switch (name) {
      case "tile":
        return this.tileAt(detail);
      case "place":
        return this.nextPlace();
      case "layout":
        return this.hint("L: now a digit for the layout");
      case "layout-at": {
        const layout = this.view.scenes.layouts[detail - 1];
        return layout ? this.layout(layout.id) : this.tell("refused", `There is no layout ${detail}.`);
      }
      case "take":
        return this.say("take");
      case "cut":
        return this.say("transition", { transition: "cut" });
      case "mix":
        return this.say("transition", { transition: "mix 600ms" });
      case "stay":
        return this.say("stay", { on: !this.view.on_air?.is_staying });
      case "next":
      case "safe":
      case "blank":
      case "unblank":
      case "graphics-out":
      case "graphics-again":
        return this.say(name);
      case "privacy":
      case "privacy-now":
        return this.privacy();
      case "extend":
      case "shorten":
        return this.openExtend(name);
      case "undo":
        return this.openUndo();
      case "gain":
        this.gaining = !this.gaining;
        return this.hint(this.gaining ? `↑ ↓ change ${this.place}; A or Esc ends it` : "");
      case "arrow":
        return this.arrow(detail);
      case "ack": {
        const top = openCards(this)[0];
        if (!top) return this.hint("no incident to take");
        this.hint("K: 1-3 picks its action");
        return top.holder ? undefined : this.say("ack", { incident: top.id });
      }
      case "card-action": {
        const action = openCards(this)[0]?.actions?.[detail - 1];
        return action ? this.act(action) : this.tell("refused", `The top card has no action ${detail}.`);
      }
      case "rundown":
        if (this.screen !== 2) this.show(1);
        return requestAnimationFrame(() => document.querySelector(".order, .page.rundown .scroll")?.focus());
      case "find":
        this.show(1);
        return document.getElementById("find")?.focus();
      case "help":
        return this.openHelp();
      case "close":
        this.gaining = false;
        return this.hint("");
      case "holding":
        return this.hint(`${spoken(detail.code)}: hold for ${detail.name.toUpperCase()}`);
      case "held-too-short":
        return this.hint(`${detail.name.toUpperCase()} needs half a second`);
      case "once-more":
        return this.hint("X once more for PRIVACY");
    }
    return undefined;
  },

  hint(text) {
    this.hinted = text;
    clearTimeout(this.hintTimer);
    if (text) this.hintTimer = setTimeout(() => this.hint(""), 2500);
    this.repaint();
  },

  arrow(way) {
    if (this.gaining && (way === "Up" || way === "Down")) {
      this.gainBy(way === "Up" ? 1 : -1);
      return true;
    }
    if (this.screen !== 1) return false;
    const step = { Left: -1, Right: 1, Up: -A_ROW, Down: A_ROW }[way];
    const { tiles } = shown(this);
    const to = this.tile + step;
    if (to < 0 || to >= tiles.length) return true;
    this.tile = to;
    this.repaint();
    document.querySelector(`[data-feed="${CSS.escape(tiles[to].id)}"]`)?.focus();
    return true;
  },
};

function extendArgs({ text, slot }) {
  const said = text.trim().replace("−", "-");
  if (/^-?\d{1,3}$/.test(said)) return { slot, by: `${said}m` };
  if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(said)) return { slot, to: said };
  if (/^-?(\d+h)?(\d+m)?(\d+s)?$/.test(said) && /\d/.test(said)) return { slot, by: said };
  return null;
}
