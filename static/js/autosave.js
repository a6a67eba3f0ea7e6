// data-autosave="URL" on a form: what was typed is kept 800 ms after the last change, and when the page is left.
(() => {
  const WAIT = 800, AGAIN = 5000; // ms
  const SHORT = 300; // characters of a text answer that we show as it is

  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const place = form.querySelector("[data-autosave-state]") ?? document.querySelector("[data-autosave-state]");
    let timer = 0, dirty = false, saving = false;

    function say(text, bad = false) {
      if (!place) return;
      place.setAttribute("role", "status");
      place.textContent = text;
      place.classList.toggle("bad", bad);
    }

    async function refusal(answer) {
      const plain = (answer.headers.get("content-type") ?? "").startsWith("text/plain");
      const text = plain ? await answer.text() : "";
      return text && text.length <= SHORT ? text : "Not saved. Load the page again to go on.";
    }

    async function save() {
      clearTimeout(timer);
      timer = 0;
      if (saving || !dirty || form.dataset.sent) return;
      saving = true;
      dirty = false;
      say("Saving…");
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), redirect: "manual" });
        if (answer.ok) say("Saved");
        else if (answer.type === "opaqueredirect") say("Not saved: you are signed out. Sign in in another tab, then type on here.", true);
        else if (answer.status >= 400 && answer.status < 500) say(await refusal(answer), true);
        else throw new Error(String(answer.status));
      } catch {
        dirty = true;
        say("Not saved, trying again", true);
        timer = setTimeout(save, AGAIN);
      }
      saving = false;
      if (dirty && !timer) timer = setTimeout(save, WAIT);
    }

    function later() {
      dirty = true;
      clearTimeout(timer);
      timer = setTimeout(save, WAIT);
    }

    form.addEventListener("input", later);
    form.addEventListener("change", later);
    document.addEventListener("visibilitychange", () => document.hidden && save());
    addEventListener("pagehide", () => {
      if (!dirty || form.dataset.sent) return;
      navigator.sendBeacon(form.dataset.autosave, new FormData(form)); // a page that goes away can still say this
    });
  }
})();
