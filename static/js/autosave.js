// data-autosave="URL" on a form: saves 800 ms after the last change, and when the page is left. The field `seen` contains
// what the page showed: if another tab changed the same field, both answers are shown next to it.
import { _ } from "./language.js";
(() => {
  const WAIT = 800, AGAIN = 5000; // ms
  const SHORT = 300; // characters of a plain-text response that is shown unchanged

  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const place = form.querySelector("[data-autosave-state]") ?? document.querySelector("[data-autosave-state]");
    let timer = 0, dirty = false, saving = false, retried = false;
    const SIGNED_OUT = _("Not saved: you are signed out. What you typed stays on this page.");

    function say(text, bad = false) {
      if (!place) return;
      place.setAttribute("role", "status");
      place.textContent = text;
      place.classList.toggle("bad", bad);
    }

    async function refusal(answer) {
      const plain = (answer.headers.get("content-type") ?? "").startsWith("text/plain");
      const text = plain ? await answer.text() : "";
      return text && text.length <= SHORT ? text : _("Not saved. Reload the page to continue.");
    }

    // What another tab or person saved meanwhile: shown if this page has nothing newer, otherwise the user is asked.
    function merge(told) {
      const seen = { ...JSON.parse(form.elements.seen.value || "{}"), ...told.seen };
      form.elements.seen.value = JSON.stringify(seen);
      for (const path of Object.keys(told.seen)) form.querySelector(`[data-both="${CSS.escape(path)}"]`)?.remove();
      for (const [path, text] of Object.entries(told.texts)) put(path, text);
      for (const one of told.both) ask(one);
      return told.both;
    }

    function put(path, text) {
      const field = form.elements[path];
      if (!field || field === document.activeElement) return;
      if (field.type === "checkbox") field.checked = text === "yes";
      else field.value = text;
    }

    function ask({ path, theirs }) {
      const field = form.elements[path], first = field instanceof RadioNodeList ? field[0] : field;
      const asked = form.querySelector(`[data-both="${CSS.escape(path)}"]`);
      if (!first) return;
      if (asked) { asked.querySelector(".theirs").textContent = theirs || _("nothing"); return; }
      const box = document.querySelector("#both-asked").content.firstElementChild.cloneNode(true);
      box.dataset.both = path;
      for (const choice of box.querySelectorAll("input")) {
        choice.name = `choice.${path}`;
        choice.id = `id_${path}-${choice.value}`;
        choice.nextElementSibling.htmlFor = choice.id;
      }
      box.querySelector(".theirs").textContent = theirs || _("nothing");
      first.closest(".field").append(box);
    }

    async function save() {
      clearTimeout(timer);
      timer = 0;
      if (saving || !dirty || form.dataset.sent) return;
      saving = true;
      dirty = false;
      say(_("Saving…"));
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), redirect: "manual" });
        const closed = answer.type === "opaqueredirect" || [401, 403].includes(answer.status);
        if (answer.ok) {
          const both = answer.status === 200 ? merge(await answer.json()) : [];
          if (both.length) say(_("Changed in another tab: choose below."), true);
          else say(_("Draft saved"));
          if (!dirty) delete form.dataset.typed;
        } else if (closed && window.portalSession) {
          dirty = true;
          const how = await window.portalSession.check();
          if (how === "in" && !retried) { // the page's CSRF token belonged to an earlier session
            retried = true;
            timer = setTimeout(save, WAIT);
          } else say(how === "in" ? await refusal(answer) : SIGNED_OUT, true);
          saving = false;
          return;
        } else if (answer.status >= 400 && answer.status < 500) say(await refusal(answer), true);
        else throw new Error(String(answer.status));
      } catch {
        dirty = true;
        say(_("Not saved, retrying"), true);
        timer = setTimeout(save, AGAIN);
      }
      saving = retried = false;
      if (dirty && !timer) timer = setTimeout(save, WAIT);
    }

    function later() {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(save, WAIT);
    }

    // The page of a new hub is named after it, also while its name is typed.
    const name = form.elements["about.title"], heading = document.querySelector("h1");
    const named = form.dataset.named, page = document.title, first = heading?.textContent;
    if (name && named) name.addEventListener("input", () => {
      document.title = page.replace(named, () => name.value.trim() || named);
      heading.textContent = name.value.trim() || first;
    });

    form.addEventListener("input", later);
    form.addEventListener("change", later);
    document.addEventListener("portal:signed-in", () => dirty && save());
    document.addEventListener("visibilitychange", () => document.hidden && save());
    addEventListener("pagehide", () => {
      if (!dirty || form.dataset.sent) return;
      navigator.sendBeacon(form.dataset.autosave, new FormData(form)); // still works while the page is closing
    });
  }
})();
