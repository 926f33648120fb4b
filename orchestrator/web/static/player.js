// Keeps the stream playing, whatever happens: hls.js where there is MSE, the browser's own HLS
// elsewhere. Recovers by itself; tells the page what to say through `onState`.
//
// It plays the low-latency playlist at the live edge, and that one too for a look back as far as it
// reaches; beyond, the playlist of the DVR. Whoever looks back is left there, with no hurry and no
// jumps, until they go live again.

const WATCHDOG_MS = 1000;
const STUCK_MS = 8000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 5000];
const AWAY_S = 10;
// Further behind than this it jumps. hls.js plays faster only up to twice PART-HOLD-BACK and a target
// duration (5.2 s): a limit above that leaves a gap in which a late viewer stays late.
const MAX_LATENCY_S = 5;
const CATCH_UP_RATE = 1.3;
// Closer to the edge than this there is nothing to look back to.
const EDGE_S = 6;
// The first two segments of the DVR may be leaving it while we ask for them.
const LEAVING_S = 13;
const LIVE = "live.m3u8";
const DVR = "dvr.m3u8";

// hls.js never catches up by default, and gives up for good on one refused connection.
const HLS_OPTIONS = {
  workerPath: "/static/hls.worker.js",
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: CATCH_UP_RATE,
  liveSyncOnStallIncrease: 0.5,
  backBufferLength: 30,
  // There are no advertisements here; it would put the start of a look back off to the live edge.
  interstitialsController: undefined,
  capLevelToPlayerSize: true, // a phone need not decode what it cannot show; a choice by hand may
};

export class Player {
  /** `dvr` says how far back one may go. States: "starting", "playing", "reconnecting", "ended",
   *  "no-player". */
  constructor(video, root, dvr, onState) {
    this.video = video;
    this.root = root;
    this.dvr = dvr;
    this.hls = null;
    this.onState = onState;
    this.onLevels = () => {};
    this.state = "";
    this.failures = 0;
    this.lastTime = 0;
    this.lastMoved = performance.now();
    this.isSoundOnly = false;
    this.list = LIVE;
    this.isLookingBack = false;
    this.shown = null; // epoch ms of the picture that was last seen
    this.wanted = null; // where a look back is on its way to
    video.addEventListener("error", () => this.nativeFailed());
    video.addEventListener("playing", () => this.setState("playing"));
    video.addEventListener("ended", () => this.setState("ended"));
    video.addEventListener("play", () => this.played());
    video.addEventListener("pause", () => this.hurry());
    document.addEventListener("visibilitychange", () => this.cameBack());
    setInterval(() => this.watch(), WATCHDOG_MS);
  }

  get url() {
    if (this.isSoundOnly) return `${this.root}a/${this.list}`;
    return this.root + (this.list === DVR ? DVR : "index.m3u8");
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
    this.hurry();
    if (this.isLookingBack) this.beginAt(hls, this.wanted || this.shown);
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

  // Only a loaded playlist tells where in it an instant lies.
  beginAt(hls, instant) {
    hls.once(window.Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      // what it was to begin with may have left the playlist by now
      const position = positionOf(details, Math.max(instant, dateOf(details, details.fragmentStart) + LEAVING_S * 1000));
      if (position !== null) hls.startLoad(position);
    });
  }

  // Not among the options: there it would need liveSyncDuration beside it, and that would overrule
  // the PART-HOLD-BACK that the stream asks for. Not in a pause: the still picture would jump.
  hurry() {
    if (!this.hls) return;
    const isCalm = this.isLookingBack || this.video.paused;
    this.hls.config.liveMaxLatencyDuration = isCalm ? Infinity : MAX_LATENCY_S;
    this.hls.config.maxLiveSyncPlaybackRate = this.isLookingBack ? 1 : CATCH_UP_RATE;
    if (this.isLookingBack) this.video.playbackRate = 1;
  }

  startNative() {
    this.video.src = this.url;
    if (this.isLookingBack) {
      const instant = this.wanted || this.shown;
      this.video.addEventListener("loadedmetadata", () => this.seekNative(instant), { once: true });
    }
    this.play();
  }

  // For weak links. A playlist of its own: hls.js leaves a variant without pictures out where others
  // have them.
  playSoundOnly(isSoundOnly) {
    if (isSoundOnly === this.isSoundOnly) return;
    this.isSoundOnly = isSoundOnly;
    this.start();
  }

  play() {
    this.lastMoved = performance.now();
    // a browser that refuses to start is left to the person in front of it
    this.video.play().catch(() => {});
  }

  /** After a pause: on from the picture that stands there, if there is a DVR; else live. */
  resume() {
    if (this.isLookingBack || (this.dvr.start !== null && this.isBehind())) this.seekTo(this.shown);
    else this.goLive();
  }

  isBehind() {
    const edge = this.edge();
    return this.shown !== null && edge !== null && edge - this.shown > (MAX_LATENCY_S + 1) * 1000;
  }

  // whatever made it play: our button, a key of the keyboard, the telephone's lock screen
  played() {
    if (!this.isLookingBack && this.dvr.start !== null && this.isBehind()) this.seekTo(this.shown);
    else this.hurry();
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
    this.note();
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

  // A tab that slept is brought back to the live edge, unless it was looking back.
  cameBack() {
    const late = this.latency();
    const isWatching = !document.hidden && !this.video.paused && !this.isLookingBack;
    if (isWatching && late !== null && late > AWAY_S) this.goLive();
  }

  goLive() {
    this.wanted = this.shown = null;
    this.isLookingBack = false;
    this.hurry();
    if (this.list !== LIVE) {
      this.list = LIVE;
      this.start();
      return;
    }
    const edge = this.hls ? this.hls.liveSyncPosition : this.nativeEdge();
    if (edge) this.video.currentTime = edge;
    this.play();
  }

  /** Look back to an instant (epoch ms): within the playlist that is playing, or in the other. */
  seekTo(instant) {
    const edge = this.edge();
    if (edge === null) return;
    if (instant > edge - EDGE_S * 1000) {
      this.goLive();
      return;
    }
    const wanted = Math.max(instant, this.earliest());
    this.isLookingBack = true;
    this.wanted = wanted;
    this.hurry();
    if (this.seekHere(wanted)) {
      this.play();
      return;
    }
    this.list = this.dvr.end !== null && wanted < this.dvr.end - EDGE_S * 1000 ? DVR : LIVE;
    this.start();
  }

  /** The oldest instant that can be counted on. */
  earliest() {
    return this.dvr.start === null ? -Infinity : this.dvr.start + LEAVING_S * 1000;
  }

  seekHere(instant) {
    if (!this.hls) return this.seekNative(instant);
    const details = this.hls.latestLevelDetails;
    const position = details && positionOf(details, instant);
    if (position === null || position === undefined) return false;
    this.video.currentTime = position;
    return true;
  }

  seekNative(instant) {
    const { video } = this;
    const start = video.getStartDate ? video.getStartDate().getTime() : NaN;
    const position = (instant - start) / 1000;
    if (!video.seekable.length || !(position >= video.seekable.start(0))) return false;
    video.currentTime = position;
    return true;
  }

  nativeEdge() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - EDGE_S : null;
  }

  /** Epoch ms of the picture on the screen, or of the one that is being fetched; null if unknown. */
  instant() {
    this.note();
    return this.wanted !== null ? this.wanted : this.shown;
  }

  note() {
    const date = this.hls && this.hls.playingDate;
    if (!date || this.video.seeking || this.video.readyState < 2) return;
    this.shown = date.getTime();
    this.wanted = null;
  }

  /** Epoch ms of the newest picture that there is, by the server's clock; null if unknown. */
  edge() {
    const details = this.list === LIVE && this.hls ? this.hls.latestLevelDetails : null;
    const date = details && dateOf(details, details.edge);
    if (date) this.edgeAhead = date - performance.now();
    return this.edgeAhead === undefined ? null : this.edgeAhead + performance.now();
  }

  /** Seconds behind the wall clock, or null where the browser does not tell. */
  latency() {
    const date = this.hls && this.hls.playingDate;
    return date ? (Date.now() - date.getTime()) / 1000 : null;
  }

  /** True while we are as close to the edge as the stream asks for. */
  isLive() {
    if (this.video.paused || this.isLookingBack) return false;
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

/** Where in a playlist an instant lies; null if it is not in there. */
function positionOf(details, instant) {
  const first = details.fragments.find((fragment) => fragment && fragment.programDateTime);
  if (!first) return null;
  const position = first.start + (instant - first.programDateTime) / 1000;
  return position >= details.fragmentStart && position < details.edge ? position : null;
}

function dateOf(details, position) {
  const first = details.fragments.find((fragment) => fragment && fragment.programDateTime);
  return first ? first.programDateTime + (position - first.start) * 1000 : null;
}
