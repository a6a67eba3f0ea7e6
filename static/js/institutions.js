// Find an institution by its name, and add its entity ID to a text area (data-institutions).
// A combobox with a list (ARIA pattern): arrow keys select, Enter accepts, Escape closes.
// Return the text with this entity ID as a new line in the format of the other lines; unchanged if it is there already.
import { _, plural } from "./language.js";
export const withInstitution = (text, id) => {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const known = lines.some((line) => line === id || line.includes(JSON.stringify(id)));
  if (!known) lines.push(lines.some((line) => line.startsWith("- ")) ? `- ${JSON.stringify({ entity_id: id })}` : id);
  return lines.join("\n");
};

function begin() {
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const build = (area) => {
    const input = make("input", { id: "institution-search", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-expanded": "false", "aria-controls": "institution-list", "aria-autocomplete": "list" });
    const list = make("ul", { id: "institution-list", role: "listbox", "aria-label": _("Institutions"), class: "combobox-list", hidden: "" });
    const said = make("p", { class: "visually-hidden", role: "status" });
    const box = make("div", { class: "field combobox" }, make("label", { for: input.id }, _("Find an institution")), input, list, said);
    area.closest(".field").before(box);
    let found = [], at = -1, timer = 0, asked = 0;

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (next) => {
      at = next;
      [...list.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === at)));
      if (at < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    };
    const take = (one) => {
      area.dataset.institutionRules = JSON.stringify({ ...JSON.parse(area.dataset.institutionRules || "{}"), [one.id]: one.name });
      area.value = withInstitution(area.value, one.id);
      for (const kind of ["input", "change"]) area.dispatchEvent(new Event(kind, { bubbles: true }));
      said.textContent = _("{name} was added to the list.", { name: one.name });
      input.value = "";
      close();
    };
    const show = () => {
      list.replaceChildren(...found.map((one, number) => {
        const option = make("li", { role: "option", id: `institution-${number}`, "aria-selected": "false" },
          make("strong", {}, one.name), make("small", {}, one.id));
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(one); });
        return option;
      }));
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      mark(-1);
      said.textContent = input.value.trim() ? (found.length ? plural("{count} found", "{count} found", found.length) : _("Nothing found")) : "";
    };
    const ask = async () => {
      const mine = ++asked;
      const answer = await fetch(`${area.dataset.institutions}?q=${encodeURIComponent(input.value)}`).catch(() => null);
      if (mine !== asked || !answer?.ok) return; // outdated by more typing
      found = (await answer.json()).found;
      show();
    };
    input.addEventListener("input", (event) => {
      event.stopPropagation(); // it is not a field of the form
      clearTimeout(timer);
      timer = setTimeout(ask, 200);
    });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && found.length) mark((at + 1) % found.length);
      else if (event.key === "ArrowUp" && found.length) mark((at <= 0 ? found.length : at) - 1);
      else if (event.key === "Enter") { if (at >= 0) take(found[at]); } // and does not submit the form
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    const follow = () => box.classList.toggle("off", area.closest(".field").classList.contains("off"));
    new MutationObserver(follow).observe(area.closest(".field"), { attributes: true, attributeFilter: ["class"] });
    follow();
  };

  document.querySelectorAll("textarea[data-institutions]").forEach(build);
}

if (globalThis.document) begin(); // there is none in unit tests
