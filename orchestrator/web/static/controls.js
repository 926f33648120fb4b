// Buttons, keys and what is written on the picture. Changes nothing by itself: asks the player.

const at = (id) => document.getElementById(id);
const VOLUME_STEP = 0.1;
const BEHIND_S = 8; // from here on "Go to live" is offered
const IDLE_MS = 3000;
const PATIENCE_MS = 1500; // a short wait is not worth a word

const MESSAGES = {
  starting: "Starting…",
  waiting: "One moment…",
  lost: "The connection was lost. Trying again…",
  ended: "The event has ended. Thank you for watching.",
  missing: "The player of this page has not been installed on the server, and this browser has none of its own.",
};

export class Controls {
  constructor(player, guide, say) {
    this.player = player;
    this.guide = guide;
    this.say = say;
    this.state = "";
    this.message = 0;
    this.idle = 0;
    this.#wire();
  }

  // Everything, as it is now.
  show() {
    const { player } = this;
    const { video } = player;
    if (player.state !== this.state) this.#enter(player.state);
    const isPaused = video.paused;
    label(at("play"), isPaused ? "Play" : "Pause", "k", isPaused ? "paused" : "playing");
    const isMuted = video.muted || video.volume === 0;
    label(at("mute"), isMuted ? "Sound on" : "Sound off", "m", isMuted ? "muted" : "sounding");
    const volume = String(Math.round(isMuted ? 0 : video.volume * 100));
    if (at("volume").value !== volume) at("volume").value = volume;
    at("sound-on").hidden = !isMuted || ["ended", "missing", "refused"].includes(player.state);
    at("start").hidden = player.state !== "refused";
    at("live").hidden = player.latency() < BEHIND_S || player.state === "ended";
    at("latency").textContent = this.#behind();
    this.#showQuality();
  }

  #behind() {
    const { state } = this.player;
    if (state === "paused") return "Paused";
    const shown = this.player.shownAt();
    if (state !== "playing" || !shown) return "";
    const behind = this.guide.behind_s(shown);
    return `${behind.isRough ? "about " : ""}${Math.max(0, behind.seconds).toFixed(1)} s behind live`;
  }

  #enter(state) {
    this.state = state;
    at("player").dataset.state = state;
    clearTimeout(this.message);
    const text = MESSAGES[state];
    if (state === "waiting") this.message = setTimeout(() => this.#write(text), PATIENCE_MS);
    else this.#write(text);
    at("message-link").hidden = state !== "missing";
    if (state === "lost" || state === "ended" || state === "missing") this.say(text);
  }

  #write(text) {
    at("message").hidden = !text;
    at("message-text").textContent = text || "";
  }

  #showQuality() {
    const { hls } = this.player;
    const select = at("quality");
    const levels = this.player.levels();
    select.hidden = levels.length < 2;
    if (!hls || select.hidden) return;
    const names = levels.map((level, index) => [index, `${level.height}p`]);
    names.sort((a, b) => levels[b[0]].height - levels[a[0]].height);
    const playing = levels[hls.currentLevel];
    names.unshift([-1, hls.autoLevelEnabled && playing ? `Auto (${playing.height}p)` : "Auto"]);
    const options = select.options;
    names.forEach(([value, name], index) => {
      if (!options[index]) select.add(new Option());
      if (options[index].text !== name) options[index].text = name;
      options[index].value = String(value);
    });
    while (options.length > names.length) select.remove(names.length);
    const chosen = String(hls.autoLevelEnabled ? -1 : hls.manualLevel);
    if (document.activeElement !== select) select.value = chosen;
  }

  #wire() {
    const { player } = this;
    at("play").addEventListener("click", () => this.#toggle());
    at("start").addEventListener("click", () => player.play());
    at("mute").addEventListener("click", () => this.#sound());
    at("sound-on").addEventListener("click", () => {
      this.#sound();
      at("mute").focus({ preventScroll: true }); // the button that was pressed is gone
    });
    at("volume").addEventListener("input", (event) => this.#volume(event.target.value / 100));
    at("live").addEventListener("click", () => {
      player.goLive();
      player.play();
    });
    at("quality").addEventListener("change", (event) => player.choose(Number(event.target.value)));
    at("help").addEventListener("click", () => at("keys").showModal());
    at("full").addEventListener("click", () => this.#full());
    at("stage").addEventListener("dblclick", () => this.#full());
    document.addEventListener("keydown", (event) => this.#key(event));
    for (const kind of ["pointermove", "pointerdown", "keydown"]) {
      document.addEventListener(kind, () => this.#awake());
    }
    document.addEventListener("fullscreenchange", () => {
      const isFull = Boolean(document.fullscreenElement);
      label(at("full"), isFull ? "Leave full screen" : "Full screen", "f", "");
      this.#awake();
    });
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || at("keys").open) return;
    const { tagName, type } = event.target;
    const isTyped = tagName === "SELECT" || tagName === "TEXTAREA" || (tagName === "INPUT" && type !== "checkbox");
    const act = {
      " ": () => this.#toggle(),
      k: () => this.#toggle(),
      m: () => this.#sound(),
      f: () => this.#full(),
      "?": () => at("keys").showModal(),
      ArrowUp: () => this.#volume(this.player.video.volume + VOLUME_STEP),
      ArrowDown: () => this.#volume(this.player.video.volume - VOLUME_STEP),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    // a button answers to Space itself, and a menu to arrows
    if (event.key === " " && ["BUTTON", "A", "SUMMARY"].includes(tagName)) return;
    if (isTyped && (event.key === " " || event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) act();
  }

  #toggle() {
    if (this.player.video.paused) this.player.play();
    else this.player.pause();
  }

  #sound() {
    const { video } = this.player;
    const isSilent = video.muted || video.volume === 0;
    video.muted = !isSilent;
    if (isSilent && video.volume === 0) video.volume = 1;
    this.say(isSilent ? "Sound on" : "Sound off");
  }

  #volume(volume) {
    const { video } = this.player;
    video.volume = Math.round(Math.min(1, Math.max(0, volume)) * 100) / 100;
    video.muted = video.volume === 0;
  }

  #full() {
    const { video } = this.player;
    const box = at("player");
    if (document.fullscreenElement) document.exitFullscreen();
    else if (box.requestFullscreen) box.requestFullscreen().catch(() => {});
    else if (video.webkitEnterFullscreen) video.webkitEnterFullscreen(); // iPhone
  }

  // In full screen the bar goes away when nothing moves.
  #awake() {
    at("player").classList.remove("idle");
    clearTimeout(this.idle);
    if (!document.fullscreenElement) return;
    this.idle = setTimeout(() => at("player").classList.add("idle"), IDLE_MS);
  }
}

function label(button, text, key, is) {
  if (button.getAttribute("aria-label") !== text) {
    button.setAttribute("aria-label", text);
    button.title = `${text} (${key})`;
  }
  if (is) button.dataset.is = is;
}
