// The second person ends PRIVACY. The token is in the fragment, which is never sent; it works once.

import { $ } from "./dom.js";

const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

$("restore").addEventListener("click", async () => {
  $("restore").disabled = true;
  let said = "control does not answer; try again";
  try {
    const answer = await fetch("/api/v1/commands/restore", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
      },
      body: JSON.stringify({ args: { token } }),
    });
    const told = await answer.json();
    said = answer.ok ? `✓ ${told.text ?? "restored"}` : `✕ ${told.detail}`;
    $("restore").disabled = answer.ok;
  } catch {
    $("restore").disabled = false;
  }
  $("said").textContent = said;
});
