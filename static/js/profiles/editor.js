// The insides of the cards: a profile, a question, a choice, a free answer, and what a server gets.
import { check, field, h } from "./dom.js";
import { openLadder } from "./ladder.js";
import { cards, nameOf, renamed } from "./list.js";
import { freeSlug, isKey, newChoice, newFree, newOption, newProfile, setSetting, setText, slugged, unique } from "./model.js";
import { cpuWords, memoryNote, memoryWords } from "./words.js";

const unfolded = new Set(); // ids of folds that somebody opened

function fold(id, title, open, ...inside) {
  return h("details", { class: "pb-fold", id, open: open || unfolded.has(id),
    ontoggle: (event) => unfolded[event.target.open ? "add" : "delete"](id) }, h("summary", {}, title), ...inside);
}

function add(context, items, made) {
  items.push(made);
  context.changed();
  context.redraw(`${made.id}-display_name`);
  context.announce(`Added, ${items.length} of ${items.length}.`);
}

// One line about a card that may be closed.
function about(item) {
  const { fields } = item.server ?? { fields: {} };
  const parts = item.kind === "option"
    ? [`${item.choices.length} choice${item.choices.length === 1 ? "" : "s"}${item.free?.data.enabled ? " and a free answer" : ""}`]
    : [item.data.default && "chosen at first", fields.image, memoryWords(fields), cpuWords(fields)];
  if (item.kind === "profile") parts.push(item.options.length && `${item.options.length} question${item.options.length === 1 ? "" : "s"}`);
  if (item.groups) parts.push(item.groups.length ? `only ${item.groups.join(", ")}` : "for nobody");
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

function named(context, item) { // a new one's short name follows its name, until somebody writes another
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
  return field(id, "Short name", item.key, (value) => {
    take(value);
    context.say(id, fine(value) ? "" : isKey(value) ? "Another one here has this short name." : "Letters, digits, dots and dashes.");
  }, { note: "For addresses; people don’t see it.", maxlength: 60,
    onblur: (control) => { control.value = item.key; context.say(id, ""); } });
}

function slugField(context, item) {
  return field(`${item.id}-slug`, "Short name", item.data.slug, (value) => {
    item.ownKey = true;
    setText(item, "slug", value.trim());
    context.changed(item);
  }, { note: "For addresses; people don’t see it.", maxlength: 63, optional: true });
}

function first(context, item, what) {
  return check(`${item.id}-default`, "Chosen at first", item.data.default === true, (on) => {
    for (const one of context.siblings(item)) {
      if (one === item || !on || !one.data.default) continue;
      delete one.data.default;
      const shown = document.getElementById(`${one.id}-default`);
      if (shown) shown.checked = false;
      context.changed(one);
    }
    if (on) item.data.default = true; else delete item.data.default;
    context.changed(item);
  }, `One ${what} is; otherwise it is the first.`);
}

function setting(context, item, name, label, options) {
  const id = `${item.id}-${name}`, memory = name.startsWith("mem_");
  const note = (value) => memory ? memoryNote(value) : "";
  return field(id, label, item.server.fields[name] ?? "", (value) => {
    setSetting(item.server, name, value, name.startsWith("cpu_"));
    if (memory) document.getElementById(`${id}-note`).textContent = note(value);
    context.changed(item);
  }, { ...options, note: note(String(item.server.fields[name] ?? "")) });
}

function serverFields(context, item, legend, help) {
  return h("fieldset", { class: "pb-server", "aria-describedby": `${item.id}-server-help` },
    h("legend", {}, legend),
    h("p", { class: "field-help", id: `${item.id}-server-help` }, help),
    h("p", { class: "field-error", id: `${item.id}-kubespawner_override-error` }),
    setting(context, item, "image", "Image", { placeholder: "As the hub says" }),
    h("div", { class: "pb-grid pb-sizes" },
      setting(context, item, "mem_guarantee", "Memory for sure", { placeholder: "such as 1G" }),
      setting(context, item, "mem_limit", "Memory at most", { placeholder: "such as 2G" }),
      setting(context, item, "cpu_guarantee", "CPU for sure", { unit: "cores", inputmode: "decimal" }),
      setting(context, item, "cpu_limit", "CPU at most", { unit: "cores", inputmode: "decimal" })),
    setting(context, item, "default_url", "Opens with", { placeholder: "As the hub says, such as /lab", list: "pb-interfaces" }),
    fold(`${item.id}-server-fold`, "Other settings of KubeSpawner", Boolean(item.server.more.trim()),
      field(`${item.id}-server-more`, "Other settings, as YAML", item.server.more, (value) => { item.server.more = value; context.changed(item); },
        { tag: "textarea", rows: 4, mono: true, help: "Such as environment, node_selector or tolerations. Kept word for word; a person looks at most of them." })));
}

function unknown(context, item) {
  return item.more.trim() ? field(`${item.id}-more`, "What has no field here, as YAML", item.more, (value) => { item.more = value; context.changed(item); },
    { tag: "textarea", rows: 3, mono: true }) : null;
}

const problemPlace = (item) => h("p", { class: "field-error", id: `${item.id}-error` });

function groupsField(context, item) {
  return field(`${item.id}-allowed_groups`, "Only for these groups", (item.groups ?? []).join(", "), (value) => {
    const groups = value.split(",").map((group) => group.trim()).filter(Boolean);
    item.groups = groups.length ? groups : undefined;
    context.changed(item);
  }, { optional: true, kind: "pb-groups",
    help: "Separate several with commas. Empty: for everybody. Hub admins are no exception, but “admins” is a group where people sign in with their account here." });
}

// --- cards
function choiceBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" }, text(context, item, "display_name", "Name", { maxlength: 100, prose: true }), keyField(context, item)),
    first(context, item, "choice"), groupsField(context, item), serverFields(context, item, "What this choice changes", "Leave empty what stays as it is."), unknown(context, item)];
}

function freeAnswer(context, item) {
  const free = item.free;
  const toggle = check(`${item.id}-free`, "People may type an answer of their own", free?.data.enabled === true, (on) => {
    if (!item.free) item.free = newFree();
    item.free.data.enabled = on;
    context.changed(item);
    context.redraw(`${item.id}-free`);
  });
  if (free?.data.enabled !== true) return toggle;
  return h("div", { class: "pb-free" }, toggle, problemPlace(free),
    h("div", { class: "pb-grid" },
      text(context, free, "display_name_in_choices", "Name in the list", { maxlength: 100, prose: true }),
      text(context, free, "display_name", "Label of the field", { maxlength: 100, prose: true }),
      text(context, free, "validation_regex", "Pattern", { maxlength: 200, optional: true, mono: true, note: "A regular expression, such as ^.+:.+$" }),
      text(context, free, "validation_message", "What to say when it doesn’t fit", { maxlength: 100, optional: true, prose: true })),
    groupsField(context, free),
    serverFields(context, free, "What the answer changes", "{value} stands for what was typed."), unknown(context, free));
}

function ladderAction(context, item, options) {
  return { id: `${item.id}-ladder`, text: "Sizes from a node pool…", picture: "memory", act: () => openLadder(context, (rungs) => {
    const target = options ? newOption(options) : item;
    if (options) {
      Object.assign(target, { key: unique("size", options), ownKey: true });
      target.data.display_name = "Memory and CPU";
      options.push(target);
    }
    for (const [number, rung] of rungs.entries()) {
      const outline = { display_name: rung.name, kubespawner_override: { fields: rung.override, more: rung.more } };
      if (!number && !target.choices.some((one) => one.data.default)) outline.default = true;
      target.choices.push(Object.assign(newChoice(target.choices, outline, rung.key), { open: false, ownKey: true }));
    }
    context.changed();
    context.redraw(`${target.id}-toggle`);
    context.announce(`${rungs.length} sizes added to ${nameOf(target)}.`);
  }) };
}

function optionBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" },
    text(context, item, "display_name", "Question", { maxlength: 100, prose: true, note: "Such as Environment or Memory." }), keyField(context, item)),
    h("h4", { class: "pb-sub" }, "Choices"),
    cards(context, item.choices, `Choices of ${nameOf(item)}`, (one) => choiceBody(context, one), [
      { id: `${item.id}-add`, text: "Add a choice", act: () => add(context, item.choices, newChoice(item.choices)) },
      ladderAction(context, item, null),
    ]),
    freeAnswer(context, item), unknown(context, item)];
}

function profileBody(context, item) {
  return [problemPlace(item), h("div", { class: "pb-grid" }, text(context, item, "display_name", "Name", { maxlength: 100, prose: true }), slugField(context, item)),
    text(context, item, "description", "Description", { tag: "textarea", rows: 2, optional: true, maxlength: 4000, prose: true }),
    first(context, item, "profile"), groupsField(context, item),
    serverFields(context, item, "What its servers get", "Leave empty what is as the hub says."),
    h("h3", { class: "pb-sub" }, "Questions"),
    cards(context, item.options, `Questions of ${nameOf(item)}`, (one) => optionBody(context, one), [
      { id: `${item.id}-add`, text: "Add a question", act: () => add(context, item.options, newOption(item.options)) },
      ladderAction(context, item, item.options),
    ]), unknown(context, item)];
}

export function editor(context) {
  const { profiles } = context;
  return [
    !profiles.length && h("p", { class: "muted" }, "Now everybody gets the same server. Add a profile to let people choose."),
    ...cards(context, profiles, "Profiles", (item) => profileBody(context, item),
      [{ id: "pb-add", text: "Add a profile", act: () => add(context, profiles, newProfile()) }]),
  ];
}

