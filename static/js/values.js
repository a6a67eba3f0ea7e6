// Suggests keys of Zero to JupyterHub in “more configuration” (data-editor="values"): a list below the text.
// Arrow keys select, Enter accepts, Escape closes; Tab leaves the field.
import { _, plural } from "./language.js";
const LINE = /^(\s*)([\w.-]+)$/;

// The parent keys of the current line, by indentation: "singleuser:\n  memory:\n    li" -> [singleuser, memory].
export const above = (lines, indent) => {
  const path = [];
  let depth = indent;
  for (const line of lines.slice().reverse()) {
    const found = /^(\s*)([\w./-]+|"[^"]*"):/.exec(line);
    if (!found || found[1].length >= depth) continue;
    path.unshift(found[2].replaceAll('"', ""));
    depth = found[1].length;
  }
  return path;
};

// Keys that the same map already has, before and after the line.
export const beside = (before, after, indent) => {
  const names = new Set();
  const look = (lines) => {
    for (const line of lines) {
      if (!line.trim()) continue;
      const depth = line.length - line.trimStart().length;
      if (depth < indent) return;
      if (depth === indent) names.add(line.trim().split(":")[0]);
    }
  };
  look(before.slice().reverse());
  look(after);
  return names;
};

function begin() {
  const build = (area) => {
    const list = document.createElement("ul");
    Object.assign(list, { id: `${area.id}-keys`, className: "combobox-list whole", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", _("Keys"));
    const said = document.createElement("p");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    const box = document.createElement("div");
    box.className = "combobox";
    box.append(list, said);
    (area.closest(".control") ?? area).after(box); // a .control lays out its parts in a row
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", list.id);
    let tree = null, writing = false, found = [], at = -1, typed = "";

    const close = () => {
      list.hidden = true;
      found = [];
      at = -1;
      area.removeAttribute("aria-activedescendant");
    };
    const mark = (next) => {
      at = next;
      [...list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
      area.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    };
    const take = (name) => {
      const rest = name.slice(typed.length) + (Object.keys(known(name)).length ? ":\n" : ": ");
      const indent = LINE.exec(line())?.[1] ?? "";
      area.setRangeText(rest.endsWith("\n") ? `${rest}${indent}  ` : rest, area.selectionStart, area.selectionStart, "end");
      close();
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const before = () => area.value.slice(0, area.selectionStart).split("\n");
    const line = () => before().at(-1);
    let place = {};
    const known = (name) => place[name] ?? {};
    const look = () => {
      const written = LINE.exec(line());
      const after = area.value.slice(area.selectionStart).split("\n");
      if (!written || !tree || area.selectionStart !== area.selectionEnd || after[0].trim()) return close();
      const lines = before().slice(0, -1), indent = written[1].length;
      place = above(lines, indent).reduce((one, name) => one?.[name], tree) ?? {};
      typed = written[2];
      const there = beside(lines, after.slice(1), indent);
      found = Object.keys(place).filter((name) => name.startsWith(typed) && name !== typed && !there.has(name)).slice(0, 8);
      if (!found.length) return close();
      at = -1;
      area.removeAttribute("aria-activedescendant");
      list.replaceChildren(...found.map((name, number) => {
        const option = document.createElement("li");
        Object.assign(option, { id: `${list.id}-${number}`, textContent: name });
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
        return option;
      }));
      list.hidden = false;
      said.textContent = plural("{count} key", "{count} keys", found.length);
    };
    area.addEventListener("focus", async () => {
      if (tree) return;
      const answer = await fetch(area.dataset.keys).catch(() => null);
      if (answer?.ok) tree = await answer.json();
      if (tree && writing) look(); // the keys were loaded after typing began
    });
    area.addEventListener("input", () => { writing = true; look(); });
    area.addEventListener("blur", () => { writing = false; close(); });
    area.addEventListener("keydown", (event) => {
      if (list.hidden || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowDown") mark((at + 1) % found.length);
      else if (event.key === "ArrowUp") mark((at <= 0 ? found.length : at) - 1);
      else if (event.key === "Enter" && at >= 0) take(found[at]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
  };

  document.querySelectorAll("textarea[data-keys]").forEach(build);
}

if (globalThis.document) begin(); // there is none in unit tests
