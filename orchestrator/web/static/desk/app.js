// What every part of a screen shares: the view, who I am, the line, the wishes, what is chosen.

import { Link } from "./link.js";
import { Monitors } from "./monitors.js";
import { Refused, Wishes } from "./wish.js";

export const STALE_S = 2;

export class App {
  constructor({ me, words, csrf, publicUrl }) {
    this.me = me;
    this.publicUrl = publicUrl;
    this.screen = 1;
    this.place = "";
    this.tile = 0;
    this.page = 0;
    this.order = "next"; // or "file"
    this.gaining = false;
    this.query = "";
    this.dialog = null;
    this.toasts = [];
    this.told = 0;
    this.past = null; // ten minutes of every feed, for who looks at the feeds
    this.repaint = () => {};
    this.monitors = new Monitors();
    this.wishes = new Wishes({
      words,
      csrf: () => csrf,
      versions: () => this.view?.versions ?? {},
      tell: (kind, text, word) => this.tell(kind, text, word),
    });
    this.entries = [];
    this.link = new Link({
      onview: () => this.heard(),
      onentry: (entry) => this.journalled(entry),
      onnotice: (notice) => this.tell("notice", notice.text),
      onstate: () => this.repaint(),
    });
  }

  get view() {
    return this.link.view;
  }

  get zone() {
    return this.view?.event.timezone ?? "UTC";
  }

  get isStale() {
    return this.link.age() > STALE_S;
  }

  // A length that the view gave, as it is now.
  left(seconds) {
    return seconds === null || seconds === undefined ? null : seconds - this.link.since();
  }

  may(word) {
    return this.wishes.may(word);
  }

  async say(word, args, options) {
    if (this.isStale && !["blank", "unblank", "privacy"].includes(word)) {
      this.tell("refused", "What you see is more than two seconds old; nothing was sent.", word);
      return null;
    }
    return this.wishes.say(word, args, options);
  }

  // Only what would happen. Throws Refused.
  async what(word, args, options = {}) {
    return this.wishes.ask(word, args, { ...options, dry: true });
  }

  isRefusal(error) {
    return error instanceof Refused;
  }

  heard() {
    const places = this.places();
    if (!places.includes(this.place)) this.place = places[0] ?? "";
    for (const notice of this.view.notices) {
      if (notice.seq > this.told && notice.to === this.me.name && this.told) {
        this.tell("notice", notice.text);
      }
    }
    this.told = Math.max(this.told, 1, ...this.view.notices.map((notice) => notice.seq));
    this.repaint();
  }

  journalled(entry) {
    this.entries.push(entry);
    if (this.entries.length > 500) this.entries.shift();
    this.repaint();
  }

  // The places of the layout in the preview, or on air while nothing is in it.
  places() {
    const layout = this.view?.preview?.layout ?? this.view?.programme.layout;
    const found = this.view?.scenes.layouts.find((one) => one.id === layout);
    return found ? found.places.map((place) => place.name) : [];
  }

  // A short line that goes by itself; refusals stay longer. Read out by screen readers.
  tell(kind, text, word = "") {
    const toast = { kind, text, word, key: `${Date.now()}.${Math.random()}` };
    this.toasts = [...this.toasts.slice(-3), toast];
    const stays = kind === "done" ? 4000 : kind === "notice" ? 15000 : 9000;
    setTimeout(() => {
      this.toasts = this.toasts.filter((one) => one !== toast);
      this.repaint();
    }, stays);
    this.repaint();
  }

  open(dialog) {
    this.dialog = dialog;
    this.repaint();
  }

  close() {
    this.dialog = null;
    // now, not with the next frame: a key that follows at once must not reach what had the focus
    const open = document.querySelector("dialog[open]");
    if (open?.contains(document.activeElement)) document.activeElement.blur();
    open?.close();
    this.repaint();
  }

  show(screen) {
    this.screen = screen;
    this.gaining = false;
    this.repaint();
  }
}
