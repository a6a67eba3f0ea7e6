// data-live="URL": listens there for "changed" (Server-Sent Events) and dispatches a "live" event on <body>.
// The page then fetches its fragments through its normal view, so no data is sent here.
import { _ } from "./language.js";
(() => {
  const QUIET = 200; // ms: bursts become one refresh, and the last change is never lost
  const POLL = 5000; // ms: while the stream is down
  const SURE = 400; // ms: without Redis a stream opens and ends at once; don't show "live" then
  const source = document.querySelector("[data-live]");
  if (!source) return;

  let stream = null, timer = 0, last = 0, poll = 0, retry = 0, sure = 0, shown = "start";
  let missed = !/[?&]since=./.test(source.dataset.live); // the page has no position: refresh once when the stream opens

  function show(state) {
    const words = { start: _("connecting"), live: _("live"), wait: _("reconnecting") };
    shown = state;
    for (const element of document.querySelectorAll("[data-live-state]")) {
      element.dataset.liveState = state;
      const word = element.querySelector("[data-live-word]");
      if (word) word.textContent = words[state];
    }
  }

  function tell() {
    timer = 0;
    last = Date.now();
    document.body.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  }

  function changed() {
    if (document.hidden) { missed = true; return; }
    if (!timer) timer = setTimeout(tell, Math.max(20, QUIET - (Date.now() - last)));
  }

  function polling(on) {
    clearInterval(poll);
    poll = on ? setInterval(changed, POLL) : 0;
  }

  function open() {
    clearTimeout(retry);
    stream?.close();
    stream = new EventSource(source.dataset.live);
    let lost = false;
    stream.addEventListener("open", () => {
      polling(false);
      sure = setTimeout(() => show("live"), SURE);
      if (lost || missed) changed(); // what happened between two streams
      lost = missed = false;
    });
    stream.addEventListener("changed", changed);
    stream.addEventListener("error", () => {
      clearTimeout(sure);
      show("wait");
      if (!lost) polling(true);
      lost = true;
      // An error response ends an EventSource permanently; it reconnects lost connections itself, with Last-Event-ID.
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(() => { missed = true; open(); }, POLL);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { // a browser allows six streams per host: a hidden tab must not use one
      polling(false);
      clearTimeout(retry);
      stream?.close();
    } else {
      missed = true;
      open();
    }
  });
  document.addEventListener("htmx:afterSettle", () => show(shown)); // also in what was fetched
  addEventListener("pagehide", () => stream?.close()); // a browser allows only six open streams per host
  addEventListener("pageshow", (event) => event.persisted && (missed = true, open()));
  open();
})();
