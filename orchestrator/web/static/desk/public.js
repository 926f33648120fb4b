// What the public sees, after the gate: hls.js on the public port, muted, once the desk is usable.

export class PublicMonitor {
  constructor(address) {
    this.address = address;
    this.state = "not started";
    this.programmeMs = null;
  }

  async attach(video) {
    this.video = video;
    video.muted = true;
    this.state = "loading";
    await rest();
    let Hls;
    try {
      ({ default: Hls } = await import(document.body.dataset.player));
    } catch {
      this.state = "no player: npm run build";
      return;
    }
    if (!Hls.isSupported()) {
      this.state = "this browser cannot play it";
      return;
    }
    const hls = new Hls({
      lowLatencyMode: true,
      maxLiveSyncPlaybackRate: 1.1,
      backBufferLength: 4,
      maxBufferLength: 8,
      enableWorker: false,
    });
    hls.on(Hls.Events.ERROR, (_, error) => {
      if (!error.fatal) return;
      this.state = "lost";
      setTimeout(() => this.start(hls), 2000);
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      hls.currentLevel = hls.levels.length - 1 >= 0 ? 0 : -1; // the smallest is enough here
      video.play().catch(() => {});
    });
    hls.on(Hls.Events.FRAG_CHANGED, () => {
      this.state = "playing";
    });
    this.hls = hls;
    hls.attachMedia(video);
    this.start(hls);
  }

  start(hls) {
    hls.loadSource(new URL("hls/index.m3u8", this.address).href);
  }

  // Seconds between a picture in the programme and the same one here; null until it plays.
  behind(nowMs) {
    const date = this.hls?.playingDate;
    return date ? (nowMs - date.getTime()) / 1000 : null;
  }
}

// When the browser has nothing better to do: the desk is painted, and the line open.
function rest() {
  return new Promise((done) => {
    if (window.requestIdleCallback) requestIdleCallback(done, { timeout: 2000 });
    else setTimeout(done, 500);
  });
}
