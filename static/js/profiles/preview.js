// A preview of the page on which people start their server, as KubeSpawner renders it. It is interactive.
import { _ } from "../language.js";
import { h } from "./dom.js";
import { gpusOf } from "./model.js";
import { groupKey, groupsNamed, offered } from "./offers.js";
import { bytesOf, cpuWords, memoryWords } from "./words.js";

const FORM = "pb-preview-form"; // its controls belong to a separate form, so that they are not sent with the page
const OTHER = "unlisted-choice";
const NESTED = /\)[+*{]|\\[1-9]|\(\?(?!:)/; // as in hubs/spec/profiles.py: such a pattern could take forever
const chosen = { profile: null, group: "", choices: new Map(), typed: new Map() };

const startsAt = (items) => items.find((one) => one.data.default) ?? items[0];

function pickOf(option) {
  const said = chosen.choices.get(option.id);
  if (said === OTHER && option.free?.data.enabled) return OTHER;
  return option.choices.find((one) => one.id === said) ?? startsAt(option.choices) ?? OTHER;
}

// Return whether the text matches the pattern: true, false, or null if it can't be checked here.
export function fits(pattern, text) {
  if (!pattern) return true;
  if (NESTED.test(pattern)) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(text);
  } catch {
    return null;
  }
}

function freeAnswer(option, redraw) {
  const { data } = option.free, id = `pv-${option.id}-free`;
  const problem = h("p", { class: "field-error", id: `${id}-error` });
  const judge = (text) => {
    const fine = !text || fits(data.validation_regex, text) !== false;
    problem.textContent = fine ? "" : data.validation_message || _("This doesn’t match the pattern.");
    input.toggleAttribute("aria-invalid", !fine);
    if (!fine) input.setAttribute("aria-invalid", "true");
  };
  const input = h("input", { type: "text", id, form: FORM, autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-error`,
    value: chosen.typed.get(option.id) ?? "", oninput: (event) => { chosen.typed.set(option.id, event.target.value); judge(event.target.value); redraw.summary(); } });
  judge(input.value);
  return h("div", { class: "field" }, h("label", { for: id }, data.display_name || option.data.display_name || _("Your answer")), input, problem);
}

function question(option, redraw) {
  const pick = pickOf(option), id = `pv-${option.id}`;
  const control = h("select", { id, form: FORM, onchange: (event) => { chosen.choices.set(option.id, event.target.value); redraw.all(id); } },
    option.choices.map((one) => h("option", { value: one.id, selected: one === pick }, one.data.display_name || _("New choice"))),
    option.free?.data.enabled && h("option", { value: OTHER, selected: pick === OTHER }, option.free.data.display_name_in_choices || _("Other...")));
  return h("div", { class: "pv-option" }, h("div", { class: "field" }, h("label", { for: id }, option.data.display_name || _("New option")), control),
    pick === OTHER && option.free?.data.enabled && freeAnswer(option, redraw));
}

function card(profile, current, redraw) {
  const id = `pv-${profile.id}`;
  return h("li", { class: `pv-card${profile === current ? " on" : ""}`, onclick: (event) => {
    if (chosen.profile === profile.id || event.target.closest("select, input:not([type=radio])")) return;
    chosen.profile = profile.id;
    redraw.all(id);
  }, onchange: (event) => { // changing an option of a card selects the card
    if (chosen.profile !== profile.id) { chosen.profile = profile.id; redraw.all(event.target.id); }
  } },
  h("input", { type: "radio", name: "profile", id, form: FORM, checked: profile === current }),
  h("div", {}, h("label", { for: id }, profile.data.display_name || _("New profile")),
    profile.data.description && h("p", {}, profile.data.description),
    profile.options.map((option) => question(option, redraw))));
}

const filled = (fields, text) => Object.fromEntries(Object.entries(fields).map(([key, value]) =>
  [key, typeof value === "string" ? value.replaceAll("{value}", text || "…") : value]));

// Return the server's settings after those of the profile and of each choice.
function outcome(profile) {
  let fields = { ...profile.server.fields };
  for (const option of profile.options) {
    const pick = pickOf(option);
    if (pick !== OTHER) fields = { ...fields, ...pick.server.fields };
    else if (option.free?.data.enabled) fields = { ...fields, ...filled(option.free.server.fields, chosen.typed.get(option.id) ?? "") };
  }
  return fields;
}

function summary(profile) {
  const fields = outcome(profile), bytes = [fields.mem_guarantee, fields.mem_limit].map((one) => one === undefined ? null : bytesOf(one));
  const facts = [[_("Image"), fields.image ?? _("hub default")], [_("Memory"), memoryWords(fields) || _("hub default")],
    [_("CPU"), cpuWords(fields) || _("hub default")], ...(gpusOf(fields) ? [[_("GPUs"), gpusOf(fields)]] : []),
    ...(fields.default_url ? [[_("Opens with"), fields.default_url]] : [])];
  return [
    h("dl", { class: "pv-facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    bytes[0] && bytes[1] && bytes[0] > bytes[1] && h("p", { class: "small" }, _("The guaranteed memory is above the limit.")),
  ].filter(Boolean);
}

export function preview(place, profiles) {
  place.hidden = !profiles.length;
  const groups = groupsNamed(profiles);
  chosen.group = groups.find((one) => groupKey(one) === groupKey(chosen.group)) ?? "";
  const seen = offered(profiles, chosen.group ? [chosen.group] : []);
  const current = seen.find((one) => one.id === chosen.profile) ?? startsAt(seen);
  const redraw = {
    all: (focus) => { preview(place, profiles); if (focus) document.getElementById(focus)?.focus(); },
    summary: () => current && place.querySelector("#pv-outcome").replaceChildren(...summary(current)),
  };
  const who = groups.length > 0 && h("div", { class: "field pv-who" }, h("label", { for: "pv-who" }, _("View as a person")),
    h("select", { id: "pv-who", form: FORM, onchange: (event) => { chosen.group = event.target.value; redraw.all("pv-who"); } },
      h("option", { value: "", selected: !chosen.group }, _("in none of the groups")),
      groups.map((group) => h("option", { value: group, selected: group === chosen.group }, _("in {group}", { group })))));
  place.replaceChildren(...[
    h("header", {}, h("h2", { id: "pv-title" }, _("What people will see"))),
    who,
    seen.length ? h("ul", { class: "pv-list", "aria-labelledby": "pv-title" }, seen.map((one) => card(one, current, redraw)))
      : h("p", { class: "muted small" }, _("They see no profiles, so they can’t start a server.")),
    current && h("h3", { class: "pv-sub" }, _("Resulting server")),
    h("div", { id: "pv-outcome" }, current ? summary(current) : []),
  ].filter(Boolean));
}
