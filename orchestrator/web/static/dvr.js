// How far back a viewer may go, and what was on: `/dvr.json`, asked again and again.

const POLL_MS = 5000;
const THUMBS_MS = 10_000;

export class Dvr {
  constructor(onNews) {
    this.onNews = onNews;
    this.start = null; // epoch ms of the oldest picture; null while nothing is kept
    this.end = null;
    this.slots = []; // [{id, title, kind, start, end}], times in epoch ms, `end` null if it runs
    this.thumbs = []; // [epoch ms, address], oldest first
    this.thumbsAsked = -Infinity;
    this.poll();
  }

  async poll() {
    try {
      const answer = await fetch("/dvr.json");
      if (answer.ok) this.take(await answer.json());
    } catch {
      // it keeps what it has; the player says if the line is down
    }
    setTimeout(() => this.poll(), POLL_MS + Math.random() * 1000);
  }

  take(told) {
    this.start = instant(told.start);
    this.end = instant(told.end);
    this.slots = told.slots.map((slot) => ({ ...slot, start: instant(slot.start), end: instant(slot.end) }));
    this.onNews();
  }

  /** The address of the picture at an instant, or undefined. Asked for only by who looks. */
  thumbAt(when) {
    if (performance.now() - this.thumbsAsked > THUMBS_MS) this.askThumbs();
    const found = this.thumbs.findLast(([at]) => at <= when);
    return found && found[1];
  }

  async askThumbs() {
    this.thumbsAsked = performance.now();
    try {
      const answer = await fetch("/hls/thumbs.json");
      if (!answer.ok) return;
      const { pictures } = await answer.json();
      this.thumbs = pictures.map(([at, uri]) => [at, `/hls/${uri}`]);
    } catch {
      // the bubble goes without
    }
  }

  /** What was on at an instant, or undefined. Of two the later one: it has cut the earlier short. */
  slotAt(when) {
    return this.slots.findLast((slot) => slot.start <= when && (slot.end === null || when < slot.end));
  }
}

function instant(text) {
  return text ? Date.parse(text) : null;
}
