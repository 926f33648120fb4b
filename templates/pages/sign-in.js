// Signing in. A link's token is in the fragment, which is never sent: this script posts it, once.
// #orch_first_…: make the first administrator; #orch_invite_…: choose a password, as who is named in
// `?name=`; #orch_site_… and #orch_guest_…: a site's page, a guest's. After `?next=` the fragment belongs to the page one comes
// from, and goes back there.

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const next = asked.get("next");
const fragment = location.hash.slice(1);
const isFirst = !next && fragment.startsWith("orch_first_");
const isInvited = !next && fragment.startsWith("orch_invite_");
const isGuest = fragment.startsWith("orch_guest_");
const isSite = isGuest || fragment.startsWith("orch_site_");

function whereTo() {
  // only a path of this host: never another site's address
  const path = next && /^\/(?![/\\])/.test(next) ? next : isGuest ? "/guest" : isSite ? "/site" : "/";
  return path + (next && !isSite ? location.hash : "");
}

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10000),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
}

async function go(path, body) {
  byId("go").disabled = true;
  byId("said").textContent = "";
  try {
    await post(path, body);
    location.replace(whereTo());
  } catch (error) {
    byId("said").textContent = error.name === "Error" ? error.message : "control does not answer; try again";
    byId("go").disabled = false;
  }
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const who = { name: byId("name").value, password: byId("password").value };
  if (isFirst) go("/api/v1/sign-in/first", { token: fragment, ...who });
  else if (isInvited) go("/api/v1/sign-in/invitation", { token: fragment, password: who.password });
  else go("/api/v1/sign-in", who);
});

if (isFirst) {
  byId("title").textContent = "The first administrator";
  byId("about").textContent = "Choose your name and a password of at least 10 characters. This link works once.";
  byId("password").autocomplete = "new-password";
  byId("go").textContent = "Begin";
} else if (isInvited) {
  byId("title").textContent = "Choose your password";
  byId("about").textContent = "At least 10 characters; a few words are best. This link works once.";
  byId("name").value = asked.get("name") ?? "";
  byId("name").readOnly = true;
  byId("password").autocomplete = "new-password";
  byId("go").textContent = "Begin";
} else if (isSite) {
  byId("form").hidden = true;
  go("/api/v1/sign-in/link", { token: fragment });
} else if (next) {
  // a link from a message program does not bring the session along; this request does
  fetch("/api/v1/me").then((answer) => { if (answer.ok) location.replace(whereTo()); });
}
byId(isInvited ? "password" : "name").focus();
