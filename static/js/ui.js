// Progressive enhancement: every page works without it.
import { _ } from "./language.js";
// The same spelling as hubs/text/latin.py: as in passports (ICAO Doc 9303).
const SPELLED = {
  ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "oe", å: "aa", þ: "th", ð: "d", đ: "d", ł: "l", ħ: "h", ŧ: "t", ŋ: "n", ı: "i",
};
// Returns a slug made from a title: at most `most` letters, digits and hyphens, starting with a letter.
export const slugOf = (title, most) => title.normalize("NFC").toLowerCase().replace(/[^\x00-\x7f]/g, (letter) => SPELLED[letter] ?? letter)
  .normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
  .replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, most).replace(/-+$/, "");

// Returns whether a slug was suggested, for this title or for its beginning: then it follows the title.
export const suggested = (slug, title, most) => [...title].some((_letter, at) => slugOf(title.slice(0, at + 1), most) === slug);

// Returns whether this control's value differs from what the server sent.
export const changed = (control) => {
  if (control.options) {
    const options = [...control.options], sent = options.filter((one) => one.defaultSelected);
    const first = control.multiple ? sent : [sent.at(-1) ?? options[0]];
    return options.some((one) => one.selected !== first.includes(one));
  }
  if (["checkbox", "radio"].includes(control.type)) return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
};

function begin() {
  const root = document.documentElement;
  const closest = (event, selector) => event.target instanceof Element && event.target.closest(selector);

  window.portalToast = (tone, text) => {
    const place = document.getElementById("toasts");
    if (!place) return;
    const box = document.createElement("div");
    box.className = `notice ${tone}`;
    const words = document.createElement("div");
    words.textContent = text;
    box.append(words);
    place.replaceChildren(box);
    setTimeout(() => box.remove(), 8000);
  };

  // --- theme and menu
  function dark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function toggleTheme() {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* applies to this page only */ }
  }
  function toggle(button) {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", open);
    document.getElementById(button.dataset.toggle)?.classList.toggle("open", open);
  }

  // --- copy
  async function copy(button) {
    const source = document.getElementById(button.dataset.copy.replace("#", ""));
    const text = source.value ?? source.textContent;
    const label = button.querySelector("span") ?? button;
    const before = button.dataset.label ??= label.textContent;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = _("Copied");
    } catch { // not a secure context, or not allowed: select the text, so that Ctrl+C copies it
      getSelection().selectAllChildren(source);
      label.textContent = _("Press Ctrl+C");
    }
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  // --- all check boxes of a group: ticks them, or clears them when all are ticked
  function tickAll(button) {
    const boxes = [...button.parentElement.querySelectorAll("input[type=checkbox]")];
    const on = boxes.some((box) => !box.checked);
    for (const box of boxes) if (box.checked !== on) box.click();
  }

  document.addEventListener("click", (event) => {
    let found;
    if (closest(event, "[data-theme-toggle]")) toggleTheme();
    else if ((found = closest(event, "[data-toggle]"))) toggle(found);
    else if ((found = closest(event, "[data-copy]"))) copy(found);
    else if ((found = closest(event, "[data-tick-all]"))) tickAll(found);
    else if ((found = closest(event, "[data-dialog-close]"))) found.closest("dialog")?.close();
    else if ((found = closest(event, "[data-dialog]"))) {
      const dialog = document.getElementById(found.dataset.dialog);
      if (dialog?.showModal && !event.metaKey && !event.ctrlKey) { event.preventDefault(); dialog.showModal(); }
    } else if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
  });

  // --- type the name to confirm
  const names = (form) => form.querySelector("[name=confirm]");
  function confirmable(form) {
    const button = form.querySelector("button:not([type=button])");
    button.disabled = names(form).value.trim() !== form.dataset.confirmName;
  }

  // --- a form is submitted once; its button shows progress
  function busy(form, submitter) {
    form.dataset.sent = "1";
    const button = submitter ?? form.querySelector("button:not([type=button])");
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    const label = button.querySelector("span") ?? button;
    if (button.dataset.busy) { button.dataset.label = label.textContent; label.textContent = button.dataset.busy; }
  }
  function idle(form) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) {
      button.removeAttribute("aria-busy");
      if (button.dataset.label) (button.querySelector("span") ?? button).textContent = button.dataset.label;
    }
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    busy(form, event.submitter);
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target instanceof HTMLFormElement) idle(event.target);
  });

  document.addEventListener("input", (event) => {
    const form = closest(event, "form[data-confirm-name]");
    if (form) confirmable(form);
    const title = event.target;
    for (const slug of document.querySelectorAll("[data-slug-from]")) {
      if (slug === title) slug.dataset.own = "1";
      else if (slug.dataset.slugFrom === title.id && !slug.dataset.own) suggest(slug, title.value);
    }
  });
  function mostOf(slug) {
    return slug.maxLength > 0 ? slug.maxLength : 40;
  }
  function suggest(slug, title) {
    slug.value = slugOf(title, mostOf(slug));
    slug.dispatchEvent(new Event("change", { bubbles: true }));
  }
  document.addEventListener("change", ({ target }) => { // one choice that sets all whose names begin so
    if (!target.dataset?.sets || !target.value) return;
    for (const each of target.form.querySelectorAll(`select[name^="${target.dataset.sets}"]`)) each.value = target.value;
    target.value = "";
  });
  document.addEventListener("change", (event) => closest(event, "[data-submit]") && event.target.form.requestSubmit());

  // --- polling stops while the page is hidden, or while the reader has paused it
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-pause]");
    if (!button) return;
    const paused = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", paused);
    document.getElementById(button.dataset.pause).dataset.poll = paused ? "off" : "on";
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const box = closest(event, "[data-poll]");
    if (box && (document.hidden || box.dataset.poll === "off")) event.preventDefault();
  });

  // --- htmx: whole pages are navigated to, never swapped into a fragment
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig } = event.detail;
    if (target === document.body || requestConfig.elt.closest("[hx-select]") || !/^\s*<!doctype/i.test(xhr.responseText)) return;
    event.detail.shouldSwap = false;
    if (window.portalSession?.dirty()) { window.portalSession.check(); return; } // what was typed here must not be lost
    location.assign(xhr.responseURL || location.href);
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status === 401 && window.portalSession) window.portalSession.check();
    else if (window.portalSession?.dirty() && requestConfig.verb === "get") return; // the page keeps what was typed
    else if (requestConfig.verb !== "get") window.portalToast("bad", _("Something went wrong. Nothing was changed. Try again in a minute."));
    else if (xhr.status === 404 || xhr.status === 403) location.reload();
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig.verb !== "get") window.portalToast("bad", _("The portal can’t be reached. Nothing was changed."));
  });

  // --- when a page opens, is shown again, or a fragment arrives
  function prepare() {
    for (const form of document.querySelectorAll("form[data-confirm-name]")) if (names(form)) confirmable(form);
    for (const link of document.querySelectorAll("#forecast .notice a[href^='#']")) { // open the details that contain an invalid field
      const folded = document.getElementById(decodeURIComponent(link.hash.slice(1)))?.closest("details");
      if (folded) folded.open = true;
    }
  }
  prepare();
  // A slug that the page came with is the person's own; that of a draft follows its title as long as it was suggested.
  for (const slug of document.querySelectorAll("[data-slug-from]")) {
    const title = document.getElementById(slug.dataset.slugFrom)?.defaultValue ?? "";
    if (slug.value && !("slugDraft" in slug.dataset && suggested(slug.value, title, mostOf(slug)))) slug.dataset.own = "1";
  }
  document.querySelector("[data-focus]")?.focus();

  // --- replay input that was typed before the page's scripts had loaded
  const afresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; // after a reload or Back, the browser restores old answers
  const controls = document.querySelectorAll("form :is(input:not([type=hidden], [type=password]), select, textarea)");
  const early = new Set(afresh ? [...controls].filter(changed) : []);
  const note = (event) => early.add(event.target);
  document.addEventListener("input", note, true);
  document.addEventListener("DOMContentLoaded", () => setTimeout(() => {
    document.removeEventListener("input", note, true);
    for (const control of early) control.dispatchEvent(new Event("input", { bubbles: true }));
  }));
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) { // on a phone it may be outside the visible area
    const row = tab.parentElement;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
  document.addEventListener("htmx:afterSettle", prepare);
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(idle);
  });
}

if (globalThis.document) begin(); // tests have no document
