// Now and next, in the viewer's time zone or the event's. Builds text nodes only, never markup.

import { pick } from "./texts.js";

const POLL_MS = 8000;
const BADGES = { live: "Live", deferred: "Delayed", recorded: "Recorded" };

export class Guide {
  constructor(elements) {
    this.elements = elements;
    this.day = null;
    this.useEventZone = recall("zone") === "event";
    this.ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.announced = undefined;
    elements.zone.addEventListener("click", () => this.toggleZone());
    this.poll();
  }

  async poll() {
    try {
      const answer = await fetch("/now.json");
      if (answer.ok) {
        this.day = await answer.json();
        this.draw();
      }
    } catch {
      // the guide keeps what it has; the player says if the line is down
    }
    setTimeout(() => this.poll(), POLL_MS + Math.random() * 2000);
  }

  toggleZone() {
    this.useEventZone = !this.useEventZone;
    remember("zone", this.useEventZone ? "event" : "own");
    this.draw();
  }

  get zone() {
    return this.useEventZone && this.day && this.day.event ? this.day.event.timezone : this.ownZone;
  }

  draw() {
    const { zone, now, next, nextHead } = this.elements;
    const { day } = this;
    if (!day) return;
    if (day.event) this.drawEvent(day.event);
    zone.hidden = !day.event || day.event.timezone === this.ownZone;
    zone.textContent = this.useEventZone ? `Event time, ${city(this.zone)}` : `Your time, ${city(this.zone)}`;
    now.replaceChildren(...this.nowLines(day));
    next.replaceChildren(...day.next.map((slot) => this.nextItem(slot)));
    nextHead.hidden = !day.next.length;
    this.announce(day);
    this.drawProgress(day);
  }

  drawEvent(event) {
    const { title, rehearsal } = this.elements;
    const [language, text] = pick(event.title);
    title.textContent = text;
    title.lang = language;
    document.title = text;
    rehearsal.hidden = !event.rehearsal;
  }

  /** For screen readers: said once a slot, however often the guide is drawn. */
  announce(day) {
    const id = day.now && day.now.id;
    if (id === this.announced) return;
    if (this.announced !== undefined && day.now) {
      this.elements.announcement.textContent = `Now: ${pick(day.now.title)[1]}`;
    }
    this.announced = id;
  }

  nowLines(day) {
    if (day.ended) return [element("p", "now-title", "This event has ended.")];
    if (!day.now) {
      const first = day.next[0];
      const text = first ? `Begins at ${this.time(first.start)}` : "No programme at the moment";
      return [element("p", "now-title", text)];
    }
    const slot = day.now;
    const line = element("p", "now-line");
    line.append(
      element("span", `pill badge badge-${slot.mode}`, BADGES[slot.mode] || slot.mode),
      element("span", "times", this.span(slot)),
    );
    const lines = [line, titled("h3", "now-title", slot.title)];
    if (slot.site) lines.push(element("p", "place", this.place(slot.site)));
    const progress = element("progress", "progress");
    progress.setAttribute("aria-label", "Elapsed");
    progress.max = 1;
    lines.push(progress);
    return lines;
  }

  nextItem(slot) {
    const item = element("li");
    item.append(element("span", "times", this.time(slot.start)), titled("span", "next-title", slot.title));
    if (slot.site) item.append(element("span", "place", siteName(slot.site)));
    return item;
  }

  drawProgress(day) {
    const progress = this.elements.now.querySelector("progress");
    if (!progress || !day.now) return;
    const [at, start] = [Date.parse(day.at), Date.parse(day.now.start)];
    progress.hidden = !day.now.end;
    if (day.now.end) progress.value = (at - start) / (Date.parse(day.now.end) - start);
  }

  span(slot) {
    return slot.end ? `${this.time(slot.start)} – ${this.time(slot.end)}` : `since ${this.time(slot.start)}`;
  }

  time(iso) {
    const date = new Date(iso);
    const clock = { hour: "2-digit", minute: "2-digit", timeZone: this.zone };
    const dayOf = (instant) => instant.toLocaleDateString("en-CA", { timeZone: this.zone });
    const isToday = dayOf(date) === dayOf(this.day ? new Date(this.day.at) : new Date());
    return date.toLocaleTimeString(undefined, isToday ? clock : { ...clock, weekday: "short" });
  }

  /** An instant (epoch ms) to the second, for the seek bar. */
  clock(when) {
    const shape = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: this.zone };
    return new Date(when).toLocaleTimeString(undefined, shape);
  }

  place(site) {
    const there = new Date(this.day.at).toLocaleTimeString(undefined, {
      hour: "2-digit", minute: "2-digit", timeZone: site.timezone,
    });
    return `${siteName(site)} · ${there} there`;
  }
}

function siteName(site) {
  const [, name] = pick(site.title);
  return site.city && !name.includes(site.city) ? `${name}, ${site.city}` : name;
}

function titled(tag, className, texts) {
  const [language, text] = pick(texts);
  const made = element(tag, className, text);
  made.lang = language;
  return made;
}

// Where the browser refuses storage, asking for it throws.
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // forgotten with the page, then
  }
}

function city(zone) {
  return zone.split("/").pop().replaceAll("_", " ");
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) {
    made.textContent = text;
    made.dir = "auto";
  }
  return made;
}
