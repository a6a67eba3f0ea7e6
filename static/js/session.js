// A session may end while someone types. Before a form is submitted that was open for more than a minute, and when a save is
// refused, the page checks whether they are still signed in. If not, a dialog asks them to sign in in another tab and continue here: the text stays on the page.
// Nothing is kept in the browser's storage.
// Returns "in", "out" or "other". `user`: who is signed in now; `who`: whom the page was made for ("": any user).
import { _ } from "./language.js";
export const standing = (user, who) => (!user ? "out" : !who || user === who ? "in" : "other");

function begin() {
  const dialog = document.querySelector("#signed-out");
  const asked = dialog ?? document.querySelector("[data-session]"); // a page with a form to be submitted again
  const PATIENCE = 10000; // ms
  const FRESH = 60000; // ms; no check if the user was signed in so recently (if that is wrong, the response contains the form)
  let seen = Date.now(); // the portal has just sent the page
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("portal-session") : null;
  if (document.querySelector("[data-signed-in]")) channel?.postMessage("in");
  if (!asked) return;
  const who = asked.dataset.user;
  const passed = new WeakSet(), asking = new WeakSet();

  const renew = (token) => {
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    if (document.body.hasAttribute("hx-headers")) document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  };

  // "in", "out", "other" (another user is signed in here) or "away" (the portal does not respond).
  async function state() {
    try {
      const answer = await fetch(asked.dataset.session, { signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
      const found = await answer.json();
      const how = standing(found.user, who);
      if (how === "in") {
        renew(found.csrf);
        seen = Date.now();
      }
      return how;
    } catch {
      return "away";
    }
  }

  function show(how) {
    if (!dialog) return;
    dialog.querySelector("[data-session-said]").hidden = how !== "other";
    if (!dialog.open) dialog.showModal();
  }

  // Checks that the page's user is still signed in, and opens the dialog if not.
  async function check() {
    const how = await state();
    if (how === "out" || how === "other") show(how);
    return how;
  }
  window.portalSession = { check, dirty: () => [...document.forms].some((form) => form.dataset.typed) };

  async function again() { // the user may have signed in in another tab
    if (dialog ? !dialog.open : document.hidden) return;
    const how = await state();
    if (how === "other") show(how);
    if (how !== "in" || !dialog) return;
    dialog.close();
    window.portalToast?.("good", _("You are signed in again. Nothing was lost."));
    document.dispatchEvent(new CustomEvent("portal:signed-in"));
  }
  channel?.addEventListener("message", again);
  addEventListener("focus", again);
  document.addEventListener("visibilitychange", () => document.hidden || again());

  // --- forms
  const typed = (event) => {
    const form = event.target instanceof Element && event.target.closest("form");
    if (form?.getAttribute("method") === "post") form.dataset.typed = "1";
  };
  document.addEventListener("input", typed, true);
  document.addEventListener("change", typed, true);

  const holds = (form) => [...form.elements].some((one) => one.matches("input:not([type=hidden]), textarea, select"));

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (passed.delete(form) || form.dataset.sent || form.getAttribute("method") !== "post" || !holds(form)) return;
    if (Date.now() - seen < FRESH && !dialog?.open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking.has(form)) return;
    asking.add(form);
    button?.setAttribute("aria-busy", "true");
    const how = await check();
    asking.delete(form);
    button?.removeAttribute("aria-busy");
    if (how === "away") window.portalToast?.("bad", _("The portal can’t be reached. Nothing was sent or lost. Try again."));
    if (how !== "in" || !form.isConnected) return;
    passed.add(form);
    form.requestSubmit(button?.isConnected ? button : undefined);
    passed.delete(form); // the browser refused to submit it: a field is not valid
  }, true);
}

if (globalThis.document) begin(); // tests have no document
