// The list as YAML for the text area. A line is [text, owner]; owner is the id of the text box it came from, or "".
const PLAIN = /^[A-Za-z/][A-Za-z0-9_./@-]*(?:[ :][A-Za-z0-9_./@-]+)*$/;
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i; // YAML would parse these as other types
const HIDDEN = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

export function scalar(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value).replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const deeper = (lines) => lines.map(([text, owner]) => [`  ${text}`, owner]);
const nested = (key, lines) => lines.length ? [[`${scalar(key)}:`, ""], ...deeper(lines)] : [[`${scalar(key)}: {}`, ""]];
const pair = (key, value) => value !== null && typeof value === "object"
  ? nested(key, Object.entries(value).flatMap(([name, one]) => pair(name, one))) : [[`${scalar(key)}: ${scalar(value)}`, ""]];

// Lines that people entered: JSON becomes one key per line, everything else is kept except for its indentation.
function own(text, owner) {
  const trimmed = text.trim();
  if (!trimmed) return [];
  if (trimmed.startsWith("{")) {
    try {
      return Object.entries(JSON.parse(trimmed)).map(([key, value]) => [`${scalar(key)}: ${JSON.stringify(value)}`, owner]);
    } catch { /* not JSON: the server reports the error */ }
  }
  const lines = text.replace(/\s+$/, "").split("\n").map((line) => line.replace(/\t/g, "  "));
  while (lines.length && !lines[0].trim()) lines.shift();
  const margin = Math.min(...lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length));
  return lines.map((line) => [line.slice(margin), owner]);
}

function settings(place, owner) {
  const lines = [...Object.entries(place.fields).flatMap(([key, value]) => pair(key, value)), ...own(place.more, owner)];
  return lines.length || place.said ? nested("kubespawner_override", lines) : [];
}

const said = ({ dynamic_image_building: builds, ...data }) => [...simple(data), ...(builds === undefined ? [] : pair("dynamic_image_building", { enabled: builds }))];
const simple = (data) => Object.entries(data).filter(([, value]) => value !== undefined).flatMap(([key, value]) => pair(key, value));
const rest = (item) => own(item.more, `${item.id}-more`);
const groups = ({ groups }) => groups === undefined ? []
  : groups.length ? [["allowed_groups:", ""], ...groups.map((group) => [`  - ${scalar(group)}`, ""])] : [["allowed_groups: []", ""]];
const choice = (item) => [...said(item.data), ...groups(item), ...settings(item.server, `${item.id}-server-more`), ...rest(item)];

function option(item) {
  const choices = item.choices.flatMap((one) => nested(one.key, choice(one)));
  return [...said(item.data), ...(choices.length || item.saidChoices ? nested("choices", choices) : []),
    ...(item.free ? nested("unlisted_choice", choice(item.free)) : []), ...rest(item)];
}

function profile(item) {
  const { display_name, slug, description, default: first } = item.data;
  const options = item.options.flatMap((one) => nested(one.key, option(one)));
  return [...said({ display_name, slug, description, default: first }), ...groups(item),
    ...settings(item.server, `${item.id}-server-more`),
    ...(options.length || item.saidOptions ? nested("profile_options", options) : []), ...rest(item)];
}

// Return { text, owners }: owners[n] is the owner of line n + 1.
export function written(profiles) {
  const lines = profiles.flatMap((item) => {
    const [[first, owner] = ["{}", ""], ...others] = profile(item);
    return [[`- ${first}`, owner], ...deeper(others)];
  });
  return { text: lines.map(([text]) => `${text}\n`).join(""), owners: lines.map(([, owner]) => owner) };
}
