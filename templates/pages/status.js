// Keeps the status page fresh: asks every second, writes text (never HTML), says when it is stale.

const byId = (id) => document.getElementById(id);
const say = (id, text) => { byId(id).textContent = text || "—"; };

function fill(id, rows) {
  byId(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((cell) => {
      const data = document.createElement("td");
      data.textContent = cell ?? "";
      return data;
    }));
    return row;
  }));
}

function showStatus(s) {
  say("now", s.now);
  say("on-air", s.on_air?.id);
  say("state", s.on_air?.state.join(" "));
  say("places", s.scene.places.map((p) => `${p.place}: ${p.source}`).join("  "));
  say("cause", `${s.scene.cause} · ${s.scene.rule} ${s.scene.author}`);
  say("next", s.next && `${s.next.clock} ${s.next.id}`);
  const held = s.quarantined.length ? ` quarantined: ${s.quarantined.join(" ")}` : "";
  const slate = s.on_slate.length ? ` slate on ${s.on_slate.join(" ")}` : "";
  say("gate", (s.blank ? "BLANK" : "open") + held + slate);
  const frames = (age) => (age == null ? "" : `${age} frames old`);
  const level = (db) => (db == null ? "" : `${db.toFixed(1)} dBFS`);
  const drift = (ppm) => (ppm == null ? "" : `${ppm > 0 ? "+" : ""}${Math.round(ppm)} ppm`);
  const why = (f) => [f.reason, f.why].filter(Boolean).join("; ");
  fill("feeds", s.feeds.map((f) =>
    [f.id, f.verdict === "dead" ? `${f.state}, dead` : f.state, f.hot ? "hot" : "",
      frames(f.picture_age_frames), level(f.level_db), drift(f.drift_ppm), why(f)]));
  const rate = (bps) => (bps == null ? "" : `${(bps / 1e6).toFixed(1)} Mb/s`);
  const behind = (ms) => (ms ? `${(ms / 1000).toFixed(1)} s` : "");
  fill("outputs", s.outputs.map((o) =>
    [o.id, o.audience, o.state, o.to, rate(o.rate_bps), behind(o.behind_ms), o.reason]));
  byId("warned").hidden = !s.warnings.length;
  byId("warnings").replaceChildren(...s.warnings.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  const heard = (age) => (age == null ? "" : `${age.toFixed(1)} s ago`);
  fill("processes", s.processes.map((p) =>
    [p.name, `${Math.round(p.up_s)} s`, String(p.restarts), heard(p.facts_age_s)]));
}

function showLineUp(day) {
  fill("line-up", day.slots.map((s) =>
    [s.clock, s.id, s.kind, s.site, `${(s.length_s / 60).toFixed(1)} min`, s.state.join(" ")]));
}

async function get(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(2000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function refresh() {
  try {
    showStatus(await get("/api/v1/status"));
    showLineUp(await get("/api/v1/line-up"));
    document.body.classList.remove("stale");
    say("link", "read-only");
  } catch {
    document.body.classList.add("stale");
    say("link", "no answer from control: what you see is old");
  }
  setTimeout(refresh, 1000);
}

refresh();
