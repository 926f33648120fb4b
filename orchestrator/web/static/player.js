// Keeps the picture moving: hls.js where there is Media Source, else the browser's own HLS.
//
// Nothing here gives up. A fatal network error is tried again after a short wait, for ever; a fatal
// media error is recovered; a picture that stands still although all seems well gets a new player.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
const MEDIA_ERRORS_FORGIVEN_MS = 10_000;
const STUCK_MS = 8000;
const STUCK_FOR_GOOD_MS = 20_000;
const STEP_MS = 500;
const LATE_S = 6;

// Why 6 s: hls.js plays faster up to about 5 s behind (twice PART-HOLD-BACK and a segment, more
// after a stall), and would stay where it is beyond; from here on it jumps instead.

export class Player extends EventTarget {
  constructor(video, url) {
    super();
    this.video = video;
    this.url = url;
    this.hls = null;
    this.state = "starting"; // playing, paused, waiting, lost, refused, ended, missing
    this.wantsToPlay = true;
    this.wait_ms = FIRST_WAIT_MS;
    this.retry = 0;
    this.media_errors_ms = [];
    this.moved_ms = performance.now();
    this.position = 0;
    this.isOver = false;
    this.#listen();
  }

  get isNative() {
    return !this.hls;
  }

  open() {
    const { Hls } = window;
    if (Hls && Hls.isSupported()) this.#openHls(Hls);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#openNative();
    else this.#enter("missing");
    if (this.state !== "missing") setInterval(() => this.#watch(), STEP_MS);
  }

  async play() {
    this.wantsToPlay = true;
    if (this.latency() > LATE_S) this.goLive();
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotAllowedError") {
        this.wantsToPlay = false;
        this.#enter("refused");
      }
    }
  }

  pause() {
    this.wantsToPlay = false;
    this.video.pause();
  }

  goLive() {
    const edge = this.hls ? this.hls.liveSyncPosition : this.#nativeEdge();
    if (edge) this.video.currentTime = edge;
    if (this.hls) this.hls.startLoad(); // a long pause may have outlived the playlist
  }

  // When the picture that is shown now was meant to be shown; null if nobody knows.
  shownAt() {
    if (this.hls) return this.hls.playingDate;
    const start = this.video.getStartDate ? this.video.getStartDate().getTime() : NaN;
    return Number.isNaN(start) ? null : new Date(start + this.video.currentTime * 1000);
  }

  // Seconds behind the newest that there is; 0 while unknown.
  latency() {
    if (this.hls) return this.hls.latency || 0;
    const edge = this.#nativeEdge();
    return edge ? Math.max(0, edge - this.video.currentTime) : 0;
  }

  levels() {
    return this.hls ? this.hls.levels : [];
  }

  // -1 is automatic
  choose(level) {
    if (this.hls) this.hls.nextLevel = level;
  }

  end() {
    this.isOver = true; // what is buffered is played out; see #watch
  }

  #openHls(Hls) {
    const hls = new Hls({
      lowLatencyMode: true,
      maxLiveSyncPlaybackRate: 1.2,
      liveSyncOnStallIncrease: 0.5,
      backBufferLength: 30,
      capLevelToPlayerSize: true,
      workerPath: "/static/hls.worker.js",
    });
    // Set here and not above, where hls.js demands a liveSyncDuration that would override
    // the playlist's PART-HOLD-BACK.
    hls.config.liveMaxLatencyDuration = LATE_S;
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && this.#mend(Hls, data));
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.#opened());
    hls.on(Hls.Events.LEVELS_UPDATED, () => this.#changed());
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#changed());
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.wait_ms = FIRST_WAIT_MS;
      if (this.state === "lost") this.#enter("waiting");
    });
    this.hls = hls;
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
  }

  #openNative() {
    this.video.src = this.url;
    this.#opened();
  }

  #opened() {
    if (this.wantsToPlay) this.play();
    this.#changed();
  }

  #mend(Hls, data) {
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR) this.#later(() => this.#loadAgain());
    else if (data.type === Hls.ErrorTypes.MEDIA_ERROR) this.#mendMedia();
    else this.#later(() => this.#anew());
  }

  #loadAgain() {
    if (this.hls && this.hls.levels.length) this.hls.startLoad();
    else this.#anew(); // without a multivariant playlist there is nothing to load
  }

  // Once is mended in place, often means that the player has lost its way.
  #mendMedia() {
    const now = performance.now();
    const recent = this.media_errors_ms.filter((at) => now - at < MEDIA_ERRORS_FORGIVEN_MS);
    this.media_errors_ms = [...recent, now];
    if (recent.length < 2) this.hls.recoverMediaError();
    else this.#later(() => this.#anew());
  }

  #later(what) {
    this.#enter("lost");
    clearTimeout(this.retry);
    this.retry = setTimeout(what, this.wait_ms);
    this.wait_ms = Math.min(2 * this.wait_ms, LONGEST_WAIT_MS);
  }

  #anew() {
    this.moved_ms = performance.now();
    if (this.hls) {
      this.hls.destroy();
      this.#openHls(window.Hls);
    } else {
      this.video.load();
      this.#openNative();
    }
  }

  // Twice a second: does it move?
  #watch() {
    const { video } = this;
    const now = performance.now();
    const isMoving = video.currentTime !== this.position;
    this.position = video.currentTime;
    if (isMoving || !this.wantsToPlay || document.hidden) {
      this.moved_ms = now;
      if (isMoving && !video.paused) this.#enter("playing");
    } else if (this.isOver && now - this.moved_ms > STEP_MS * 4) {
      this.#enter("ended");
      if (this.hls) this.hls.stopLoad();
    } else if (now - this.moved_ms > STUCK_FOR_GOOD_MS) {
      this.#anew();
    } else if (now - this.moved_ms > STUCK_MS && this.state !== "lost") {
      this.#enter("lost");
      if (this.hls) this.hls.startLoad();
    }
    this.#changed();
  }

  #listen() {
    const { video } = this;
    video.addEventListener("pause", () => {
      if (!this.wantsToPlay && this.state !== "refused") this.#enter("paused");
    });
    video.addEventListener("play", () => {
      this.wantsToPlay = true;
      this.#enter("waiting");
    });
    video.addEventListener("waiting", () => this.state === "playing" && this.#enter("waiting"));
    video.addEventListener("volumechange", () => this.#changed());
    video.addEventListener("ended", () => this.isOver && this.#enter("ended"));
    video.addEventListener("error", () => this.isNative && this.#later(() => this.#anew()));
    window.addEventListener("online", () => this.state === "lost" && this.#loadAgain());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.wantsToPlay && this.video.paused) this.play();
    });
  }

  #nativeEdge() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) : 0;
  }

  #enter(state) {
    if (state === this.state || this.state === "ended") return;
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
