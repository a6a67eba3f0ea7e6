// Which profiles, choices and free-text fields are offered to whom: like hubs/spec/offers.py, which each hub runs. A
// browser test compares the two.
const fold = (sign) => sign === "ı" ? sign : sign.toLowerCase().toUpperCase().toLowerCase(); // Python's casefold

export const groupKey = (name) => [...name.normalize("NFC").split(/[\p{White_Space}\x1c-\x1f]+/u).filter(Boolean).join(" ")]
  .map(fold).join("");

// `item.groups` as in the list: undefined is everyone, [] no one.
export function isFor(item, groups) {
  if (item.groups === undefined) return true;
  const theirs = new Set(groups.map(groupKey));
  return item.groups.map(groupKey).some((key) => key && theirs.has(key));
}

function answers(option, groups) {
  const free = option.free?.data.enabled === true && isFor(option.free, groups) ? option.free : null;
  return { ...option, choices: option.choices.filter((one) => isFor(one, groups)), free };
}

// Return copies with what a person in these groups can choose; options without choices are left out.
export const offered = (profiles, groups) => profiles.filter((one) => isFor(one, groups)).map((profile) => ({
  ...profile, options: profile.options.map((one) => answers(one, groups)).filter((one) => one.choices.length || one.free),
}));

// Return all groups named in rules, each once, in its first spelling.
export function groupsNamed(profiles) {
  const ruled = profiles.flatMap((one) => [one, ...one.options.flatMap((option) => [...option.choices, option.free ?? {}])]);
  const found = new Map();
  for (const name of ruled.flatMap((one) => one.groups ?? [])) if (!found.has(groupKey(name))) found.set(groupKey(name), name);
  found.delete("");
  return [...found.values()];
}
