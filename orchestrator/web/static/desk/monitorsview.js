// The three monitors of the desk: preview (composed, as it would air), programme, public.

import { h } from "./dom.js";
import { bar, button, source } from "./parts.js";
import { db } from "./say.js";
import { publicSentence } from "./status.js";

export function preview(app) {
  const { preview: set, scenes, graphics } = app.view;
  const { look } = graphics;
  const layouts = scenes.layouts;
  return h(
    "section",
    { class: `monitor preview ${look ? "looking" : ""}`, "aria-label": "Preview", key: "preview" },
    screen(app, "preview", "preview", "Preview, as it would air"),
    set
      ? h("div", { class: "boxes", key: "boxes" }, ...boxes(app, set, layouts))
      : look
        ? null
        : h("div", { class: "empty", key: "empty" }, "Nothing in preview", h("small", {}, "press a source, or a digit")),
    h(
      "header",
      { key: "head" },
      h("b", { class: "tag green" }, "PREVIEW"),
      set ? h("span", {}, set.layout) : null,
      set ? h("span", { class: "dim" }, `by ${set.author}`) : null,
      look ? lookedAt(app, look, set) : null,
      h("span", { class: "fill" }),
      ...layouts.slice(0, 8).map((layout, i) =>
        button(
          {
            key: layout.id,
            class: `small ${set?.layout === layout.id ? "chosen" : ""}`,
            "aria-pressed": String(set?.layout === layout.id),
            title: `layout ${layout.id} (L ${i + 1})`,
            disabled: !app.may("layout"),
            onclick: () => app.layout(layout.id),
          },
          layout.id,
        ),
      ),
    ),
    h(
      "footer",
      { key: "foot" },
      h("span", { class: "grow line" }, set ? sources(app, set.places) : ""),
      ...["cut", "mix 600ms"].map((how) =>
        button(
          {
            key: how,
            class: `small ${set && (set.transition === how || (how !== "cut" && set.transition !== "cut")) ? "chosen" : ""}`,
            disabled: !set || !app.may("transition"),
            onclick: () => app.say("transition", { transition: how }),
          },
          how === "cut" ? "CUT" : "MIX",
        ),
      ),
      set && set.transition !== "cut" ? h("span", { class: "dim" }, set.transition) : null,
    ),
  );
}

// The picture has a graphic over it that TAKE does not bring: ⇧G does, or IN on the screen Graphics.
function lookedAt(app, look, set) {
  const what = look.graphics.map((one) => `${one.use} ${one.says}`).join(" · ");
  return h(
    "span",
    { key: "look", class: "look", title: `${what}\n${set ? "over the preview; TAKE brings the picture without it" : "over what is on air"}` },
    h("b", { class: "tag" }, look.again ? "⇧G" : "GFX"),
    h("span", { class: "line" }, what || "nothing to show"),
    look.asked
      ? button({ key: "off", class: "small", "aria-label": "graphic out of the preview", "data-word": "graphic-preview", disabled: !app.may("graphic-preview"), onclick: () => app.say("graphic-preview", { on: false }) }, "✕")
      : null,
  );
}

function boxes(app, set, layouts) {
  const layout = layouts.find((one) => one.id === set.layout);
  if (!layout || layout.places.length < 2) return [];
  return layout.places.map((place) =>
    button(
      {
        key: place.name,
        class: `box ${app.place === place.name ? "chosen" : ""}`,
        "aria-pressed": String(app.place === place.name),
        title: `place ${place.name} (P)`,
        style: {
          left: `${place.box[0] * 100}%`,
          top: `${place.box[1] * 100}%`,
          width: `${place.box[2] * 100}%`,
          height: `${place.box[3] * 100}%`,
        },
        onclick: () => {
          app.place = place.name;
          app.repaint();
        },
      },
      h("span", {}, place.name),
    ),
  );
}

function sources(app, places) {
  return places
    .map((one) => {
      const name = places.length > 1 ? `${one.place}: ` : "";
      const instead = one.source !== one.wanted && one.source !== "hide" ? ` (for ${source(app, one.wanted)})` : "";
      return `${name}${source(app, one.source)}${instead}`;
    })
    .join(" · ");
}

export function programme(app) {
  const { programme: on, clock, event } = app.view;
  const newest = app.monitors.newest("programme");
  const nowN = clock.n + Math.round(app.link.since() * event.fps);
  const behind = newest ? Math.max(0, (nowN - newest) / event.fps) : null;
  const { ear } = app.monitors;
  return h(
    "section",
    { class: "monitor programme", "aria-label": "Programme", key: "programme" },
    screen(app, "programme", "programme", "Programme, as it is made"),
    h(
      "header",
      { key: "head" },
      h("b", { class: "tag red" }, "PROGRAMME"),
      h("span", {}, on.layout),
      h("span", { class: "cause", title: on.cause.rule }, cause(on)),
      h("span", { class: "fill" }),
      on.taken
        ? button(
            {
              key: "release",
              class: "small",
              disabled: !app.may("release"),
              title: "the schedule's picture comes back",
              "data-word": "release",
              onclick: () => app.say("release"),
            },
            "RELEASE",
          )
        : null,
      h("span", { class: "dim num", key: "behind" }, behind === null ? "no picture" : `${behind.toFixed(1)} s behind`),
      button(
        {
          key: "sound",
          class: `small ${ear.isOn ? "chosen" : ""}`,
          "aria-pressed": String(ear.isOn),
          title: "hear the programme",
          onclick: () => app.listen(!ear.isOn),
        },
        ear.isOn ? "🔊 SOUND" : "🔇 SOUND",
      ),
    ),
    h(
      "footer",
      { key: "foot" },
      h("span", { class: "grow line" }, sources(app, on.places)),
      app.view.graphics.badge ? h("span", { class: "badge small" }, app.view.graphics.badge) : null,
      h("span", { class: "dim" }, publicSentence(app)),
    ),
  );
}

function cause(on) {
  const { by, author, rule } = on.cause;
  if (on.safe) return `SAFE by ${author}`;
  if (by === "operator") return `${author || "operator"}: ${rule}`;
  if (by === "failover") return `failover ${rule}`;
  return rule && rule !== "start" ? `${by}: ${rule}` : by;
}

export function publicView(app) {
  const { sound } = app.view;
  const loud = sound.programme;
  const behind = app.public.behind(app.link.now());
  return h(
    "section",
    { class: "monitor public", "aria-label": "Public", key: "public" },
    h("video", {
      key: "video",
      own: true,
      muted: true,
      playsinline: true,
      "aria-label": "What the public sees",
      made: (node) => app.public.attach(node),
    }),
    h(
      "header",
      { key: "head" },
      h("b", { class: "tag" }, "PUBLIC"),
      h("span", { class: "fill" }),
      h("span", { class: "dim num" }, behind === null ? app.public.state : `${behind.toFixed(1)} s behind`),
    ),
    h(
      "footer",
      { key: "foot", class: "loud" },
      bar(loud.momentary_lufs, { target: sound.target_lufs, label: "programme loudness" }),
      h("span", { class: "num" }, `${db(loud.momentary_lufs)} LUFS`),
      h("span", { class: "dim num" }, `peak ${db(loud.peak_dbfs)}`),
    ),
  );
}

export function screen(app, view, key, label) {
  return h("canvas", {
    key,
    own: true,
    width: 480,
    height: 270,
    ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }),
    "data-view": view,
    made: (node) => app.monitors.attach(view, node),
  });
}
