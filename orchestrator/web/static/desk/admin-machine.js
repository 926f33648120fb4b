// The machine: load, memory, disks, the journal's health, and every process of the event.

import { table } from "./admin-parts.js";
import { h } from "./dom.js";
import { minutes } from "./say.js";

const GB = 1 << 30;

export function machineTab(app, told) {
  const { journal } = told;
  return h("div", { class: "columns-of-two" },
    h("section", { class: "panel" },
      h("h2", {}, "Machine"),
      fact("orchestrator", told.version),
      fact("host", told.host),
      fact("load", `${told.load.toFixed(2)} on ${told.cores} cores`, told.load > told.cores ? "amber" : ""),
      fact("memory", `${size(told.memory_free_bytes)} free of ${size(told.memory_bytes)}`, told.memory_free_bytes < told.memory_bytes / 10 ? "amber" : ""),
      ...told.disks.map((one) => disk(one)),
      fact("public page", told.public || "–"),
      h("h2", {}, "Journal"),
      fact("kept in", journal.kept_in),
      fact("entries", String(journal.entries)),
      fact("now", journal.trouble || "can be written", journal.trouble ? "amber" : ""),
      fact("damages", journal.damages.length ? journal.damages.join("; ") : "none", journal.damages.length ? "amber" : ""),
      h("h2", {}, "Since control started"),
      ...Object.entries(told.counts).map(([what, count]) => fact(what, String(count))),
      Object.keys(told.counts).length ? null : h("p", { class: "dim" }, "nobody came or was refused"),
      h("h2", {}, "Warnings"),
      ...told.warnings.map((text, i) => h("p", { key: i, class: "amber" }, `▲ ${text}`)),
      told.warnings.length ? null : h("p", { class: "dim" }, "none")),
    h("section", { class: "panel" },
      h("h2", {}, "Processes"),
      table("Processes", ["process", "pid", "up", "restarts", "word from it"], told.processes.map((one) =>
        h("tr", { key: one.name },
          h("td", {}, one.name),
          h("td", { class: "num dim" }, String(one.pid)),
          h("td", { class: "num" }, minutes(one.up_s)),
          h("td", { class: `num ${one.restarts ? "amber" : "dim"}` }, String(one.restarts)),
          h("td", { class: `num ${one.age_s > 5 ? "red" : "dim"}` }, one.age_s === null ? "–" : `${one.age_s > 5 ? "✕ " : ""}${one.age_s.toFixed(1)} s ago`))), "none")));
}

function disk(one) {
  if (one.total_bytes === null) return fact(one.what, "✕ does not answer", "amber");
  const isLow = one.free_bytes < one.total_bytes / 10;
  return fact(one.what, `${size(one.free_bytes)} free of ${size(one.total_bytes)} · ${one.path}`, isLow ? "amber" : "");
}

function fact(name, value, colour = "") {
  return h("p", { key: name, class: "row fact" }, h("span", { class: "name dim" }, name), h("span", { class: colour }, colour ? `▲ ${value}` : value));
}

function size(bytes) {
  return `${(bytes / GB).toFixed(bytes < 10 * GB ? 1 : 0)} GB`;
}
