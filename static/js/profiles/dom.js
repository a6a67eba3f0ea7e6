// Elements, icons and labelled controls.
import { _ } from "../language.js";
const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  plus: "M12 5v14M5 12h14",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  chevron: "m9.5 6 6 6-6 6",
  memory: "M3 7h18v9H3zM7 10.5v2M11 10.5v2M15 10.5v2M6 16v3M12 16v3M18 16v3",
};

// An element: attributes, on… handlers, and children (null and false are left out).
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { class: `icon icon-${name}`, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor",
    "stroke-width": name === "grip" ? "3" : "1.75", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(label, { icon: picture, onclick, kind = "", id = null } = {}) {
  return h("button", { type: "button", class: `button small ${kind}`, id, onclick }, picture && icon(picture), h("span", {}, label));
}

// A labelled control with help text and an element for its error.
export function field(id, label, value, oninput, options = {}) {
  const { help = "", tag = "input", unit = "", optional = false, kind = "", note = "", onblur = null, ...attributes } = options;
  const control = h(tag, {
    id, class: attributes.mono ? "mono" : null, autocomplete: "off", autocapitalize: "none", spellcheck: attributes.prose ? null : "false",
    rows: attributes.rows, maxlength: attributes.maxlength, inputmode: attributes.inputmode, list: attributes.list,
    placeholder: attributes.placeholder, type: tag === "input" ? "text" : null,
    "aria-describedby": [help && `${id}-help`, `${id}-note`, `${id}-error`].filter(Boolean).join(" "),
    value: value ?? "", oninput: (event) => oninput(event.target.value), onblur: onblur && ((event) => onblur(event.target)),
  });
  return h("div", { class: `field ${kind}` },
    h("label", { for: id }, label, optional && " ", optional && h("span", { class: "optional" }, _("optional"))),
    help && h("p", { class: "field-help", id: `${id}-help` }, help),
    unit ? h("div", { class: "control" }, control, h("span", { class: "unit" }, unit)) : control,
    h("p", { class: "field-help pb-note", id: `${id}-note` }, note),
    h("p", { class: "field-error", id: `${id}-error` }));
}

export function check(id, label, checked, onchange, help = "") {
  return h("div", { class: "field check" },
    h("input", { type: "checkbox", id, checked, "aria-describedby": help ? `${id}-help` : null, onchange: (event) => onchange(event.target.checked) }),
    h("label", { for: id }, label),
    help && h("p", { class: "field-help", id: `${id}-help` }, help));
}

export function select(id, label, pairs, value, onchange, attributes = {}) {
  return h("div", { class: "field" }, h("label", { for: id }, label),
    h("select", { id, onchange: (event) => onchange(event.target.value), ...attributes },
      pairs.map(([key, text]) => h("option", { value: key, selected: key === value }, text))));
}
