// The viewer's page: buttons, keys and words around the player and the guide.

import { Guide } from "./guide.js";
import { Player } from "./player.js";

const IDLE_MS = 3000;
const MESSAGES = {
  starting: "Connecting…",
  playing: "",
  reconnecting: "Connection lost. Trying again…",
  ended: "This event has ended.",
  "no-player": window.Hls
    ? "This browser cannot play the stream."
    : "The player is missing on this server (npm run build), and this browser has none of its own.",
};

const at = (id) => document.getElementById(id);
const [stage, video] = [at("stage"), at("video")];

const player = new Player(video, "/hls/index.m3u8", (state) => {
  at("message").textContent = MESSAGES[state];
});
const guide = new Guide({
  title: at("title"),
  rehearsal: at("rehearsal"),
  zone: at("zone"),
  now: at("now"),
  next: at("next"),
  nextHead: at("next-head"),
  announcement: at("announcement"),
});

function drawButtons() {
  stage.classList.toggle("is-paused", video.paused);
  stage.classList.toggle("is-loud", !video.muted && video.volume > 0);
  at("play").setAttribute("aria-label", video.paused ? "Play" : "Pause");
  at("mute").setAttribute("aria-label", video.muted ? "Turn sound on" : "Turn sound off");
  at("mute").setAttribute("aria-pressed", String(video.muted));
  at("volume").value = video.muted ? 0 : Math.round(video.volume * 100);
  at("unmute").hidden = !video.muted || video.paused;
}

function drawLatency() {
  const late = player.latency();
  const isLive = player.isLive();
  at("live").classList.toggle("is-live", isLive);
  at("live-word").textContent = isLive ? "Live" : "Go live";
  at("latency").textContent = late === null ? "" : `${late.toFixed(1)} s behind`;
}

function drawLevels() {
  const levels = player.levels();
  const select = at("quality");
  const { hls } = player;
  at("quality-box").hidden = !hls;
  stage.classList.toggle("is-sound-only", player.isSoundOnly);
  if (player.isSoundOnly) {
    select.replaceChildren(new Option("Picture and sound", -1), new Option("Sound only", "sound", false, true));
    return;
  }
  const playing = hls && hls.levels[hls.currentLevel];
  const auto = playing ? `Auto (${playing.height}p)` : "Auto";
  const options = [[-1, auto], ...levels.map(([index, height]) => [index, `${height}p`])];
  const chosen = hls && !hls.autoLevelEnabled ? hls.manualLevel : -1;
  options.push(["sound", "Sound only"]);
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value, false, value === chosen)));
}
player.onLevels = drawLevels;

const acts = {
  play: () => {
    if (video.paused) player.goLive();
    else video.pause();
  },
  mute: () => {
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 0.8;
  },
  live: () => player.goLive(),
  full: () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (stage.requestFullscreen) stage.requestFullscreen();
    else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen();
  },
  zone: () => guide.toggleZone(),
  help: () => at("keys").showModal(),
  louder: () => setVolume(video.volume + 0.1),
  quieter: () => setVolume(video.volume - 0.1),
};

function setVolume(volume) {
  video.volume = Math.min(1, Math.max(0, volume));
  video.muted = video.volume === 0;
}

for (const id of ["play", "mute", "live", "full", "help"]) at(id).addEventListener("click", acts[id]);
at("unmute").addEventListener("click", acts.mute);
at("volume").addEventListener("input", (event) => setVolume(event.target.value / 100));
at("quality").addEventListener("change", (event) => {
  const { value } = event.target;
  if (value === "sound" || player.isSoundOnly) player.playSoundOnly(value === "sound");
  else if (player.hls) player.hls.nextLevel = Number(value);
});
video.addEventListener("click", acts.play);
video.addEventListener("dblclick", acts.full);
for (const name of ["play", "pause", "volumechange"]) video.addEventListener(name, drawButtons);

const KEYS = { " ": "play", k: "play", m: "mute", l: "live", f: "full", t: "zone", "?": "help", ArrowUp: "louder", ArrowDown: "quieter" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || at("keys").open) return;
  // on a control, keys belong to the control
  if (event.target.closest("select, input") || (event.key === " " && event.target.closest("button, a"))) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || (event.key.startsWith("Arrow") && event.target.closest(".guide"))) return;
  event.preventDefault();
  acts[act]();
  wake();
});

let idle = 0;
function wake() {
  stage.classList.remove("is-idle");
  clearTimeout(idle);
  idle = setTimeout(() => stage.classList.toggle("is-idle", !video.paused), IDLE_MS);
}
for (const name of ["pointermove", "pointerdown", "focusin"]) stage.addEventListener(name, wake);

window.viewer = player;
player.start();
drawButtons();
setInterval(drawLatency, 500);
wake();
