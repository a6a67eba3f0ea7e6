// Sizes in words. KubeSpawner counts memory in bytes, with K, M, G, T as powers of 1024.
const UNIT = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

export function bytesOf(value) {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)$/.exec(String(value).trim());
  return match ? Number(match[1]) * UNIT[match[2]] : null;
}

export function bytesText(bytes) {
  if (bytes < UNIT.M) return `${bytes} bytes`;
  const [size, unit] = bytes < UNIT.G ? [bytes / UNIT.M, "MiB"] : [bytes / UNIT.G, "GiB"];
  return `${Number(size.toFixed(size < 10 ? 2 : 1))} ${unit}`;
}

const size = (value) => { const bytes = bytesOf(value); return bytes === null ? String(value) : bytesText(bytes); };

// Shown next to the field while typing.
export function memoryNote(text) {
  const bytes = bytesOf(text);
  if (!text.trim() || bytes === null) return "";
  return bytes < 64 * UNIT.M ? `That is ${bytesText(bytes)}: enter ${/^[\d.]+$/.test(text.trim()) ? `${text.trim()}G for gibibytes` : "more"}.` : `= ${bytesText(bytes)}`;
}

// “2 GiB (1 GiB guaranteed)”, as in hubs/spec/profile_words.py.
function bounds(sure, most, read) {
  const known = sure !== undefined && sure !== null;
  if (most === undefined) return known ? `at least ${read(sure)}` : "";
  if (most === null) return known ? `no limit (${read(sure)} guaranteed)` : "no limit";
  if (!known) return `up to ${read(most)}`;
  return read(sure) === read(most) ? read(most) : `${read(most)} (${read(sure).replace(/ cores$/, "")} guaranteed)`;
}

const cores = (number) => number === 0.5 ? "half a core" : number === 1 ? "1 core" : `${number} cores`;

export const memoryWords = ({ mem_guarantee: sure, mem_limit: most }) => bounds(sure, most, size);
export const cpuWords = ({ cpu_guarantee: sure, cpu_limit: most }) => bounds(sure, most, cores);
