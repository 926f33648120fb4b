// The line to control: one socket that resumes by itself, and the newest desk view it brought.
//
// A message is {seq, kind, data}. After a break the socket asks for what came since the last `seq`.
// `age()` is how old the newest view is, by this machine's clock: what is older than two seconds
// must not be acted on. A screen that nobody touches (a wall, a sheet) says now and then by HTTP that
// it is still there, or its session would end in the middle of the event: sockets renew none.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;
const SILENT_MS = 5000;
const RENEW_MS = 30 * 60_000;

export class Link {
  constructor({ onview, onentry, onnotice, onstate, path = "/api/v1/events" }) {
    this.path = path;
    this.on = { view: onview, entry: onentry, notice: onnotice, state: onstate };
    this.seq = 0;
    this.view = null;
    this.heardMs = -Infinity;
    this.offsetMs = 0;
    this.waitMs = FIRST_WAIT_MS;
    this.reconnects = 0;
    this.looksAt = "";
    this.ended = "";
    this.renewedMs = performance.now();
    this.open();
    setInterval(() => this.watch(), 1000);
  }

  open() {
    if (this.ended) return;
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("since", String(this.seq));
    this.triedMs = performance.now();
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.waitMs = FIRST_WAIT_MS;
      this.tell();
    };
    socket.onmessage = ({ data }) => this.hear(data);
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.on.state?.();
      const wait = this.waitMs * (0.7 + 0.6 * Math.random());
      this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 2);
      setTimeout(() => this.again(), wait);
    };
  }

  async again() {
    // a socket that is refused does not say why; asking once by HTTP tells whether we are known
    try {
      const answer = await fetch("/api/v1/me", { cache: "no-store" });
      if (answer.status === 401) {
        this.ended = "signed-out";
        this.on.state?.();
        return;
      }
    } catch {
      // nobody answers: try again all the same
    }
    this.reconnects += 1;
    this.open();
  }

  hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    this.heardMs = performance.now();
    if (Number.isInteger(message.seq)) this.seq = message.seq;
    if (message.kind === "desk") this.show(message.data, this.heardMs);
    else if (message.kind === "entry") this.on.entry?.(message.data);
    else if (message.kind === "notice") this.on.notice?.(message.data);
    else if (message.kind === "bye") this.on.state?.();
  }

  // The view that came with the page, as old as the page's first byte.
  bring(view) {
    const [page] = performance.getEntriesByType("navigation");
    this.show(view, page?.responseStart ?? 0);
  }

  show(view, atMs) {
    this.view = view;
    this.offsetMs = Date.parse(view.clock.now) - atMs;
    this.viewMs = atMs;
    this.on.view?.(view);
  }

  // Tell the others what this screen looks at (presence).
  look(at) {
    if (at === this.looksAt) return;
    this.looksAt = at;
    this.tell();
  }

  tell() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ looks_at: this.looksAt }));
    }
  }

  watch() {
    this.tell();
    if (performance.now() - this.renewedMs > RENEW_MS) {
      this.renewedMs = performance.now();
      fetch("/api/v1/me", { cache: "no-store" }).catch(() => {}); // the answer brings a younger cookie
    }
    if (this.socket && performance.now() - Math.max(this.heardMs, this.triedMs) > SILENT_MS) {
      this.socket.close();
    }
  }

  // Seconds since the newest view.
  age() {
    return this.viewMs === undefined ? Infinity : (performance.now() - this.viewMs) / 1000;
  }

  // The tree's clock, in milliseconds since the epoch.
  now() {
    return this.view === null ? Date.now() : performance.now() + this.offsetMs;
  }

  // Seconds by which the view has aged, for what counts down in it.
  since() {
    return this.viewMs === undefined ? 0 : (performance.now() - this.viewMs) / 1000;
  }
}
