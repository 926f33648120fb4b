// Pages for a telephone ask once a second what there is to see, and show nothing old as if it were new.

export const OLD_MS = 4000;
const EVERY_MS = 1000;

// `page` is told what came and when, that nobody may look any more, or why; then `draw` shows it.
export async function look(page, address, draw) {
  try {
    const answer = await fetch(address(), { cache: "no-store", signal: AbortSignal.timeout(OLD_MS) });
    page.out = answer.status === 401;
    if (answer.ok) {
      page.view = await answer.json();
      page.atMs = performance.now();
    } else if (answer.status !== 401) page.said = (await answer.json()).detail ?? "";
  } catch {
    // no network for a moment: the page says so when it is old
  }
  draw();
  setTimeout(look, EVERY_MS, page, address, draw);
}
