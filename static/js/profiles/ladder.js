// Sizes from a node pool: the server computes them, and this dialog shows them before they are added.
import { _ } from "../language.js";
import { button, field, h, select } from "./dom.js";
import { bytesText, bytesOf } from "./words.js";

const WAIT = 250; // ms
const typed = { pool: "", memory: "", cores: "", reserved_memory: "", reserved_cores: "", steps: "4", factor: "1", only: false };

// What binds a server to this pool: the node selector, and its tolerations as YAML (JSON is YAML).
const labels = (pool) => Object.keys(pool?.nodeSelector ?? {}).length ? { node_selector: { ...pool.nodeSelector } } : {};
const taints = (pool) => pool?.tolerations?.length ? `tolerations: ${JSON.stringify(pool.tolerations)}` : "";

function shown(rungs) {
  const row = (rung) => h("tr", {}, h("th", { scope: "row" }, rung.name),
    h("td", { class: "num" }, String(rung.servers)), h("td", { class: "num" }, bytesText(bytesOf(rung.override.mem_guarantee) * rung.servers)));
  return h("table", { class: "table pb-rungs" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, _("Size")),
    h("th", { scope: "col", class: "num" }, _("Servers per node")), h("th", { scope: "col", class: "num" }, _("Total memory")))),
  h("tbody", {}, rungs.map(row)));
}

function number(name, label, unit, ask, options = {}) {
  return field(`pb-ladder-${name}`, label, typed[name], (value) => { typed[name] = value; ask(); }, { unit, inputmode: "decimal", ...options });
}

class Asking {
  constructor(url, place, take) {
    Object.assign(this, { url, place, take, rungs: [], timer: 0, asked: 0 });
    this.soon = () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.now(), WAIT); };
  }

  say(errors) {
    for (const name of ["memory", "cores", "reserved_memory", "reserved_cores", "steps", "factor"]) {
      const control = document.getElementById(`pb-ladder-${name}`), words = errors[name] ?? "";
      document.getElementById(`pb-ladder-${name}-error`)?.replaceChildren(words);
      if (words) control?.setAttribute("aria-invalid", "true"); else control?.removeAttribute("aria-invalid");
    }
  }

  async now() {
    const mine = ++this.asked;
    if (!typed.memory || !typed.cores) { this.show([], _("Enter the size of one node.")); return; }
    const said = Object.fromEntries(Object.entries(typed).filter(([name]) => !["pool", "only"].includes(name)).map(([k, v]) => [k, v.replace(",", ".")]));
    let answer;
    try {
      const response = await fetch(`${this.url}?${new URLSearchParams(said)}`, { headers: { Accept: "application/json" }, redirect: "manual" });
      answer = await response.json();
    } catch {
      answer = null;
    }
    if (mine !== this.asked) return;
    if (!answer) { this.show([], _("The portal can’t be reached. Try again in a minute.")); return; }
    this.say(answer.errors ?? {});
    if (answer.errors) { this.show([], ""); return; }
    for (const name of ["reserved_memory", "reserved_cores"]) document.getElementById(`pb-ladder-${name}`).placeholder = String(answer[name]);
    this.show(answer.rungs, "");
  }

  show(rungs, words) {
    this.rungs = rungs;
    this.place.replaceChildren(rungs.length ? shown(rungs) : h("p", { class: "muted small" }, words));
    this.take.setAttribute("aria-disabled", String(!rungs.length));
  }
}

function poolChoice(pools, ask, note) {
  if (!pools.length) return null;
  const pairs = [["", _("Another node")], ...pools.map((pool) => [pool.name, pool.name])];
  return select("pb-ladder-pool", _("Node pool"), pairs, typed.pool, (name) => {
    const pool = pools.find((one) => one.name === name);
    typed.pool = name;
    for (const part of ["memory", "cores"]) {
      if (!pool?.[part]) continue;
      typed[part] = String(pool[part]);
      document.getElementById(`pb-ladder-${part}`).value = typed[part];
    }
    note(pool);
    ask();
  });
}

// Open the dialog; `done` receives the added sizes.
export function openLadder(context, done) {
  const before = document.activeElement;
  const place = h("div", { class: "pb-rungs-place", role: "status" });
  const take = button(_("Add these sizes"), { kind: "primary", id: "pb-ladder-take" });
  const asking = new Asking(context.ladderUrl, place, take);
  const only = h("div", { class: "field check", hidden: true },
    h("input", { type: "checkbox", id: "pb-ladder-only", checked: typed.only, onchange: (event) => { typed.only = event.target.checked; } }),
    h("label", { for: "pb-ladder-only" }, _("Only on nodes of this pool")), h("p", { class: "field-help" }, _("Needs review by staff.")));
  const note = (pool) => { only.hidden = !labels(pool).node_selector && !taints(pool); };
  const close = button(_("Cancel"), { kind: "quiet" });
  const dialog = h("dialog", { class: "pb-dialog", "aria-labelledby": "pb-ladder-title" },
    h("div", { class: "dialog-head" }, h("h2", { id: "pb-ladder-title" }, _("Sizes from a node pool"))),
    h("div", { class: "dialog-body stack tight" },
      h("p", { class: "small muted" }, _("Sizes that fill a node exactly: one server per node, two, four… Their guaranteed memory and CPU fit on the node.")),
      poolChoice(context.pools, asking.soon, note),
      h("div", { class: "pb-grid pb-sizes" },
        number("memory", _("Memory of one node"), "GiB", asking.soon), number("cores", _("Cores of one node"), _("cores"), asking.soon),
        number("reserved_memory", _("Reserved for the system"), "GiB", asking.soon, { optional: true }),
        number("reserved_cores", _("Reserved for the system"), _("cores"), asking.soon, { optional: true }),
        number("steps", _("Number of sizes"), "", asking.soon, { inputmode: "numeric" }),
        number("factor", _("Memory limit"), "×", asking.soon, { note: _("A multiple of the guaranteed memory.") })),
      only, place, h("div", { class: "buttons" }, take, close)));
  dialog.querySelector('label[for="pb-ladder-reserved_memory"]').firstChild.textContent = _("Memory reserved for the system");
  dialog.querySelector('label[for="pb-ladder-reserved_cores"]').firstChild.textContent = _("Cores reserved for the system");
  const pool = context.pools.find((one) => one.name === typed.pool);
  note(pool);
  let taken = false;
  take.addEventListener("click", () => {
    if (!asking.rungs.length) return;
    const chosen = context.pools.find((one) => one.name === typed.pool);
    const only = typed.only ? chosen : null;
    taken = true;
    dialog.close();
    done(asking.rungs.map((rung) => ({ ...rung, override: { ...rung.override, ...labels(only) }, more: taints(only) })));
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    take.click();
  });
  dialog.addEventListener("close", () => { clearTimeout(asking.timer); dialog.remove(); if (!taken) before?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  asking.now();
}
