// Titles in the viewer's language, times in a zone. Pure.

// [language, text] of a title such as {en: …, fr: …}: the first language of `wanted` that there is.
export function pick(titles, wanted = navigator.languages) {
  const have = Object.entries(titles || {});
  for (const tag of wanted) {
    const exact = have.find(([language]) => language.toLowerCase() === tag.toLowerCase());
    const near = have.find(([language]) => primary(language) === primary(tag));
    if (exact || near) return exact || near;
  }
  return have[0] || ["", ""];
}

const primary = (tag) => tag.toLowerCase().split("-")[0];

// "14:05", with the day if it is another one than that of `now`.
export function time(instant, zone, now) {
  const clock = { hour: "2-digit", minute: "2-digit", timeZone: zone };
  const isToday = day(instant, zone) === day(now, zone);
  return format(instant, isToday ? clock : { weekday: "short", ...clock });
}

const day = (instant, zone) => format(instant, { dateStyle: "short", timeZone: zone });
const format = (instant, options) => new Intl.DateTimeFormat(navigator.languages, options).format(instant);

// "Europe/Paris" → "Paris"
export function place(zone) {
  return zone.split("/").pop().replaceAll("_", " ");
}

export function ownZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
