// The viewer's page: puts player, controls and guide together. No inline script, no foreign host.

import { Controls } from "./controls.js";
import { Guide } from "./guide.js";
import { Player } from "./player.js";

const said = document.getElementById("said");

// One polite live region for everything that is worth saying once.
function say(text) {
  if (said.textContent !== text) said.textContent = text;
}

const guide = new Guide(say);
const player = new Player(document.getElementById("video"), "/hls/index.m3u8");
const controls = new Controls(player, guide, say);

player.addEventListener("change", () => controls.show());
guide.addEventListener("ended", () => player.end());
window.viewer = player; // for the console, and for tests

guide.run();
player.open();
controls.show();
