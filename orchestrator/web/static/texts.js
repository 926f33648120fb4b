// Titles come in several languages.

/** [language, text] in the viewer's language, else in the event's first one. */
export function pick(texts) {
  const wanted = navigator.languages.flatMap((tag) => [tag, tag.split("-")[0]]);
  const found = wanted.find((language) => texts[language]);
  return found ? [found, texts[found]] : Object.entries(texts)[0] || ["", ""];
}
