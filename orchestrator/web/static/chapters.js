// What was on earlier and can be seen again: a list to jump from, the newest first.

import { pick } from "./texts.js";

export class Chapters {
  /** `elements`: head, list. `time` writes an instant as text. */
  constructor(elements, player, dvr, time) {
    Object.assign(this, elements);
    this.player = player;
    this.dvr = dvr;
    this.time = time;
    this.drawn = "";
  }

  draw() {
    const slots = this.dvr.start === null ? [] : [...this.dvr.slots].sort((a, b) => b.start - a.start);
    const at = this.player.isLookingBack ? this.player.instant() : null;
    const watched = at === null ? undefined : this.dvr.slotAt(at);
    this.head.hidden = !slots.length;
    // times too: they follow the choice of the time zone
    const wanted = JSON.stringify(slots.map((slot) => [slot.id, slot.start, this.time(slot.start)]));
    if (wanted !== this.drawn) {
      this.drawn = wanted;
      this.list.replaceChildren(...slots.map((slot) => this.item(slot)));
    }
    [...this.list.children].forEach((item, i) => {
      const button = item.firstElementChild;
      if (slots[i] === watched) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  item(slot) {
    const [language, text] = pick(slot.title);
    const [item, button, time, name] = ["li", "button", "span", "span"].map((tag) => document.createElement(tag));
    button.type = "button";
    button.className = "chapter";
    time.className = "times";
    time.textContent = this.time(slot.start);
    name.className = "next-title";
    Object.assign(name, { textContent: text, lang: language, dir: "auto" });
    button.append(time, name);
    button.addEventListener("click", () => this.player.seekTo(slot.start));
    item.append(button);
    return item;
  }
}
