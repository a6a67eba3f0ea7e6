// Server settings of a profile, a choice or free text: image, sizes, GPUs, node pool, variables.
import { _, plural } from "../language.js";
import { field, h, select } from "./dom.js";
import { NO_LIMIT, asLines, gpusOf, poolOf, setGpus, setMap, setPool, setSetting } from "./model.js";
import { memoryNote } from "./words.js";

const unfolded = new Set(); // ids of expanded sections

export function fold(id, title, open, ...inside) {
  return h("details", { class: "pb-fold", id, open: open || unfolded.has(id),
    ontoggle: (event) => unfolded[event.target.open ? "add" : "delete"](id) }, h("summary", {}, title), ...inside);
}

const shown = (value) => value === null ? NO_LIMIT : value ?? "";

function setting(context, item, name, label, options) {
  const id = `${item.id}-${name}`, memory = name.startsWith("mem_");
  const note = (value) => memory ? memoryNote(value) : "";
  return field(id, label, shown(item.server.fields[name]), (value) => {
    setSetting(item.server, name, value, name.startsWith("cpu_"));
    if (memory) document.getElementById(`${id}-note`).textContent = note(value);
    context.changed(item);
  }, { ...options, note: note(String(shown(item.server.fields[name]))) });
}

export const gpusWords = (fields) => {
  const count = gpusOf(fields);
  return count && plural("{count} GPU", "{count} GPUs", Number(count));
};

function gpus(context, item) {
  return field(`${item.id}-extra_resource_limits`, "GPUs", gpusOf(item.server.fields), (value) => {
    setGpus(item.server, value);
    context.changed(item);
  }, { inputmode: "numeric", placeholder: _("None"), note: _("Needs review by staff.") });
}

// A pool by the name that staff gave it; without pools, labels as text.
function pool(context, item) {
  const id = `${item.id}-node_selector`, { fields } = item.server;
  const pools = context.pools.filter((one) => Object.keys(one.nodeSelector ?? {}).length);
  const labels = () => asLines(fields.node_selector).split("\n").join(", ");
  if (!pools.length) {
    return field(id, _("Node pool"), labels(), (value) => {
      setMap(item.server, "node_selector", value.split(",").join("\n"));
      context.changed(item);
    }, { placeholder: _("Hub default"), note: _("Labels of its nodes, such as pool=gpu. Needs review by staff.") });
  }
  const current = poolOf(pools, fields), other = fields.node_selector && !current;
  const pairs = [["", _("Hub default")], ...pools.map((one) => [one.name, one.name]), ...(other ? [["=", labels()]] : [])];
  const made = select(id, _("Node pool"), pairs, current?.name ?? (other ? "=" : ""), (name) => {
    if (name === "=") return;
    setPool(item.server, context.pools, name);
    const more = document.getElementById(`${item.id}-server-more`);
    if (more) more.value = item.server.more;
    context.changed(item);
  }, { "aria-describedby": `${id}-note ${id}-error` });
  made.append(h("p", { class: "field-help pb-note", id: `${id}-note` }, _("Needs review by staff.")), h("p", { class: "field-error", id: `${id}-error` }));
  return made;
}

function variables(context, item) {
  return field(`${item.id}-environment`, _("Environment variables"), asLines(item.server.fields.environment), (value) => {
    setMap(item.server, "environment", value);
    context.changed(item);
  }, { tag: "textarea", rows: 2, mono: true, optional: true, help: _("One per line, such as COURSE=101. Don’t enter passwords: everyone who can see the hub can read them.") });
}

export function serverFields(context, item, legend, help) {
  const { fields, more } = item.server;
  return h("fieldset", { class: "pb-server", "aria-describedby": `${item.id}-server-help` },
    h("legend", {}, legend),
    h("p", { class: "field-help", id: `${item.id}-server-help` }, help),
    h("p", { class: "field-error", id: `${item.id}-kubespawner_override-error` }),
    setting(context, item, "image", _("Image"), { placeholder: _("Hub default"), list: "catalogue-images" }),
    h("div", { class: "pb-grid pb-sizes" },
      setting(context, item, "mem_guarantee", _("Guaranteed memory"), { placeholder: _("such as 1G") }),
      setting(context, item, "mem_limit", _("Memory limit"), { placeholder: _("such as 2G") }),
      setting(context, item, "cpu_guarantee", _("Guaranteed CPU"), { unit: _("cores"), inputmode: "decimal" }),
      setting(context, item, "cpu_limit", _("CPU limit"), { unit: _("cores"), inputmode: "decimal" }),
      gpus(context, item), pool(context, item)),
    setting(context, item, "default_url", _("Opens with"), { placeholder: _("Hub default, such as /lab"), list: "pb-interfaces" }),
    fold(`${item.id}-server-words`, _("Working directory and environment variables"), Boolean(fields.working_dir || fields.environment),
      setting(context, item, "working_dir", _("Working directory"), { placeholder: _("Image default, such as /home/jovyan") }),
      variables(context, item)),
    fold(`${item.id}-server-fold`, _("Other settings of KubeSpawner"), Boolean(more.trim()),
      field(`${item.id}-server-more`, _("Other settings, as YAML"), more, (value) => { item.server.more = value; context.changed(item); },
        { tag: "textarea", rows: 4, mono: true, help: _("Such as tolerations or volumes. Saved unchanged. Most need review by staff.") })));
}
