// Moving pictures at the desk: JPEGs of the monitor process onto canvases, its sound to the
// loudspeaker. One socket; it asks for just those views that some canvas in the page shows.
//
// A message is two bytes (length of the head), the head as JSON {view, n, type}, then the body.

const AGAIN_MS = 1000;

export class Monitors {
  constructor(path = "/api/v1/monitors") {
    this.path = path;
    this.canvases = new Map();
    this.busy = new Set();
    this.next = new Map();
    this.seen = new Map();
    this.asked = "";
    this.pictures = 0;
    this.ear = new Ear();
    this.solo = "";
    this.open();
    setInterval(() => this.ask(), 500);
  }

  attach(view, canvas) {
    if (!this.canvases.has(view)) this.canvases.set(view, new Set());
    this.canvases.get(view).add(canvas);
    const last = this.seen.get(view)?.picture;
    if (last) draw(canvas, last);
    queueMicrotask(() => this.ask());
  }

  // Frame number of the newest picture of a view, 0 for none in the last two seconds.
  newest(view) {
    const seen = this.seen.get(view);
    return seen && performance.now() - seen.atMs < 2000 ? seen.n : 0;
  }

  open() {
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.asked = "";
    socket.onopen = () => this.ask();
    socket.onmessage = ({ data }) => data instanceof ArrayBuffer && this.take(data);
    socket.onclose = () => setTimeout(() => this.open(), AGAIN_MS);
  }

  ask() {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const views = [];
    for (const [view, canvases] of this.canvases) {
      for (const canvas of canvases) if (!canvas.isConnected) canvases.delete(canvas);
      if (canvases.size) views.push(view);
      else this.canvases.delete(view);
    }
    if (document.hidden) views.length = 0;
    if (this.ear.isOn) views.push(this.solo ? `sound.${this.solo}` : "sound");
    const text = JSON.stringify({ views: views.sort() });
    if (text !== this.asked) this.socket.send(text);
    this.asked = text;
  }

  take(data) {
    const length = new DataView(data).getUint16(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 2, length)));
    const body = new Uint8Array(data, 2 + length);
    if (head.type === "audio/pcm") this.ear.hear(body);
    else if (this.busy.has(head.view)) this.next.set(head.view, [head, body]);
    else this.show(head, body);
  }

  // One picture of a view at a time, and then the newest of those that have come meanwhile: a slow
  // machine sees fewer pictures, not older ones.
  async show({ view, n, type }, body) {
    this.busy.add(view);
    try {
      const picture = await decoded(body, type);
      this.seen.get(view)?.picture.close();
      this.seen.set(view, { n, picture, atMs: performance.now() });
      this.pictures += 1;
      for (const canvas of this.canvases.get(view) ?? []) draw(canvas, picture);
    } catch {
      // not a picture: the next one is a tenth of a second away
    } finally {
      this.busy.delete(view);
    }
    const next = this.next.get(view);
    this.next.delete(view);
    if (next) this.show(...next);
  }

  async listen(on) {
    await this.ear.set(on);
    this.ask();
  }

  hearFeed(feed) {
    this.solo = feed;
    this.ask();
  }
}

// From the bytes themselves where a page may (on loopback, and over HTTPS): a Blob takes the way
// through another process of the browser, twice.
async function decoded(data, type) {
  if (!window.ImageDecoder) return createImageBitmap(new Blob([data], { type }));
  const decoder = new ImageDecoder({ data, type });
  try {
    return (await decoder.decode()).image;
  } finally {
    decoder.close();
  }
}

function draw(canvas, picture) {
  const width = picture.displayWidth ?? picture.width;
  const height = picture.displayHeight ?? picture.height;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d").drawImage(picture, 0, 0);
}

class Ear {
  constructor() {
    this.isOn = false;
    this.level = null;
    this.heard = 0;
  }

  async set(on) {
    if (on && !this.context) {
      this.context = new AudioContext({ sampleRate: 24000, latencyHint: "interactive" });
      await this.context.audioWorklet.addModule("/static/desk/sound-worklet.js");
      this.node = new AudioWorkletNode(this.context, "programme", { outputChannelCount: [1] });
      this.node.connect(this.context.destination);
    }
    this.isOn = on;
    await (on ? this.context.resume() : this.context?.suspend());
  }

  hear(bytes) {
    if (!this.node || !this.isOn) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(bytes.byteLength >> 1);
    let most = 0;
    for (let i = 0; i < samples.length; i += 1) {
      samples[i] = view.getInt16(2 * i, true) / 32768;
      most = Math.max(most, Math.abs(samples[i]));
    }
    this.level = most > 0 ? 20 * Math.log10(most) : null;
    this.heard += samples.length;
    this.node.port.postMessage(samples, [samples.buffer]);
  }
}
