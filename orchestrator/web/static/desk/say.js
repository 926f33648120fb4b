// Lengths, levels and times of day, as people at a desk read them. Pure.

export function length(seconds, { sign = false } = {}) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.floor(Math.abs(seconds) + 1e-6);
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = whole % 60;
  const two = (k) => String(k).padStart(2, "0");
  const text = h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
  if (seconds < 0 && whole > 0) return `−${text}`;
  return sign && whole > 0 ? `+${text}` : text;
}

export function minutes(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = whole % 60;
  if (h) return `${h} h ${String(m).padStart(2, "0")}`;
  return s ? `${m} min ${String(s).padStart(2, "0")}` : `${m} min`;
}

const clocks = new Map();

function formatter(zone, options) {
  const key = `${zone}|${options}`;
  let made = clocks.get(key);
  if (made === undefined) {
    const base = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    if (options.includes("s")) base.second = "2-digit";
    if (options.includes("d")) base.weekday = "short";
    made = new Intl.DateTimeFormat("en-GB", base);
    clocks.set(key, made);
  }
  return made;
}

// `at` is an ISO instant or milliseconds.
export function clock(at, zone, options = "s") {
  if (at === null || at === undefined || at === "") return "–";
  return formatter(zone, options).format(typeof at === "number" ? at : Date.parse(at));
}

export function zoneName(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

export function db(level, digits = 0) {
  if (level === null || level === undefined) return "–";
  if (level <= -90) return "−∞";
  const text = Math.abs(level).toFixed(digits);
  return level < 0 ? `−${text}` : text;
}

export function gain(value) {
  if (value === null || value === undefined) return "off";
  const text = Math.abs(value).toFixed(Number.isInteger(value) ? 0 : 1);
  return value > 0 ? `+${text} dB` : value < 0 ? `−${text} dB` : "0 dB";
}

export function rate(bps) {
  if (bps === null || bps === undefined) return "–";
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mb/s` : `${Math.round(bps / 1e3)} kb/s`;
}

// 0…1 of a bar that shows −60…0 dBFS.
export function share(level) {
  if (level === null || level === undefined) return 0;
  return Math.max(0, Math.min(1, (level + 60) / 60));
}
