// Runs in the browser: starts one player and notes what a viewer would notice, ten times a second.
// A stall is a picture that stands still for more than 250 ms after start-up, which is over when it
// has moved for a second. Time alone is no movement: with sound there, it runs on for seconds while
// no picture comes.

(() => {
  const STEP_MS = 100;
  const STALL_MS = 250;
  const SETTLED_MS = 1000;
  const notes = {
    started_ms: null, // from `watch` to the first movement
    samples: [], // [seconds since start, latency or null, buffered ahead, height]
    stalls: [], // [seconds since start, length in seconds]
    errors: [], // [seconds since start, is fatal, what]
  };
  let began = 0;
  let video = null;
  let latency = () => null;

  const since = () => (performance.now() - began) / 1000;
  const note = (fatal, what) => notes.errors.push([since(), Boolean(fatal), String(what)]);

  function observe() {
    let last = video.currentTime;
    let shown = 0;
    let moved = performance.now();
    let movingSince = null;
    let isSettled = false;
    let stalled = 0;
    setInterval(() => {
      const now = performance.now();
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      if (video.currentTime !== last && frames !== shown) {
        if (notes.started_ms === null) notes.started_ms = now - began;
        if (stalled) notes.stalls.push([(stalled - began) / 1000, (now - stalled) / 1000]);
        movingSince = movingSince === null ? now : movingSince;
        isSettled = isSettled || now - movingSince > SETTLED_MS;
        [last, shown, moved, stalled] = [video.currentTime, frames, now, 0];
      } else if (now - moved > STALL_MS && !stalled) {
        movingSince = null;
        if (isSettled) stalled = moved;
      }
      const end = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : last;
      notes.samples.push([since(), latency(), end - last, video.videoHeight]);
      notes.open_stall = stalled ? (now - stalled) / 1000 : 0;
    }, STEP_MS);
    video.addEventListener("error", () => note(true, video.error && video.error.message));
  }

  const starters = {
    "hls.js": (url, options) => {
      const hls = new Hls({
        maxLiveSyncPlaybackRate: 1.3,
        liveSyncOnStallIncrease: 0.5,
        backBufferLength: 30,
        ...options,
      });
      hls.on(Hls.Events.ERROR, (_, data) => {
        note(data.fatal, `${data.type} ${data.details} ${(data.response || {}).code || ""}`);
        if (!data.fatal) return;
        if (data.type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad();
        else if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      });
      latency = () => (hls.playingDate ? (Date.now() - hls.playingDate) / 1000 : null);
      hls.loadSource(url);
      hls.attachMedia(video);
      window.hls = hls;
    },
    shaka: async (url) => {
      shaka.polyfill.installAll();
      const player = new shaka.Player();
      player.addEventListener("error", (event) => note(event.detail.severity === 2, `shaka ${event.detail.code}`));
      await player.attach(video);
      player.configure({ streaming: { lowLatencyMode: true } });
      latency = () => {
        const date = player.getPlayheadTimeAsDate();
        return date ? (Date.now() - date) / 1000 : null;
      };
      window.shakaPlayer = player;
      await player.load(url).catch((error) => note(true, `shaka load ${error.code}`));
      await video.play();
    },
    native: (url) => {
      video.crossOrigin = "anonymous";
      video.src = url;
      return video.play();
    },
    page: () => {
      // the viewer page has its own player; only watch it
      latency = () => {
        const hls = window.viewer && window.viewer.hls;
        if (!hls) return null;
        if (!hls.isWatched) {
          hls.isWatched = true;
          hls.on(Hls.Events.ERROR, (_, data) => note(data.fatal, `${data.type} ${data.details}`));
        }
        return hls.playingDate ? (Date.now() - hls.playingDate) / 1000 : null;
      };
    },
  };

  window.watchPlayer = (name, url, options) => {
    began = performance.now();
    video = document.querySelector("video");
    observe();
    Promise.resolve(starters[name](url, options || {})).catch((error) => note(true, error));
  };

  window.playerNotes = () => ({
    ...notes,
    seconds: since(),
    position: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
  });

  // the picture that is shown now, as it was decoded
  window.currentFrame = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    return canvas.toDataURL("image/png");
  };
})();
