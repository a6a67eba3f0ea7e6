// The page of all endpoints: search them, and try them as the signed-in person. The page is readable without it.
// Returns an address such as /hubs/{uid}/ filled with its parts and its query, each a list of [name, text].
import { _, plural } from "./language.js";
export const filled = (pattern, parts, query) => {
  const texts = Object.fromEntries(parts);
  const path = pattern.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(texts[name] ?? ""));
  const asked = new URLSearchParams(query).toString();
  return asked ? `${path}?${asked}` : path;
};

const LONGEST = 100000; // characters of a response that are shown
export const pretty = (text) => {
  try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON */ }
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\n${_("… and more")}` : text;
};

function begin() {
  const search = document.querySelector("[data-api-filter]");
  if (!search) return;
  const TOLD = ["ETag", "Location", "Retry-After", "RateLimit", "X-Request-ID"];
  const PATIENCE = 20000; // ms

  // --- find
  const narrow = () => {
    const words = search.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const group of document.querySelectorAll("[data-api-group]")) {
      let some = false;
      for (const one of group.querySelectorAll("details")) {
        const text = one.querySelector("summary").textContent.toLowerCase();
        one.hidden = !words.every((word) => text.includes(word));
        if (!one.hidden) { some = true; count += 1; }
      }
      group.hidden = !some;
    }
    search.querySelector("[role=status]").textContent = words.length ? plural("{count} found", "{count} found", count) : "";
  };
  search.hidden = false;
  search.addEventListener("input", narrow);
  search.addEventListener("submit", (event) => event.preventDefault());

  // --- try
  const prepare = (details) => {
    const made = details.querySelector(":scope > template");
    if (details.open && made) made.replaceWith(made.content);
  };
  document.addEventListener("toggle", (event) => {
    if (event.target instanceof HTMLDetailsElement) prepare(event.target);
  }, true);

  const given = (form, where) => [...form.elements]
    .filter((one) => one.name.startsWith(`${where}:`) && one.value.trim())
    .map((one) => [one.name.slice(where.length + 1), one.value.trim()]);

  const address = (form) => filled(form.dataset.path, given(form, "path"), given(form, "query"));

  const read = async (answer) => {
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/event-stream")) return answer.text();
    const reader = answer.body.getReader(); // the stream would last for minutes: its first event is enough
    const decoder = new TextDecoder();
    let text = "";
    while (!text.includes("data:")) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
    return text;
  };

  const block = (label, text) => {
    const box = document.createElement("div");
    box.className = "code";
    const pre = document.createElement("pre");
    pre.tabIndex = 0;
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", label);
    pre.textContent = text;
    box.append(pre);
    return box;
  };

  const show = (form, line, headers, text) => {
    const title = document.createElement("p");
    title.className = "small";
    const strong = document.createElement("strong");
    strong.textContent = line;
    title.append(strong);
    form.querySelector(".try-answer").replaceChildren(
      title, ...(headers ? [block(_("Headers"), headers)] : []), ...(text ? [block(_("Response"), pretty(text))] : []),
    );
  };

  const send = async (form) => {
    const { method } = form.dataset;
    const path = address(form);
    if (method !== "GET" && !confirm(`${method} ${path}\n\n${_("This request is really executed, on your behalf.")}`)) return;
    const headers = { Accept: "application/json", ...Object.fromEntries(given(form, "header")) };
    const body = form.elements.body?.value;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["X-CSRFToken"] = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    show(form, _("Sending…"));
    const began = performance.now();
    try {
      const answer = await fetch(path, { method, headers, body, signal: AbortSignal.timeout(PATIENCE) });
      const told = TOLD.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
      const text = await read(answer);
      show(form, `${answer.status} ${answer.statusText}, ${Math.round(performance.now() - began)} ms`, told.join("\n"), text);
    } catch {
      show(form, _("There was no response. Check your network connection."));
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form.try");
    if (!form) return;
    event.preventDefault();
    send(form);
  });

  // --- an address with #hubs_list opens it
  const opened = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (opened instanceof HTMLDetailsElement) opened.open = true;
  document.querySelectorAll("details[open]").forEach(prepare);
}

if (globalThis.document) begin(); // a test has none
