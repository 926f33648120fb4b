// What cannot wait: a sound, and a corner of whatever screen is open, until somebody takes it.

import { h } from "./dom.js";
import { card } from "./cards.js";

const AGAIN_MS = 8000;

export class Alarm {
  constructor() {
    this.rangMs = -Infinity;
    this.known = new Set();
    this.rings = 0;
  }

  // The browser lets nothing be heard before somebody has pressed something in the page.
  get isMute() {
    return navigator.userActivation ? !navigator.userActivation.hasBeenActive : false;
  }

  // Rings for a card that says now and is nobody's: at once, and again until it is somebody's.
  look(cards, nowMs) {
    const open = cards.filter((one) => one.grade === "now" && !one.holder && !one.over);
    const isNew = open.some((one) => !this.known.has(one.id));
    this.known = new Set(open.map((one) => one.id));
    if (open.length && (isNew || nowMs - this.rangMs > AGAIN_MS)) {
      this.rangMs = nowMs;
      this.ring();
    }
  }

  ring() {
    if (this.isMute) {
      this.rangMs = -Infinity; // it rings as soon as it can be heard
      return;
    }
    this.rings += 1;
    this.context ??= new AudioContext();
    for (const [i, pitch] of [880, 660].entries()) {
      const at = this.context.currentTime + i * 0.18;
      const tone = this.context.createOscillator();
      const loud = this.context.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
      tone.connect(loud).connect(this.context.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    }
  }
}

export function corner(app) {
  if (app.screen === 1 || !app.view) return null;
  const one = app.view.incidents.find((card) => card.grade === "now" && !card.holder && !card.over);
  return one ? h("div", { class: "corner", key: "corner", role: "alert" }, card(app, one, 0)) : null;
}
