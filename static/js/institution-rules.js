// Cards above the text area of CILogon's institutions (data-institution-rules: their names): who can sign in, user names,
// and the default. The text area is what is saved and sent: one institution per line, a plain entity ID or "- " and JSON.
// Text in other formats (YAML by hand) is not changed.
import { _ } from "./language.js";
const ID = "entity_id", RULES = ["default", "username_claim", "action", "domain", "prefix", "allow_all", "allowed_domains", "allowed_domains_claim"];

const readLine = (line) => {
  if (!line.startsWith("- ")) return /^\S+$/.test(line) && line !== "-" && !line.startsWith("[") ? { [ID]: line } : null;
  try {
    const found = JSON.parse(line.slice(2));
    if (typeof found === "string") return { [ID]: found };
    return typeof found?.[ID] === "string" && Object.keys(found).every((key) => key === ID || RULES.includes(key)) ? found : null;
  } catch {
    return null;
  }
};
// Return the text area's rows; null if it has another format.
export const read = (text) => {
  const rows = text.split("\n").map((line) => line.trim()).filter(Boolean).map(readLine);
  return rows.includes(null) ? null : rows;
};
const own = (row) => RULES.some((key) => key in row);
export const written = (rows) => rows.some(own) ? rows.map((row) => `- ${JSON.stringify(row)}`).join("\n") : rows.map((row) => row[ID]).join("\n");
// Who can sign in with a row: all, domains, named, or "" (as for all institutions).
export const who = (row) => row.allow_all ? "all" : row.allowed_domains?.length ? "domains" : "allow_all" in row || "allowed_domains" in row ? "named" : "";

function begin() {
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value === true ? "" : value);
    element.append(...children);
    return element;
  };
  const build = (area) => {
    const field = area.closest(".field"), cards = make("div", { class: "institution-cards" });
    const fold = make("details", { class: "institution-text" }, make("summary", {}, _("As text")));
    const control = area.closest(".control");
    control.before(cards, fold);
    fold.append(control);
    let rows = [], busy = false, asking = -1, wanted = ""; // asking: index of the card whose domains are being entered

    const keep = () => {
      busy = true;
      area.value = written(rows);
      for (const kind of ["input", "change"]) area.dispatchEvent(new Event(kind, { bubbles: true }));
      busy = false;
    };
    const set = (row, changes) => {
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined || value === "") delete row[key];
        else row[key] = value;
      }
      keep();
    };
    const labelled = (label, control, id) => {
      control.id = id;
      return make("div", { class: "field" }, make("label", { for: id }, label), make("div", { class: "control" }, control));
    };
    const select = (label, id, options, value, change) => {
      const control = make("select", {}, ...options.map(([key, text]) => make("option", { value: key, selected: key === value }, text)));
      control.addEventListener("change", () => change(control.value));
      return labelled(label, control, id);
    };
    const text = (label, id, value, change) => {
      const control = make("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", value });
      control.addEventListener("input", () => change(control.value.trim()));
      return labelled(label, control, id);
    };
    const again = (id, place, value) => { show(place, value); document.getElementById(id)?.focus(); };

    const card = (row, place) => {
      const id = `institution-rule-${place}`, name = JSON.parse(area.dataset.institutionRules || "{}")[row[ID]];
      const remove = make("button", { type: "button", class: "button quiet small" }, _("Remove"));
      remove.setAttribute("aria-label", _("Remove {name}", { name: name ?? row[ID] }));
      remove.addEventListener("click", () => { rows.splice(place, 1); keep(); show(); fold.querySelector("summary").focus(); });
      const anyFirst = rows.some((one) => "default" in one);
      const first = make("input", { type: "checkbox", id: `${id}-default`, checked: anyFirst ? row.default === true : place === 0 });
      first.addEventListener("change", () => {
        for (const [at, one] of rows.entries()) one.default = one === row ? first.checked : anyFirst ? one.default === true : at === 0;
        keep();
        again(first.id);
      });
      const body = [select(_("Who can sign in"), `${id}-who`, [["", _("As for all institutions")], ["all", _("Everyone at the institution")],
        ["domains", _("People with these email domains")], ["named", _("Only people on the hub’s people list")]], asking === place ? wanted : who(row), (value) => {
        delete row.allow_all;
        delete row.allowed_domains;
        if (value !== "domains") delete row.allowed_domains_claim;
        Object.assign(row, { all: { allow_all: true }, named: { allow_all: false }, domains: { allowed_domains: [] } }[value] ?? {});
        keep();
        again(`${id}-who`, place, value);
      })];
      if ((asking === place ? wanted : who(row)) === "domains") {
        body.push(text(_("Email domains (separated by spaces)"), `${id}-domains`, (row.allowed_domains ?? []).join(" "),
          (value) => set(row, { allowed_domains: value.split(/[\s,;]+/).filter(Boolean) })));
      }
      const claims = [["", _("As for all institutions")], ["email", _("Email address (email)")], ["eppn", _("The institution’s user name (eppn)")]];
      if (row.username_claim && !claims.some(([key]) => key === row.username_claim)) claims.push([row.username_claim, row.username_claim]);
      body.push(select(_("User name claim"), `${id}-claim`, claims, row.username_claim ?? "", (value) => set(row, { username_claim: value })));
      body.push(select(_("User name format"), `${id}-action`, [["", _("Unchanged")], ["strip_idp_domain", _("Remove a domain")], ["prefix", _("Add a prefix")]],
        row.action ?? "", (value) => {
          set(row, { action: value, domain: undefined, prefix: undefined });
          again(`${id}-action`);
        }));
      if (row.action === "strip_idp_domain") body.push(text(_("Domain to remove"), `${id}-domain`, row.domain ?? "", (value) => set(row, { domain: value })));
      if (row.action === "prefix") body.push(text(_("Prefix"), `${id}-prefix`, row.prefix ?? "", (value) => set(row, { prefix: value })));
      return make("fieldset", { class: "institution-card" },
        make("legend", {}, name ?? row[ID]), ...(name ? [make("p", { class: "small muted mono" }, row[ID])] : []),
        make("div", { class: "field check" }, first, make("label", { for: first.id }, _("Default"))),
        make("details", { class: "institution-own", open: own(row) && RULES.some((key) => key !== "default" && key in row) },
          make("summary", {}, _("Rules for this institution")), make("div", { class: "institution-fields" }, ...body)), remove);
    };
    const show = (place = -1, value = "") => {
      [asking, wanted] = [place, value];
      const found = read(area.value);
      rows = found ?? [];
      cards.replaceChildren(...rows.map(card));
      fold.open = found === null || (rows.length === 0 && !area.dataset.institutions) || !!field.querySelector(".field-error");
    };
    for (const kind of ["input", "change"]) cards.addEventListener(kind, (event) => event.stopPropagation()); // the text area sends its own events
    cards.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault(); });
    area.addEventListener("input", (event) => { if (!busy && event.target === area) show(); });
    show();
  };

  document.querySelectorAll("textarea[data-institution-rules]").forEach(build);
}

if (globalThis.document) begin(); // there is none in unit tests
