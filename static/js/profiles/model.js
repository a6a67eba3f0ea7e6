// A profile list as objects that can be moved: { id, kind, key, data, server, … }. Keys without a control are kept in
// `more`, as text, unchanged.
let count = 0;
const fresh = () => `pb${++count}`;
const server = (said) => ({ said: said !== undefined, fields: { ...said?.fields }, more: said?.more ?? "" });
const SIMPLE = {
  profile: ["display_name", "slug", "description", "default"],
  option: ["display_name", "dynamic_image_building"],
  choice: ["display_name", "slug", "description", "default"],
  free: ["enabled", "display_name", "description", "display_name_in_choices", "description_in_choices", "validation_regex",
    "validation_message"],
};

function item(kind, outline, extra) {
  const data = {};
  for (const name of SIMPLE[kind]) if (outline[name] !== undefined) data[name] = outline[name];
  return { id: fresh(), kind, data, more: outline.more ?? "", open: false, isNew: false, ...extra };
}

const ruled = (outline) => ({ groups: outline.allowed_groups, server: server(outline.kubespawner_override) });
const choiceFrom = ([key, outline]) => item("choice", outline, { key, ...ruled(outline) });
const freeFrom = (outline) => item("free", outline, ruled(outline));

const optionFrom = ([key, outline]) => item("option", outline, {
  key, saidChoices: outline.choices !== undefined, choices: (outline.choices ?? []).map(choiceFrom),
  free: outline.unlisted_choice ? freeFrom(outline.unlisted_choice) : null,
});

export const profileFrom = (outline) => item("profile", outline, {
  ...ruled(outline),
  saidOptions: outline.profile_options !== undefined, options: (outline.profile_options ?? []).map(optionFrom),
});

// --- new items
const begun = (made) => Object.assign(made, { open: true, isNew: true });
export const newProfile = () => begun(profileFrom({ display_name: "" }));
export const newOption = (siblings) => begun(optionFrom([unique("option", siblings), { display_name: "" }]));
export const newChoice = (siblings, outline = { display_name: "" }, key = "choice") =>
  begun(choiceFrom([unique(key, siblings), outline]));
export const newFree = () => begun(freeFrom({
  enabled: true, display_name: "", display_name_in_choices: "Other",
  kubespawner_override: { fields: { image: "{value}" } },
}));

// --- short names
export const slugged = (text, between) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
  .replace(/[^a-z0-9]+/g, between).slice(0, 50).replace(/^[-_]+|[-_]+$/g, "");
export const isKey = (text) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/.test(text);

// Return this key, or the next one that is not used by a sibling.
export function unique(wanted, siblings, but = null) {
  const taken = new Set(siblings.filter((one) => one !== but).map((one) => one.key));
  const key = isKey(wanted) ? wanted : "choice";
  let number = 2, found = key;
  while (taken.has(found)) found = `${key}_${number++}`;
  return found;
}

// --- a copy: with its own name and an unused short name, and not the default
export function copied(original, siblings) {
  const made = structuredClone(original);
  const anew = (one) => {
    one.id = fresh();
    for (const child of [...(one.options ?? []), ...(one.choices ?? []), ...(one.free ? [one.free] : [])]) anew(child);
  };
  anew(made);
  made.data.display_name = `${original.data.display_name ?? ""} (copy)`.trim().slice(0, 100);
  delete made.data.default;
  if (made.data.slug) made.data.slug = freeSlug(slugged(made.data.display_name, "-"), siblings);
  if (made.key !== undefined) made.key = unique(made.key, siblings);
  return begun(made);
}

export function freeSlug(wanted, profiles, but = null) {
  const taken = new Set(profiles.filter((one) => one !== but).map((one) => one.data.slug));
  let number = 2, found = wanted;
  while (found && taken.has(found)) found = `${wanted}-${number++}`;
  return found;
}

// "2" and "0.5" are numbers, “no limit” is null, everything else is text; an empty text removes the setting.
export const NO_LIMIT = "no limit";
export function setSetting(place, name, text, number = false) {
  const said = text.trim();
  if (!said) delete place.fields[name];
  else if (name.endsWith("_limit") && said.toLowerCase() === NO_LIMIT) place.fields[name] = null;
  else if (/^\d{1,15}$/.test(said) && name.match(/^(mem|cpu)_/)) place.fields[name] = Number(said);
  else if (number && /^\d{0,9}[.,]?\d{1,9}$/.test(said)) place.fields[name] = Number(said.replace(",", "."));
  else place.fields[name] = said;
}

// Names and values, one per line: “COURSE=101”. A line without “=” is a name with an empty value.
export const asLines = (map) => Object.entries(map ?? {}).map(([name, text]) => `${name}=${text}`).join("\n");
export function setMap(place, name, text) {
  const pairs = text.split("\n").filter((line) => line.trim()).map((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
  });
  if (pairs.length) place.fields[name] = Object.fromEntries(pairs); else delete place.fields[name];
}

// The number of GPUs, keeping the existing resource name. The number is kept as text.
export const gpusOf = (fields) => String(Object.values(fields.extra_resource_limits ?? {})[0] ?? "");
export function setGpus(place, text) {
  const said = text.trim(), [kind = "nvidia.com/gpu"] = Object.keys(place.fields.extra_resource_limits ?? {});
  if (!said) delete place.fields.extra_resource_limits;
  else place.fields.extra_resource_limits = { [kind]: said };
}

// Return the node pool whose labels a choice selects; null if it is not a known pool.
const sorted = (map) => JSON.stringify(Object.entries(map ?? {}).sort());
export const poolOf = (pools, fields) => fields.node_selector
  ? pools.find((pool) => sorted(pool.nodeSelector) === sorted(fields.node_selector)) ?? null : null;

// Set the pool's labels and tolerations: those of another pool are removed, and what people entered is kept.
export function setPool(place, pools, name) {
  const pool = pools.find((one) => one.name === name);
  const taints = (one) => `tolerations: ${JSON.stringify(one.tolerations)}`;
  const known = new Set(pools.filter((one) => one.tolerations?.length).map(taints));
  const lines = place.more.split("\n").filter((line) => !known.has(line));
  if (pool?.tolerations?.length && !lines.some((line) => line.startsWith("tolerations:"))) lines.push(taints(pool));
  place.more = lines.filter((line, number) => line.trim() || number).join("\n").trimEnd();
  if (pool) place.fields.node_selector = { ...pool.nodeSelector }; else delete place.fields.node_selector;
}

export function setText(place, name, text) {
  if (text || name === "display_name") place.data[name] = text;
  else delete place.data[name];
}

// Return the item at a path of the list, as deep as items go, and the rest of the path: [item, rest].
export function at(profiles, path) {
  let [found, rest] = [profiles[path[0]], path.slice(1)];
  if (!found) return [null, path];
  for (;;) {
    const [name, key] = rest;
    const child = name === "profile_options" ? found.options?.find((one) => one.key === key)
      : name === "choices" ? found.choices?.find((one) => one.key === key) : name === "unlisted_choice" ? found.free : null;
    if (!child) return [found, rest];
    [found, rest] = [child, rest.slice(name === "unlisted_choice" ? 1 : 2)];
  }
}

// Return the items from the outermost to this one.
export function trail(profiles, path) {
  const items = [];
  for (let length = 1; length <= path.length; length++) {
    const [found, rest] = at(profiles, path.slice(0, length));
    if (found && !rest.length && items.at(-1) !== found) items.push(found);
  }
  return items;
}
