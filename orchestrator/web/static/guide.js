// Now and next, from /now.json, in the viewer's language and in the zone that he chose.

import { ownZone, pick, place, time } from "./words.js";

const at = (id) => document.getElementById(id);
const EVERY_MS = 5000;
const HIDDEN_EVERY_MS = 30_000;
const OLD_MS = 30_000;
const ROUGH_MS = 2000;
const ZONE = "zone"; // in local storage
const MODES = { live: "Live", deferred: "Delayed", recorded: "Recorded" };

export class Guide extends EventTarget {
  constructor(say) {
    super();
    this.say = say;
    this.told = null; // the last answer
    this.told_ms = performance.now();
    this.skew_ms = 0; // the server's clock minus ours
    this.zone = remembered();
    this.announced = null;
    for (const input of at("zones").elements) {
      if (input.name !== "zone") continue;
      input.checked = input.value === this.zone;
      input.addEventListener("change", () => this.#choose(input.value));
    }
  }

  async run() {
    for (;;) {
      await this.#ask();
      this.#show();
      // spread out, or everybody who came with a link asks at once for ever
      const pause = (document.hidden ? HIDDEN_EVERY_MS : EVERY_MS) * (0.8 + 0.4 * Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  // How long ago `shown` was; rough if this computer's clock is wrong and we go by the server's.
  behind_s(shown) {
    const isRough = Math.abs(this.skew_ms) > ROUGH_MS;
    const now = Date.now() + (isRough ? this.skew_ms : 0);
    return { seconds: (now - shown) / 1000, isRough };
  }

  async #ask() {
    const asked = Date.now();
    try {
      const answer = await fetch("/now.json", { signal: AbortSignal.timeout(EVERY_MS) });
      if (!answer.ok) return;
      const told = await answer.json();
      const stamp = Date.parse(answer.headers.get("Date"));
      const age = 1000 * Number(answer.headers.get("Age") || 0);
      // HTTP dates are whole seconds: half a second late on the average
      if (stamp) this.skew_ms = stamp + age + 500 - (asked + Date.now()) / 2;
      this.told = told;
      this.told_ms = performance.now();
      if (told.ended) this.dispatchEvent(new Event("ended"));
    } catch {
      // the origin is away; what we know is shown for a while
    }
  }

  #choose(zone) {
    this.zone = zone;
    try {
      localStorage.setItem(ZONE, zone);
    } catch {
      // private windows may have no storage
    }
    this.#show();
  }

  #show() {
    const isOld = performance.now() - this.told_ms > OLD_MS;
    at("guide-note").hidden = !isOld;
    at("guide-note").textContent = isOld ? "The programme may have changed: no news from the server." : "";
    if (!this.told || !this.told.event) return;
    const { event, now, next } = this.told;
    this.#showEvent(event);
    const zone = this.zone === "event" ? event.timezone : ownZone();
    const instant = new Date(this.told.at);
    if (now) this.#showNow(now, zone, instant);
    else this.#showBetween(event, zone, instant);
    at("next").replaceChildren(...next.map((slot) => row(slot, zone, instant)));
  }

  #showEvent(event) {
    write(at("event"), pick(event.title));
    document.title = pick(event.title)[1];
    at("rehearsal").hidden = !event.rehearsal;
    at("zones").hidden = ownZone() === event.timezone;
    at("zone-own").textContent = place(ownZone());
    at("zone-event").textContent = place(event.timezone);
  }

  #showNow(slot, zone, instant) {
    const start = new Date(slot.start);
    const mode = at("mode");
    mode.textContent = MODES[slot.mode] || slot.mode;
    mode.dataset.mode = slot.mode;
    mode.hidden = false;
    at("now-times").replaceChildren(moment(start, zone, instant), " – ", slot.end ? moment(new Date(slot.end), zone, instant) : "open end");
    write(at("now-title"), pick(slot.title));
    write(at("now-place"), where(slot, instant));
    const progress = at("now-progress");
    progress.hidden = !slot.end;
    if (slot.end) progress.value = (instant - start) / (new Date(slot.end) - start);
    if (this.announced !== slot.id) {
      if (this.announced !== null) this.say(`Now: ${pick(slot.title)[1]}`);
      this.announced = slot.id;
    }
  }

  // Before, after, or a gap.
  #showBetween(event, zone, instant) {
    const start = new Date(event.start);
    const isBefore = instant < start;
    at("mode").hidden = true;
    at("now-progress").hidden = true;
    at("now-place").textContent = "";
    at("now-times").replaceChildren(...(isBefore ? [moment(start, zone, instant)] : []));
    const text = isBefore ? "Not yet begun" : this.told.ended || instant >= new Date(event.end) ? "The event has ended" : "In a moment";
    write(at("now-title"), ["en", text]);
  }
}

function row(slot, zone, instant) {
  const item = document.createElement("li");
  const text = document.createElement("div");
  const title = document.createElement("p");
  const site = document.createElement("p");
  title.dir = site.dir = "auto";
  site.className = "quiet";
  write(title, pick(slot.title));
  write(site, where(slot, instant));
  text.append(title, site);
  item.append(moment(new Date(slot.start), zone, instant), text);
  return item;
}

function moment(when, zone, instant) {
  const element = document.createElement("time");
  element.dateTime = when.toISOString();
  element.textContent = time(when, zone, instant);
  return element;
}

// [language, "Sahyadri Institute, Mumbai · 11:24 there"]
function where(slot, instant) {
  if (!slot.site) return ["", ""];
  const [language, title] = pick(slot.site.title);
  const names = [title, slot.site.city].filter((name, index, all) => name && all.indexOf(name) === index);
  return [language, `${names.join(", ")} · ${time(instant, slot.site.timezone, instant)} there`];
}

function write(element, [language, text]) {
  element.textContent = text;
  if (language) element.lang = language;
  else element.removeAttribute("lang");
}

function remembered() {
  try {
    return localStorage.getItem(ZONE) === "event" ? "event" : "own";
  } catch {
    return "own";
  }
}
