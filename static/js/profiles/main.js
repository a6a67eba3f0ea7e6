// The profile builder: cards above the text area of a profile list. The text area is what is saved and sent; it is under
// “As text”, and works without JavaScript.
import { _ } from "../language.js";
import { h } from "./dom.js";
import { editor, refresh } from "./editor.js";
import { at, profileFrom, trail } from "./model.js";
import { preview } from "./preview.js";
import { written } from "./yaml.js";

const WAIT = 500; // ms until errors are requested
const WARNED = '[id$="-allowed_groups-note"]'; // next to each “Only for these groups”
const INTERFACES = [["/lab", "JupyterLab"], ["/tree", "Jupyter Notebook"], ["/rstudio", "RStudio"], ["/vscode", "VS Code"], ["/desktop", "Desktop"]];

class Builder {
  constructor(area) {
    const { builder, builderRead, builderLadder, builderPools } = area.dataset;
    Object.assign(this, { area, readUrl: builderRead, ladderUrl: builderLadder, pools: JSON.parse(builderPools ?? "[]"),
      profiles: [], problems: [], warnings: [], wrong: "", owners: [], left: new Set(), timer: 0, asked: 0, busy: false });
    this.frame();
    this.take(JSON.parse(builder));
  }

  // --- layout
  frame() {
    const field = this.area.closest(".field"), host = field.closest(".with-asked") ?? field;
    const label = field.querySelector(".field-head"), help = field.querySelector(".field-help");
    const title = label.querySelector("label").firstChild.textContent.trim();
    this.root = h("div", { class: "profile-builder" });
    this.live = h("div", { class: "visually-hidden", role: "status" });
    this.warning = h("div", { role: "alert" });
    this.fold = h("details", { class: "pb-fold pb-text" }, h("summary", {}, _("As text (YAML)")));
    this.preview = h("section", { class: "panel pb-preview", "aria-labelledby": "pv-title" });
    host.before(h("div", { class: "pb-headline" }, h("h2", {}, title), help ? h("p", { class: "field-help" }, help.textContent) : null),
      this.warning, this.root, this.live,
      h("datalist", { id: "pb-interfaces" }, INTERFACES.map(([value, text]) => h("option", { value }, text))));
    host.before(this.fold);
    this.fold.append(field);
    document.body.append(h("form", { id: "pb-preview-form", hidden: true }));
    this.place();
    this.listen();
  }

  place() { // next to the editor if there is room, otherwise below it
    const wide = matchMedia("(width >= 68rem)"), side = document.querySelector("aside.side");
    const put = () => side && wide.matches ? side.prepend(this.preview) : this.fold.before(this.preview);
    put();
    wide.addEventListener("change", put);
  }

  listen() {
    for (const place of [this.root, this.preview]) {
      for (const kind of ["input", "change"]) place.addEventListener(kind, (event) => event.stopPropagation()); // the text area sends its own events
      place.addEventListener("keydown", (event) => { // Enter in a field must not submit the form
        if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
      });
    }
    this.root.addEventListener("focusout", (event) => { this.left.add(event.target.id); this.show(); });
    this.area.addEventListener("input", () => { if (!this.busy) this.soon(true); });
    document.addEventListener("click", (event) => { // from the error summary to the error
      if (!event.target.closest?.(`a[href="#${CSS.escape(this.area.id)}"], a[href="#${this.area.id}"]`)) return;
      const bad = this.root.querySelector('[aria-invalid="true"]') ?? this.root.querySelector(".pb-flag:not(:empty)")?.closest("button");
      if (!bad) this.fold.open = true;
      event.preventDefault();
      (bad ?? this.area).focus();
    });
  }

  // --- called by the cards
  siblings(item) {
    for (const profile of this.profiles) {
      if (profile === item) return this.profiles;
      for (const option of profile.options) {
        if (option === item) return profile.options;
        if (option.choices.includes(item)) return option.choices;
      }
    }
    return [];
  }

  announce(text) {
    this.live.textContent = "";
    requestAnimationFrame(() => { this.live.textContent = text; });
  }

  changed(item = null) {
    const { text, owners } = written(this.profiles);
    this.owners = owners;
    this.busy = true;
    this.area.value = text;
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.busy = false;
    if (item) refresh(this.root, item);
    preview(this.preview, this.profiles);
    this.soon(false);
  }

  redraw(focus = null) {
    this.root.replaceChildren(...editor(this).filter(Boolean));
    for (const profile of this.profiles) {
      for (const one of [profile, ...profile.options, ...profile.options.flatMap((option) => option.choices)]) refresh(this.root, one);
    }
    this.show();
    if (focus) document.getElementById(focus)?.focus();
  }

  // --- the server parses the text
  soon(all) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(all), WAIT);
  }

  async ask(all) {
    const mine = ++this.asked, body = new FormData();
    body.set("text", this.area.value);
    try {
      const answer = await fetch(this.readUrl, { method: "POST", body, redirect: "manual",
        headers: { "X-CSRFToken": this.area.form.elements.csrfmiddlewaretoken.value } });
      if (answer.status !== 200 && answer.status !== 422) return;
      const found = await answer.json();
      if (mine !== this.asked) return;
      if (all) this.take(found);
      else {
        [this.problems, this.warnings, this.wrong] = [found.problems ?? [], found.warnings ?? [], found.wrong ?? ""];
        this.show();
      }
    } catch { /* ignore: the form reports errors when it is sent */ }
  }

  take(found) { // replace the whole list, from the page or after the text was edited
    this.wrong = found.wrong ?? "";
    [this.problems, this.warnings] = [found.problems ?? [], found.warnings ?? []];
    this.owners = [];
    this.preview.hidden = Boolean(found.wrong);
    if (found.wrong) {
      this.root.hidden = true;
      this.fold.open = true;
    } else {
      this.root.hidden = false;
      const open = new Set(this.profiles.filter((one) => one.open).map((one) => one.data.display_name));
      this.profiles.splice(0, this.profiles.length, ...found.profiles.map(profileFrom));
      for (const one of this.profiles) one.open = open.has(one.data.display_name);
      this.redraw();
      preview(this.preview, this.profiles);
    }
    this.show();
  }

  // --- errors, next to their fields
  say(id, words) {
    const place = document.getElementById(`${id}-error`), control = document.getElementById(id);
    if (!place) return false;
    place.textContent = words;
    if (control && /^(INPUT|TEXTAREA|SELECT)$/.test(control.tagName)) {
      if (words) control.setAttribute("aria-invalid", "true"); else control.removeAttribute("aria-invalid");
    }
    return true;
  }

  show() {
    for (const place of this.root.querySelectorAll(".field-error[id]")) {
      if (place.textContent && !place.id.endsWith("-key-error")) this.say(place.id.replace(/-error$/, ""), "");
    }
    for (const flag of this.root.querySelectorAll(".pb-flag")) flag.textContent = "";
    for (const place of this.root.querySelectorAll(`${WARNED}, .pb-warning`)) place.textContent = "";
    for (const { path, message } of this.warnings) this.warn(path, message);
    for (const { path, message } of this.problems) this.tell(path, message);
    const unread = this.wrong && !this.tellLine();
    this.warning.replaceChildren(...(unread ? [h("div", { class: "notice warning" }, h("div", {}, h("strong", {}, _("The text can’t be shown as cards yet")),
      `${this.wrong} ${_("Nothing is lost: correct it under “As text”.")}`))] : []));
  }

  tell(path, message) {
    const [item, rest] = at(this.profiles, path);
    if (!item) return;
    const names = rest[0] === "kubespawner_override" && rest.length > 1 ? [rest.at(-1), rest[0]] : rest.slice(0, 1);
    const untouched = item.isNew && !this.left.has(`${item.id}-${names[0] ?? "toggle"}`) && !message.includes("“");
    if (untouched && (item.data.display_name ?? "") === "") return; // don't report fields that are not filled in yet
    for (const one of trail(this.profiles, path)) {
      const flag = document.getElementById(`${one.id}-flag`);
      if (flag) flag.textContent = _("to correct");
    }
    if (!names.some((name) => this.say(`${item.id}-${name}`, message))) this.say(item.id, message);
  }

  warn(path, message) { // not an error: people may be added to the group later
    const [item, rest] = at(this.profiles, path);
    const place = item && document.getElementById(`${item.id}-${rest.length ? "warning" : "allowed_groups-note"}`);
    if (place) place.textContent = message;
    for (const one of trail(this.profiles, path)) {
      const flag = document.getElementById(`${one.id}-flag`);
      if (flag) flag.textContent = _("to check");
    }
  }

  tellLine() { // an error in a text box with YAML: its line tells which box
    const line = Number(/^\S+ (\d+), \S+ \d+: /.exec(this.wrong)?.[1]);
    for (let number = Math.min(line, this.owners.length); number > 0; number--) {
      if (this.owners[number - 1]) return this.say(this.owners[number - 1], this.wrong.replace(/^\S+ \d+, \S+ \d+: /, ""));
    }
    return false;
  }
}

document.querySelectorAll("textarea[data-builder]").forEach((area) => new Builder(area));
