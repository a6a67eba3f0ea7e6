// A list of cards that can be opened, moved (buttons, Alt and arrows, or dragged), copied, and removed with undo.
import { _ } from "../language.js";
import { button, h, icon } from "./dom.js";
import { copied } from "./model.js";

const NAMELESS = { profile: _("New profile"), option: _("New option"), choice: _("New choice") };
export const nameOf = (item) => item.data.display_name?.trim() || NAMELESS[item.kind];
const removed = new WeakMap(); // list -> { item, index }: the last one removed

// The name inside a label is updated while typing: see `renamed`.
const named = (item) => h("span", { "data-name-of": item.id }, nameOf(item));
const words = (item, sentence) => {
  const [before, after] = sentence.split("{name}");
  return h("span", { class: "visually-hidden" }, before, named(item), after);
};

export function renamed(root, item) {
  for (const place of root.querySelectorAll(`[data-name-of="${item.id}"]`)) place.textContent = nameOf(item);
}

function move(context, items, from, to) {
  if (to < 0 || to >= items.length || from === to) return false;
  const [item] = items.splice(from, 1);
  items.splice(to, 0, item);
  context.changed();
  context.announce(_("{name} is now {place} of {count}.", { name: nameOf(item), place: to + 1, count: items.length }));
  return true;
}

function shift(context, items, item, step, focus) {
  const index = items.indexOf(item);
  if (move(context, items, index, index + step)) context.redraw(focus);
  else context.announce(step < 0 ? _("{name} is already first.", { name: nameOf(item) }) : _("{name} is already last.", { name: nameOf(item) }));
}

function copy(context, items, item) {
  const made = copied(item, items);
  items.splice(items.indexOf(item) + 1, 0, made);
  context.changed();
  context.redraw(`${made.id}-display_name`);
  context.announce(_("Copied. {name} is {place} of {count}.", { name: nameOf(made), place: items.indexOf(made) + 1, count: items.length }));
}

function remove(context, items, item) {
  const index = items.indexOf(item);
  items.splice(index, 1);
  removed.set(items, { item, index });
  context.changed();
  context.redraw(`${item.id}-undo`);
  context.announce(_("{name} was removed. Undo restores it.", { name: nameOf(item) }));
}

function undo(context, items) {
  const { item, index } = removed.get(items);
  removed.delete(items);
  if (item.key !== undefined && items.some((one) => one.key === item.key)) item.key = `${item.key}_again`;
  if (item.data.default && items.some((one) => one.data.default)) delete item.data.default;
  items.splice(index, 0, item);
  context.changed();
  context.redraw(`${item.id}-toggle`);
  context.announce(_("{name} was restored.", { name: nameOf(item) }));
}

function undoLine(context, items) {
  const { item } = removed.get(items);
  return h("li", { class: "pb-undo" },
    h("span", {}, _("“{name}” was removed.", { name: nameOf(item) })),
    h("button", { type: "button", class: "link-button", id: `${item.id}-undo`, onclick: () => undo(context, items) }, _("Undo"),
      h("span", { class: "visually-hidden" }, _(": restore {name}", { name: nameOf(item) }))));
}

// --- dragging: from the grip to a position in the same list
let dragged = null;
function grip(items, item) {
  return h("span", { class: "pb-grip", draggable: "true", title: _("Drag to move"), "aria-hidden": "true",
    ondragstart: (event) => {
      dragged = { items, item };
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", nameOf(item));
      event.dataTransfer.setDragImage(event.target.closest("li"), 12, 12);
    },
    ondragend: (event) => { dragged = null; event.target.closest(".profile-builder")?.querySelectorAll(".pb-over").forEach((one) => one.classList.remove("pb-over", "pb-after")); },
  }, icon("grip"));
}
function dropzone(context, items, item) {
  const after = (event, card) => event.clientY > card.getBoundingClientRect().top + card.offsetHeight / 2;
  const mine = (event) => dragged?.items === items && event.currentTarget;
  return {
    ondragover: (event) => {
      const card = mine(event);
      if (!card) return;
      event.preventDefault();
      event.stopPropagation();
      card.classList.add("pb-over");
      card.classList.toggle("pb-after", after(event, card));
    },
    ondragleave: (event) => event.currentTarget.classList.remove("pb-over", "pb-after"),
    ondrop: (event) => {
      const card = mine(event);
      if (!card) return;
      event.preventDefault();
      event.stopPropagation();
      const from = items.indexOf(dragged.item);
      let to = items.indexOf(item) + (after(event, card) ? 1 : 0);
      if (to > from) to -= 1;
      move(context, items, from, to);
      context.redraw(null);
    },
  };
}

function tool(context, item, name, picture, [label, whole], act, off = false) {
  return h("button", { type: "button", class: "button small quiet icon-only", id: `${item.id}-${name}`, title: label,
    "aria-disabled": off ? "true" : null, onclick: act }, icon(picture), words(item, whole));
}

function card(context, items, item, body) {
  const keys = (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    shift(context, items, item, event.key === "ArrowUp" ? -1 : 1, document.activeElement.id);
  };
  const toggle = () => { item.open = !item.open; context.redraw(`${item.id}-toggle`); };
  const index = items.indexOf(item);
  return h("li", { class: `pb-card pb-${item.kind}${item.open ? " open" : ""}`, id: item.id, onkeydown: keys, ...dropzone(context, items, item) },
    h("div", { class: "pb-head" },
      grip(items, item),
      h("button", { type: "button", class: "pb-toggle", id: `${item.id}-toggle`, "aria-expanded": String(item.open),
        "aria-controls": item.open ? `${item.id}-body` : null, onclick: toggle },
        icon("chevron"), h("span", { class: "pb-title" }, named(item)), h("span", { class: "pb-about", id: `${item.id}-about` }),
        h("span", { class: "pb-flag", id: `${item.id}-flag` })),
      h("div", { class: "pb-tools" },
        tool(context, item, "up", "up", [_("Move up"), _("Move {name} up")], () => shift(context, items, item, -1, `${item.id}-up`), index === 0),
        tool(context, item, "down", "down", [_("Move down"), _("Move {name} down")], () => shift(context, items, item, 1, `${item.id}-down`), index === items.length - 1),
        tool(context, item, "copy", "copy", [_("Copy"), _("Copy {name}")], () => copy(context, items, item)),
        tool(context, item, "remove", "trash", [_("Remove"), _("Remove {name}")], () => remove(context, items, item)))),
    item.open && h("div", { class: "pb-body", id: `${item.id}-body` }, body(item)));
}

// The list and the buttons below it. `body(item)` renders the contents of an expanded card.
export function cards(context, items, label, body, actions) {
  const rows = items.map((item) => card(context, items, item, body));
  if (removed.has(items)) rows.splice(removed.get(items).index, 0, undoLine(context, items));
  return [
    rows.length > 0 && h("ol", { class: "pb-list", "aria-label": label }, rows),
    h("div", { class: "buttons" }, actions.map(({ id, text, picture = "plus", act }) => button(text, { id, icon: picture, onclick: act }))),
  ];
}
