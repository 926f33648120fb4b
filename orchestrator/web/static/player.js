// Keeps the stream playing, whatever happens: hls.js where there is MSE, the browser's own HLS
// elsewhere. Recovers by itself; tells the page what to say through `onState`.

const WATCHDOG_MS = 1000;
const STUCK_MS = 8000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 5000];
const AWAY_S = 10;
// Further behind than this it jumps. hls.js plays faster only up to twice PART-HOLD-BACK and a target
// duration (5.2 s): a limit above that leaves a gap in which a late viewer stays late.
const MAX_LATENCY_S = 5;

// hls.js never catches up by default, and gives up for good on one refused connection.
const HLS_OPTIONS = {
  workerPath: "/static/hls.worker.js",
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.3,
  liveSyncOnStallIncrease: 0.5,
  backBufferLength: 30,
  capLevelToPlayerSize: true, // a phone need not decode what it cannot show; a choice by hand may
};

export class Player {
  /** States: "starting", "playing", "reconnecting", "ended", "no-player". */
  constructor(video, url, onState) {
    this.video = video;
    this.url = url;
    this.pictures = url;
    this.hls = null;
    this.onState = onState;
    this.onLevels = () => {};
    this.state = "";
    this.failures = 0;
    this.lastTime = 0;
    this.lastMoved = performance.now();
    video.addEventListener("error", () => this.nativeFailed());
    video.addEventListener("playing", () => this.setState("playing"));
    video.addEventListener("ended", () => this.setState("ended"));
    for (const name of ["play", "pause"]) video.addEventListener(name, () => this.limitLateness());
    document.addEventListener("visibilitychange", () => this.cameBack());
    setInterval(() => this.watch(), WATCHDOG_MS);
  }

  start() {
    this.setState("starting");
    if (window.Hls && window.Hls.isSupported()) {
      this.startHls();
    } else if (this.video.canPlayType("application/vnd.apple.mpegurl")) {
      this.startNative();
    } else {
      this.setState("no-player");
    }
  }

  startHls() {
    if (this.hls) this.hls.destroy();
    const hls = new window.Hls(HLS_OPTIONS);
    this.hls = hls;
    this.limitLateness();
    hls.on(window.Hls.Events.ERROR, (_, data) => this.hlsFailed(data));
    hls.on(window.Hls.Events.MANIFEST_PARSED, () => this.onLevels());
    hls.on(window.Hls.Events.LEVEL_SWITCHED, () => this.onLevels());
    hls.on(window.Hls.Events.FRAG_BUFFERED, () => {
      this.failures = 0;
    });
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
    this.play();
  }

  // Not among the options: there it would need liveSyncDuration beside it, and that would overrule
  // the PART-HOLD-BACK that the stream asks for. Not in a pause: the still picture would jump.
  limitLateness() {
    if (this.hls) this.hls.config.liveMaxLatencyDuration = this.video.paused ? Infinity : MAX_LATENCY_S;
  }

  startNative() {
    this.video.src = this.url;
    this.play();
  }

  // For weak links. A playlist of its own: hls.js leaves a variant without pictures out where others
  // have them.
  playSoundOnly(isSoundOnly) {
    const url = isSoundOnly ? this.pictures.replace("index.m3u8", "a/live.m3u8") : this.pictures;
    if (url === this.url) return;
    this.url = url;
    this.start();
  }

  get isSoundOnly() {
    return this.url !== this.pictures;
  }

  play() {
    this.lastMoved = performance.now();
    // a browser that refuses to start is left to the person in front of it
    this.video.play().catch(() => {});
  }

  hlsFailed(data) {
    if (!data.fatal) return;
    const { NETWORK_ERROR, MEDIA_ERROR } = window.Hls.ErrorTypes;
    this.setState("reconnecting");
    if (data.type === MEDIA_ERROR && this.failures === 0) {
      this.failures += 1;
      this.hls.recoverMediaError();
    } else if (data.type === NETWORK_ERROR && this.hls.levels.length) {
      this.later(() => this.hls.startLoad());
    } else {
      this.later(() => this.startHls());
    }
  }

  nativeFailed() {
    if (this.hls || !this.video.currentSrc) return;
    this.setState("reconnecting");
    this.later(() => this.startNative());
  }

  later(action) {
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(action, wait);
  }

  // Whatever the reason, a picture that has not moved for long is started anew.
  watch() {
    const now = performance.now();
    const { video } = this;
    if (video.currentTime !== this.lastTime || video.paused || this.state === "ended") {
      this.lastTime = video.currentTime;
      this.lastMoved = now;
    } else if (now - this.lastMoved > STUCK_MS && this.state !== "no-player") {
      this.lastMoved = now;
      this.setState("reconnecting");
      if (this.hls) this.startHls();
      else this.startNative();
    }
  }

  // A tab that slept is brought back to the live edge.
  cameBack() {
    const late = this.latency();
    if (!document.hidden && !this.video.paused && late !== null && late > AWAY_S) this.goLive();
  }

  goLive() {
    const edge = this.hls ? this.hls.liveSyncPosition : this.nativeEdge();
    if (edge) this.video.currentTime = edge;
    this.play();
  }

  nativeEdge() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - 6 : null;
  }

  /** Seconds behind the wall clock, or null where the browser does not tell. */
  latency() {
    const date = this.hls && this.hls.playingDate;
    return date ? (Date.now() - date.getTime()) / 1000 : null;
  }

  /** True while we are as close to the edge as the stream asks for. */
  isLive() {
    if (this.video.paused) return false;
    if (!this.hls) return true;
    return this.hls.latency < (this.hls.targetLatency || 2) + 2.5;
  }

  /** Heights by level index, the best first. */
  levels() {
    const levels = this.hls ? this.hls.levels : [];
    return levels.map((level, index) => [index, level.height]).sort((a, b) => b[1] - a[1]);
  }

  setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
