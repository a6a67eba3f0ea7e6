// Shows times in the reader's time zone, and keeps them up to date. The server renders them in UTC, in the same words.
import { _, locale } from "./language.js";

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const ago = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });

// Milliseconds since 1970 or dates.
export function relative(then, now) {
  const seconds = (now - then) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return _("just now");
  if (size >= 30 * DAY) return date.format(then);
  const [unit, name] = [[DAY, "day"], [HOUR, "hour"], [MINUTE, "minute"], [1, "second"]].find(([u]) => size >= u);
  return ago.format(Math.floor(size / unit) * (seconds > 0 ? -1 : 1), name);
}

// Seconds in at most two units.
export function duration(seconds) {
  if (seconds < 1) return _("under 1 s");
  const whole = Math.floor(seconds);
  for (const [size, name, small, smallName] of [[DAY, "d", HOUR, "h"], [HOUR, "h", MINUTE, "min"], [MINUTE, "min", 1, "s"]]) {
    if (whole >= size) {
      const rest = Math.floor((whole % size) / small);
      return `${Math.floor(whole / size)} ${name}${rest ? ` ${rest} ${smallName}` : ""}`;
    }
  }
  return `${whole} s`;
}

function begin() {
  const exact = new Intl.DateTimeFormat(locale, {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });
  // Offers the browser's time zone next to a select in which no other has been chosen.
  // Some browsers report names that the list doesn't have any more.
  const NEWER = {
    "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Europe/Kiev": "Europe/Kyiv", "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "America/Indianapolis": "America/Indiana/Indianapolis",
    "Atlantic/Faeroe": "Atlantic/Faroe", "Africa/Asmera": "Africa/Asmara",
  };
  function suggestZone(select) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const here = NEWER[zone] ?? zone;
    if (!here || select.value === here || ![...select.options].some((one) => one.value === here)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.id = "use-my-zone";
    button.textContent = _("Use this device’s time zone ({zone})", { zone: here.replaceAll("_", " ") });
    button.addEventListener("click", () => {
      select.value = here;
      select.focus();
      button.remove();
    });
    select.after(button);
  }
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-suggest-zone]").forEach(suggestZone));

  const write = (element, text) => element.textContent !== text && (element.textContent = text);

  function times(root = document) {
    const now = Date.now();
    for (const element of root.querySelectorAll("time[data-when]")) {
      const then = new Date(element.dateTime);
      if (Number.isNaN(then.getTime())) continue;
      const full = exact.format(then);
      if (element.title !== full) element.title = full;
      write(element, element.dataset.when === "exact" ? full : relative(then, now));
    }
  }

  function clocks() {
    for (const element of document.querySelectorAll("[data-elapsed]")) {
      write(element, duration(Math.max(0, (Date.now() - new Date(element.dataset.elapsed)) / 1000)));
    }
  }

  const all = () => { times(); clocks(); };
  all();
  document.addEventListener("htmx:afterSettle", all);
  setInterval(clocks, 1000);
  setInterval(times, 15000);
}

if (globalThis.document) begin(); // tests have no document
