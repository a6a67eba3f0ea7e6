// Contents of the cards: a profile, an option, a choice, free text, and server settings.
import { _, plural } from "../language.js";
import { check, field, h } from "./dom.js";
import { openLadder } from "./ladder.js";
import { cards, nameOf, renamed } from "./list.js";
import { freeSlug, isKey, newChoice, newFree, newOption, newProfile, setText, slugged, unique } from "./model.js";
import { fold, gpusWords, serverFields } from "./server.js";
import { cpuWords, memoryWords } from "./words.js";

function add(context, items, made) {
  items.push(made);
  context.changed();
  context.redraw(`${made.id}-display_name`);
  context.announce(_("Added, {place} of {count}.", { place: items.length, count: items.length }));
}

// One line about a card, shown even if it is collapsed.
function about(item) {
  const { fields } = item.server ?? { fields: {} };
  const parts = item.kind === "option"
    ? [item.free?.data.enabled ? plural("{count} choice and free text", "{count} choices and free text", item.choices.length)
      : plural("{count} choice", "{count} choices", item.choices.length)]
    : [item.data.default && _("default"), fields.image, memoryWords(fields), cpuWords(fields), gpusWords(fields)];
  if (item.kind === "profile") parts.push(item.options.length && plural("{count} option", "{count} options", item.options.length));
  if (item.groups) parts.push(item.groups.length ? _("only {groups}", { groups: item.groups.join(", ") }) : _("for no one"));
  return parts.filter(Boolean).join(" · ");
}

export function refresh(root, item) {
  renamed(root, item);
  const place = root.querySelector(`#${item.id}-about`);
  if (place) place.textContent = about(item);
}

// --- controls
function text(context, item, name, label, options = {}) {
  return field(`${item.id}-${name}`, label, item.data[name], (value) => {
    setText(item, name, value);
    if (name === "display_name") named(context, item);
    context.changed(item);
  }, options);
}

function named(context, item) { // the short name of a new item follows its name, until it is edited
  if (!item.isNew || item.ownKey) return;
  const siblings = context.siblings(item);
  if (item.kind === "profile") {
    const slug = freeSlug(slugged(item.data.display_name, "-"), siblings, item);
    if (slug) item.data.slug = slug; else delete item.data.slug;
  } else item.key = unique(slugged(item.data.display_name, "_") || item.kind, siblings, item);
  const shown = document.getElementById(`${item.id}-${item.kind === "profile" ? "slug" : "key"}`);
  if (shown) shown.value = item.data.slug ?? item.key ?? "";
}

function keyField(context, item) {
  const siblings = () => context.siblings(item).filter((one) => one !== item);
  const id = `${item.id}-key`;
  const fine = (value) => isKey(value) && !siblings().some((one) => one.key === value);
  const take = (value) => { item.ownKey = true; if (fine(value)) { item.key = value; context.changed(item); } };
  return field(id, _("Short name"), item.key, (value) => {
    take(value);
    context.say(id, fine(value) ? "" : isKey(value) ? _("This short name is already used.") : _("Use letters, digits, dots and hyphens."));
  }, { note: _("Used in URLs. People don’t see it."), maxlength: 60,
    onblur: (control) => { control.value = item.key; context.say(id, ""); } });
}

function slugField(context, item) {
  return field(`${item.id}-slug`, _("Short name"), item.data.slug, (value) => {
    item.ownKey = true;
    setText(item, "slug", value.trim());
    context.changed(item);
  }, { note: _("Used in URLs. People don’t see it."), maxlength: 63, optional: true });
}

function first(context, item, help) {
  return check(`${item.id}-default`, _("Default"), item.data.default === true, (on) => {
    for (const one of context.siblings(item)) {
      if (one === item || !on || !one.data.default) continue;
      delete one.data.default;
      const shown = document.getElementById(`${one.id}-default`);
      if (shown) shown.checked = false;
      context.changed(one);
    }
    if (on) item.data.default = true; else delete item.data.default;
    context.changed(item);
  }, help);
}

function unknown(context, item) {
  return item.more.trim() ? field(`${item.id}-more`, _("Other keys, as YAML"), item.more, (value) => { item.more = value; context.changed(item); },
    { tag: "textarea", rows: 3, mono: true }) : null;
}

const problemPlace = (item) => [h("p", { class: "field-error", id: `${item.id}-error` }),
  h("p", { class: "field-help pb-warning", id: `${item.id}-warning` })];

function groupsField(context, item) {
  return field(`${item.id}-allowed_groups`, _("Only for these groups"), (item.groups ?? []).join(", "), (value) => {
    const groups = value.split(",").map((group) => group.trim()).filter(Boolean);
    item.groups = groups.length ? groups : undefined;
    context.changed(item);
  }, { optional: true, kind: "pb-groups",
    help: _("Separate groups with commas. Leave empty for everyone. Hub admins are not an exception, but if people sign in with their portal account, “admins” is a group.") });
}

function description(context, item, label, help = "") {
  return text(context, item, "description", label, { tag: "textarea", rows: 2, optional: true, maxlength: 8000, prose: true, help });
}

// --- cards
function choiceBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" }, text(context, item, "display_name", _("Name"), { maxlength: 500, prose: true }), keyField(context, item)),
    description(context, item, _("Description"), _("Shown by hubs that use jupyterhub-fancy-profiles.")),
    item.data.slug === undefined ? null : text(context, item, "slug", _("Short name in links"), { maxlength: 200 }),
    first(context, item, _("Preselected for people. Without a default, the first choice is preselected.")), groupsField(context, item), serverFields(context, item, _("Server settings of this choice"), _("Leave a field empty to keep the setting.")), unknown(context, item)];
}

function freeAnswer(context, item) {
  const free = item.free;
  const toggle = check(`${item.id}-free`, _("People can enter their own value"), free?.data.enabled === true, (on) => {
    if (!item.free) item.free = newFree();
    item.free.data.enabled = on;
    context.changed(item);
    context.redraw(`${item.id}-free`);
  });
  if (free?.data.enabled !== true) return toggle;
  return h("div", { class: "pb-free" }, toggle, problemPlace(free),
    h("div", { class: "pb-grid" },
      text(context, free, "display_name_in_choices", _("Name in the list"), { maxlength: 500, prose: true }),
      text(context, free, "display_name", _("Label of the field"), { maxlength: 500, prose: true }),
      text(context, free, "validation_regex", _("Pattern"), { maxlength: 200, optional: true, mono: true, note: _("A regular expression, such as ^.+:.+$") }),
      text(context, free, "validation_message", _("Error message if the value doesn’t match"), { maxlength: 1000, optional: true, prose: true }),
      text(context, free, "description_in_choices", _("Description in the list"), { maxlength: 1000, optional: true, prose: true })),
    description(context, free, _("Description of the field")),
    groupsField(context, free),
    serverFields(context, free, _("Server settings of the value"), _("{value} stands for the value that was entered.")), unknown(context, free));
}

function ladderAction(context, item, options) {
  return { id: `${item.id}-ladder`, text: _("Sizes from a node pool…"), picture: "memory", act: () => openLadder(context, (rungs) => {
    const target = options ? newOption(options) : item;
    if (options) {
      Object.assign(target, { key: unique("size", options), ownKey: true });
      target.data.display_name = _("Memory and CPU");
      options.push(target);
    }
    for (const [number, rung] of rungs.entries()) {
      const outline = { display_name: rung.name, kubespawner_override: { fields: rung.override, more: rung.more } };
      if (!number && !target.choices.some((one) => one.data.default)) outline.default = true;
      target.choices.push(Object.assign(newChoice(target.choices, outline, rung.key), { open: false, ownKey: true }));
    }
    context.changed();
    context.redraw(`${target.id}-toggle`);
    context.announce(plural("{count} size added to {name}.", "{count} sizes added to {name}.", rungs.length, { name: nameOf(target) }));
  }) };
}

function optionBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" },
    text(context, item, "display_name", _("Option"), { maxlength: 500, prose: true, note: _("For example, Environment or Memory.") }), keyField(context, item)),
    h("h4", { class: "pb-sub" }, _("Choices")),
    cards(context, item.choices, _("Choices of {name}", { name: nameOf(item) }), (one) => choiceBody(context, one), [
      { id: `${item.id}-add`, text: _("Add choice"), act: () => add(context, item.choices, newChoice(item.choices)) },
      ladderAction(context, item, null),
    ]),
    freeAnswer(context, item), buildsImages(context, item), unknown(context, item)];
}

function buildsImages(context, item) {
  return check(`${item.id}-dynamic_image_building`, _("People can build an image from a repository"), item.data.dynamic_image_building === true, (on) => {
    if (on) item.data.dynamic_image_building = true; else delete item.data.dynamic_image_building;
    context.changed(item);
  }, _("Requires BinderHub as a service of the hub, and jupyterhub-fancy-profiles. Needs review by staff."));
}

function profileBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" }, text(context, item, "display_name", _("Name"), { maxlength: 500, prose: true }), slugField(context, item)),
    description(context, item, _("Description")),
    first(context, item, _("Preselected for people. Without a default, the first profile is preselected.")), groupsField(context, item),
    serverFields(context, item, _("Server settings"), _("Leave a field empty to use the hub’s setting.")),
    h("h3", { class: "pb-sub" }, _("Options")),
    cards(context, item.options, _("Options of {name}", { name: nameOf(item) }), (one) => optionBody(context, one), [
      { id: `${item.id}-add`, text: _("Add option"), act: () => add(context, item.options, newOption(item.options)) },
      ladderAction(context, item, item.options),
    ]), unknown(context, item)];
}

export function editor(context) {
  const { profiles } = context;
  return [
    !profiles.length && h("p", { class: "muted" }, _("Everyone currently gets the same server. Add a profile to let people choose.")),
    ...cards(context, profiles, _("Profiles"), (item) => profileBody(context, item),
      [{ id: "pb-add", text: _("Add profile"), act: () => add(context, profiles, newProfile()) }]),
  ];
}

