// The viewer's page: buttons, keys and words around the player and the guide.

import { Chapters } from "./chapters.js";
import { Dvr } from "./dvr.js";
import { Guide } from "./guide.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";

const IDLE_MS = 3000;
const STEP_S = 10;
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

const dvr = new Dvr(() => timeline.draw());
const player = new Player(video, "/hls/", dvr, (state) => {
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
const timeline = new Timeline(
  {
    box: at("timeline"),
    seek: at("seek"),
    marks: at("marks"),
    bubble: at("bubble"),
    picture: at("bubble-picture"),
    time: at("bubble-time"),
    name: at("bubble-name"),
  },
  player,
  dvr,
  (when) => guide.clock(when),
);
const chapters = new Chapters({ head: at("earlier-head"), list: at("earlier") }, player, dvr, (when) =>
  guide.time(new Date(when)),
);

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
  at("latency").textContent = late === null ? "" : behind(late);
  timeline.draw();
  chapters.draw();
}

function behind(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s behind`;
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const hours = seconds < 3600 ? "" : `${Math.floor(seconds / 3600)}:`;
  return `−${hours}${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
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
    if (video.paused) player.resume();
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
  back: () => timeline.by(-STEP_S),
  on: () => timeline.by(STEP_S),
  backSlot: () => timeline.bySlot(-1),
  onSlot: () => timeline.bySlot(1),
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
// before the first picture only: between two playlists it would be a picture of another time
video.addEventListener("playing", () => video.removeAttribute("poster"), { once: true });
for (const name of ["play", "pause", "volumechange"]) video.addEventListener(name, drawButtons);

const KEYS = {
  " ": "play", k: "play", m: "mute", l: "live", f: "full", t: "zone", "?": "help",
  ArrowUp: "louder", ArrowDown: "quieter", ArrowLeft: "back", ArrowRight: "on",
};
const SHIFTED = { ArrowLeft: "backSlot", ArrowRight: "onSlot", "?": "help" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
  // on a control, keys belong to the control
  if (event.target.closest("select, input") || (event.key === " " && event.target.closest("button, a"))) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = (event.shiftKey && SHIFTED[key]) || KEYS[key];
  if (!act || (event.repeat && !key.startsWith("Arrow")) || (event.key.startsWith("Arrow") && event.target.closest(".guide"))) return;
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
