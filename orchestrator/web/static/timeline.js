// The seek bar over everything that can be seen again: a range input that a keyboard and a screen
// reader can use, with the slots marked on it and a bubble that tells what lies under the pointer.

import { pick } from "./texts.js";

const STEP_S = 10;
const PAGE_S = 60;
const KEYS = {
  ArrowLeft: -STEP_S,
  ArrowDown: -STEP_S,
  ArrowRight: STEP_S,
  ArrowUp: STEP_S,
  PageDown: -PAGE_S,
  PageUp: PAGE_S,
};
const HALF_BUBBLE_PX = 84;

export class Timeline {
  /** `elements`: box, seek, marks, bubble, picture, time, name. `clock` writes an instant as time. */
  constructor(elements, player, dvr, clock) {
    Object.assign(this, elements);
    this.player = player;
    this.dvr = dvr;
    this.clock = clock;
    this.isHeld = false;
    this.marked = "";
    this.told = ""; // the slot that was last named
    const { seek, box } = this;
    seek.addEventListener("input", () => this.preview(Number(seek.value) * 1000, true));
    seek.addEventListener("change", () => this.release());
    // let go where it was taken up, it does not tell of a change
    seek.addEventListener("pointerup", () => setTimeout(() => this.isHeld && this.release()));
    seek.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("pointermove", (event) => this.preview(this.under(event.clientX)));
    for (const name of ["pointerleave", "pointercancel"]) box.addEventListener(name, () => this.hide());
    seek.addEventListener("blur", () => this.hide());
    this.picture.addEventListener("error", () => {
      this.picture.hidden = true;
    });
  }

  /** True while there is something to go back to. */
  get isThere() {
    return this.dvr.start !== null && this.player.edge() !== null;
  }

  draw() {
    this.box.hidden = !this.isThere;
    if (this.box.hidden || this.isHeld) return;
    const [from, to] = [this.dvr.start / 1000, this.player.edge() / 1000];
    const at = this.player.isLive() ? to : (this.player.instant() || to * 1000) / 1000;
    Object.assign(this.seek, { min: from, max: to, value: at });
    this.box.style.setProperty("--played", `${(100 * (at - from)) / (to - from)}%`);
    // while it is being listened to, only when another slot begins: a screen reader would say every
    // second of it
    const isNews = this.told !== nameOf(this.dvr.slotAt(at * 1000));
    if (document.activeElement !== this.seek || isNews) this.tell(at * 1000);
    this.mark(from, to);
  }

  /** A notch where each slot begins. */
  mark(from, to) {
    const starts = this.dvr.slots.map((slot) => slot.start / 1000).filter((start) => start > from + 1);
    const places = starts.map((start) => `${((100 * (start - from)) / (to - from)).toFixed(2)}%`);
    if (places.join() === this.marked) return;
    this.marked = places.join();
    this.marks.replaceChildren(
      ...places.map((place) => {
        const notch = document.createElement("i");
        notch.style.left = place;
        return notch;
      }),
    );
  }

  /** An instant in words: when, what, how long ago. */
  words(when) {
    const name = nameOf(this.dvr.slotAt(when));
    const title = name && `, ${name}`;
    if (this.player.isLive() && !this.isHeld) return `live${title}`;
    return `${this.clock(when)}${title}, ${this.ago(when)}`;
  }

  ago(when) {
    const seconds = Math.max(0, Math.round((this.player.edge() - when) / 1000));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const said = [plural(hours, "hour"), plural(minutes, "minute")].filter(Boolean);
    return `${said.join(" ") || plural(seconds, "second") || "0 seconds"} behind live`;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.player.seekTo(this.dvr.start);
    else if (event.key === "End") this.player.goLive();
    else if (event.shiftKey && event.key === "ArrowLeft") this.bySlot(-1);
    else if (event.shiftKey && event.key === "ArrowRight") this.bySlot(1);
    else if (KEYS[event.key]) this.by(KEYS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
    this.tell(this.player.instant() || this.player.edge());
  }

  /** So many seconds on from where we are. */
  by(seconds) {
    const at = this.player.instant();
    if (this.isThere && at !== null) this.player.seekTo(at + seconds * 1000);
  }

  /** To the start of this slot or of the one before; to the next one. */
  bySlot(direction) {
    const at = this.player.instant();
    if (!this.isThere || at === null) return;
    const starts = this.dvr.slots.map((slot) => slot.start).sort((a, b) => a - b);
    const next = direction < 0 ? starts.findLast((start) => start < at - 3000) : starts.find((start) => start > at);
    if (next !== undefined) this.player.seekTo(next);
    else if (direction < 0) this.player.seekTo(this.dvr.start);
    else this.player.goLive();
  }

  release() {
    this.isHeld = false;
    this.hide();
    this.player.seekTo(Number(this.seek.value) * 1000);
    this.draw();
    this.tell(this.player.instant() || this.player.edge()); // not all of the bar can be played
  }

  under(x) {
    const { left, width } = this.seek.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (x - left) / width));
    const [from, to] = [Number(this.seek.min), Number(this.seek.max)];
    return (from + share * (to - from)) * 1000;
  }

  preview(when, isHeld = this.isHeld) {
    if (isHeld !== this.isHeld) this.isHeld = isHeld;
    const [from, to] = [Number(this.seek.min) * 1000, Number(this.seek.max) * 1000];
    const { width } = this.box.getBoundingClientRect();
    const share = (when - from) / (to - from);
    const half = Math.min(HALF_BUBBLE_PX, width / 2);
    this.bubble.hidden = false;
    this.bubble.style.left = `${Math.min(width - half, Math.max(half, share * width))}px`;
    this.time.textContent = this.clock(when);
    this.show(this.dvr.thumbAt(when));
    this.name.textContent = nameOf(this.dvr.slotAt(when));
    if (isHeld) {
      this.box.style.setProperty("--played", `${100 * share}%`);
      this.tell(when);
    }
  }

  /** The picture in the bubble. What has been taken back since is no longer there: then none. */
  show(address) {
    if (address === this.shown) return;
    this.shown = address;
    this.picture.hidden = !address;
    if (address) this.picture.src = address;
  }

  tell(when) {
    this.told = nameOf(this.dvr.slotAt(when));
    this.seek.setAttribute("aria-valuetext", this.words(when));
  }

  hide() {
    if (!this.isHeld) this.bubble.hidden = true;
  }
}

/** What a slot is called, in the viewer's language. */
function nameOf(slot) {
  return slot ? pick(slot.title)[1] : "";
}

function plural(count, noun) {
  return count ? `${count} ${noun}${count === 1 ? "" : "s"}` : "";
}
