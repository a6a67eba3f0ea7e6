// Rows above the text area of shared folders and of volumes (data-rows). The text area is what is saved and sent; it is
// under “As text”, and works without JavaScript. Keys of a row without a column are kept.
import { _ } from "../language.js";
import { button, check, field, h, select } from "./dom.js";
import { scalar } from "./yaml.js";

const KINDS = [["memory", _("Temporary memory storage")], ["room", _("Temporary storage")],
  ["claim", _("Volume claim of the hub")], ["map", _("ConfigMap of the hub")], ["other", _("Another type (as text)")]];

const flow = (value) => Array.isArray(value) ? `[${value.map(flow).join(", ")}]`
  : value && typeof value === "object" ? `{${Object.entries(value).map(([key, one]) => `${scalar(key)}: ${flow(one)}`).join(", ")}}`
    : typeof value === "string" ? JSON.stringify(value) : scalar(value);
const written = (rows) => rows.map((row) => `- ${flow(row)}\n`).join("");

function set(row, key, value) {
  if (value === "" || value === false) delete row[key];
  else row[key] = value;
}

function kind(row) {
  if (row.emptyDir) return row.emptyDir.medium === "Memory" ? "memory" : "room";
  return row.persistentVolumeClaim ? "claim" : row.configMap ? "map" : "other";
}

function become(row, chosen) {
  const size = row.emptyDir?.sizeLimit;
  for (const key of Object.keys(row)) if (key !== "name") delete row[key];
  const sized = size ? { sizeLimit: size } : {};
  if (chosen === "memory") row.emptyDir = { medium: "Memory", ...sized };
  else if (chosen === "claim") row.persistentVolumeClaim = { claimName: "" };
  else if (chosen === "map") row.configMap = { name: "" };
  else row.emptyDir = sized;
}

class Rows {
  constructor(area) {
    const { rows, columns } = JSON.parse(area.dataset.rows);
    Object.assign(this, { area, columns, rows: rows ?? [] });
    this.root = h("div", { class: "stack", role: "group", "aria-label": document.querySelector(`label[for="${area.id}"]`)?.firstChild.textContent.trim() });
    this.live = h("p", { class: "visually-hidden", role: "status" });
    this.fold = h("details", { class: "pb-fold" }, h("summary", {}, _("As text (YAML)")));
    this.fold.open = rows === null; // show the text if it can't be parsed
    const control = area.closest(".control") ?? area;
    control.before(this.root, this.live, this.fold);
    this.fold.append(control);
    area.addEventListener("input", (event) => event.isTrusted && this.leave());
    if (rows === null) this.leave();
    else this.draw();
  }

  leave() {
    this.root.replaceChildren(h("p", { class: "field-help" }, _("The rows are updated from the text when you reload the page.")));
  }

  changed() {
    this.area.value = written(this.rows);
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  draw(focus) {
    const folder = this.columns === "folders";
    const add = button(folder ? _("Add folder") : _("Add volume"), { icon: "plus", id: `${this.area.id}-add`, onclick: () => this.add() });
    this.root.replaceChildren(...this.rows.map((row, at) => this.row(row, at, folder)), h("div", {}, add));
    if (focus) document.getElementById(focus)?.focus();
  }

  row(row, at, folder) {
    const id = `${this.area.id}-row-${at}`, title = folder ? _("Folder {number}", { number: at + 1 }) : _("Volume {number}", { number: at + 1 });
    const text = (key, label, help, value, put) => field(`${id}-${key}`, label, value, (said) => { put(said.trim()); this.changed(); }, { help });
    return h("fieldset", { class: "panel" }, h("legend", {}, title),
      h("div", { class: "pb-grid" }, folder ? this.folder(row, id, text) : this.volume(row, id, text)),
      h("div", {}, button(folder ? _("Remove folder {number}", { number: at + 1 }) : _("Remove volume {number}", { number: at + 1 }), { icon: "trash", kind: "quiet", onclick: () => this.remove(at) })));
  }

  folder(row, id, text) {
    return [
      text("path", _("Path"), _("Where people find it, such as /home/jovyan/shared."), row.mountPath, (said) => { row.mountPath = said; }),
      text("volume", _("Volume"), _("“home” for the volume of people’s home directories, or the name of a volume below."), row.name, (said) => { row.name = said; }),
      text("inside", _("Folder in the volume"), _("Leave empty for the whole volume."), row.subPath, (said) => set(row, "subPath", said)),
      h("div", {},
        check(`${id}-read`, _("Read only"), row.readOnly === true, (on) => { set(row, "readOnly", on); this.changed(); }),
        check(`${id}-admins`, _("Hub admins only"), row.admins === true, (on) => { set(row, "admins", on); this.changed(); })),
    ];
  }

  volume(row, id, text) {
    const now = kind(row);
    const last = {
      memory: () => text("size", _("Size"), _("The maximum size, such as 1Gi. It counts towards the server’s memory."), row.emptyDir.sizeLimit, (said) => set(row.emptyDir, "sizeLimit", said)),
      claim: () => text("claim", _("Name of the claim"), _("The name that staff gave you."), row.persistentVolumeClaim.claimName, (said) => { row.persistentVolumeClaim.claimName = said; }),
      map: () => text("map", _("Name of the ConfigMap"), _("The name that staff gave you."), row.configMap.name, (said) => { row.configMap.name = said; }),
      other: () => h("p", { class: "field-help" }, flow(row)),
    };
    last.room = () => text("size", _("Size"), _("The maximum size, such as 5Gi."), row.emptyDir.sizeLimit, (said) => set(row.emptyDir, "sizeLimit", said));
    const kinds = now === "other" ? KINDS : KINDS.slice(0, -1);
    return [
      text("name", _("Name"), _("Used in shared folders. Lower-case letters, digits and hyphens."), row.name, (said) => { row.name = said; }),
      select(`${id}-kind`, _("Type"), kinds, now, (chosen) => { if (chosen !== "other") become(row, chosen); this.changed(); this.draw(`${id}-kind`); }),
      last[now](),
    ];
  }

  add() {
    this.rows.push(this.columns === "folders" ? { name: "home", mountPath: "/home/jovyan/shared", subPath: "_shared", readOnly: true }
      : { name: `volume-${this.rows.length + 1}`, emptyDir: { sizeLimit: "1Gi" } });
    this.changed();
    this.draw(`${this.area.id}-row-${this.rows.length - 1}-${this.columns === "folders" ? "path" : "name"}`);
    const number = this.rows.length;
    this.live.textContent = this.columns === "folders" ? _("Folder {number} was added.", { number }) : _("Volume {number} was added.", { number });
  }

  remove(at) {
    this.rows.splice(at, 1);
    this.changed();
    this.draw(`${this.area.id}-add`);
    this.live.textContent = _("Removed.");
  }
}

for (const area of document.querySelectorAll("textarea[data-rows]")) new Rows(area);
