// The keys of the desk, by their place on the keyboard (`event.code`), whatever is printed on them.
//
// `Keys` decides what a key means; the clock and the timers are handed in, so the rules can be
// tried without waiting. Nothing here acts: `act(name)` does.
//
//   once     on the press, never on its repeats
//   hold     held for half a second
//   double   the second press within 0.8 s

const HOLD_MS = 500;
const DOUBLE_MS = 800;
const TAKE_AGAIN_MS = 1000;
const AFTER_MS = 2500;

export const KEYS = [
  { name: "tile", code: "Digit1…8", fixed: true, says: "source into the chosen place of the preview; with Shift: second row" },
  { name: "place", code: "KeyP", says: "choose the place of the preview" },
  { name: "layout", code: "KeyL", says: "then a digit: layout of the preview" },
  { name: "take", code: "Space", says: "TAKE" },
  { name: "cut", code: "KeyC", says: "transition: cut" },
  { name: "mix", code: "KeyM", says: "transition: mix" },
  { name: "next", code: "KeyN", how: "hold", says: "NEXT (hold)" },
  { name: "stay", code: "KeyH", says: "STAY on, off" },
  { name: "extend", code: "KeyE", says: "EXTEND: by minutes or to a time" },
  { name: "shorten", code: "Shift+KeyE", says: "SHORTEN" },
  { name: "safe", code: "KeyS", how: "hold", says: "SAFE (hold)" },
  { name: "blank", code: "KeyB", how: "hold", says: "BLANK (hold)" },
  { name: "unblank", code: "Shift+KeyB", how: "hold", says: "un-blank (hold)" },
  { name: "privacy", code: "KeyX", how: "double", says: "PRIVACY (twice)" },
  { name: "privacy-now", code: "Shift+KeyX", says: "PRIVACY" },
  { name: "graphics-out", code: "KeyG", says: "all graphics out" },
  { name: "graphics-again", code: "Shift+KeyG", says: "last graphics in again" },
  { name: "gain", code: "KeyA", says: "then ↑ ↓: gain of the chosen place, 1 dB" },
  { name: "ack", code: "KeyK", says: "take the top card; then 1-3: its action" },
  { name: "undo", code: "KeyU", says: "undo, after reading what" },
  { name: "rundown", code: "KeyR", says: "to the running order" },
  { name: "find", code: "Slash", says: "find a source" },
  { name: "help", code: "Shift+Slash", says: "keys, and changing them" },
];

export class Keys {
  // `now` in ms; `later(fn, ms)` gives something `never(it)` takes back.
  constructor({ act, now, later, never, isOn, map = {} }) {
    Object.assign(this, { act, now, later, never, isOn });
    this.holds = new Map();
    this.firstMs = -Infinity;
    this.takenMs = -Infinity;
    this.after = null;
    this.map(map);
  }

  map(changed) {
    this.changed = changed;
    this.byCode = new Map();
    for (const key of KEYS) {
      const code = changed[key.name] ?? key.code;
      if (!key.fixed && code) this.byCode.set(code, key);
    }
  }

  code(name) {
    return this.changed[name] ?? KEYS.find((key) => key.name === name)?.code ?? "";
  }

  // What `event` meant; true if it was for us, and the browser should do nothing with it.
  down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (!this.isOn(event)) return false;
    if (event.code === "Escape") {
      this.after = null;
      this.act("close");
      return true;
    }
    if (event.code.startsWith("Arrow")) {
      return this.act("arrow", event.code.slice(5)) === true;
    }
    const digit = /^Digit([1-8])$/.exec(event.code);
    if (digit) return this.digit(Number(digit[1]), event);
    const key = this.byCode.get((event.shiftKey ? "Shift+" : "") + event.code);
    if (!key) return false;
    if (event.repeat) return true;
    if (key.how === "hold") this.hold(key, event.code);
    else if (key.how === "double") this.twice(key);
    else if (key.name === "take") this.take();
    else if (key.name === "layout" || key.name === "ack") {
      this.after = { name: key.name, ms: this.now() };
      this.act(key.name);
    } else this.act(key.name);
    return true;
  }

  up(event) {
    const held = this.holds.get(event.code);
    if (held === undefined) return;
    this.never(held.timer);
    this.holds.delete(event.code);
    if (!held.done) this.act("held-too-short", held.key);
  }

  // Focus lost, a dialog opened: what was begun is not finished.
  forget() {
    for (const { timer } of this.holds.values()) this.never(timer);
    this.holds.clear();
    this.firstMs = -Infinity;
    this.after = null;
  }

  digit(number, event) {
    if (event.repeat) return true;
    const after = this.after;
    this.after = null;
    if (after && this.now() - after.ms < AFTER_MS) {
      if (after.name === "layout") this.act("layout-at", number);
      else if (number <= 3) this.act("card-action", number);
      return true;
    }
    this.act("tile", number + (event.shiftKey ? 8 : 0));
    return true;
  }

  hold(key, code) {
    if (this.holds.has(code)) return;
    const held = { key, done: false };
    held.timer = this.later(() => {
      held.done = true;
      this.act(key.name);
    }, HOLD_MS);
    this.holds.set(code, held);
    this.act("holding", key);
  }

  twice(key) {
    const now = this.now();
    if (now - this.firstMs <= DOUBLE_MS) {
      this.firstMs = -Infinity;
      this.act(key.name);
    } else {
      this.firstMs = now;
      this.act("once-more", key);
    }
  }

  take() {
    const now = this.now();
    if (now - this.takenMs < TAKE_AGAIN_MS) return;
    this.takenMs = now;
    this.act("take");
  }
}

const KEY = "desk-keys";

export function remembered() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { off: stored.off === true, map: typeof stored.map === "object" ? stored.map ?? {} : {} };
  } catch {
    return { off: false, map: {} };
  }
}

export function remember(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // a browser that keeps nothing forgets it with the page
  }
}

// `KeyN` as people call it.
export function spoken(code) {
  return code
    .replace("Shift+", "⇧ ")
    .replace(/Key|Digit/, "")
    .replace("Slash", "/")
    .replace("⇧ /", "?");
}
