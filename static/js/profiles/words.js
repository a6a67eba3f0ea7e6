// Sizes in words. KubeSpawner counts memory in bytes, with K, M, G, T as powers of 1024.
import { _, number, plural } from "../language.js";
const UNIT = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

export function bytesOf(value) {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)$/.exec(String(value).trim());
  return match ? Number(match[1]) * UNIT[match[2]] : null;
}

export function bytesText(bytes) {
  if (bytes < UNIT.M) return plural("{count} byte", "{count} bytes", bytes);
  const [size, unit] = bytes < UNIT.G ? [bytes / UNIT.M, "MiB"] : [bytes / UNIT.G, "GiB"];
  return `${number(Number(size.toFixed(size < 10 ? 2 : 1)))} ${unit}`;
}

const size = (value) => { const bytes = bytesOf(value); return bytes === null ? String(value) : bytesText(bytes); };

// Shown next to the field while typing.
export function memoryNote(text) {
  const bytes = bytesOf(text);
  if (!text.trim() || bytes === null) return "";
  const size = bytesText(bytes);
  if (bytes >= 64 * UNIT.M) return `= ${size}`;
  if (/^[\d.]+$/.test(text.trim())) return _("That is {size}: enter {more}G for gibibytes.", { size, more: text.trim() });
  return _("That is {size}: enter more.", { size });
}

// “2 GiB (1 GiB guaranteed)”, as in hubs/spec/profile_words.py.
function bounds(sure, most, read, bare = read) {
  const known = sure !== undefined && sure !== null;
  if (most === undefined) return known ? _("at least {size}", { size: read(sure) }) : "";
  if (most === null) return known ? _("no limit ({size} guaranteed)", { size: read(sure) }) : _("no limit");
  if (!known) return _("up to {size}", { size: read(most) });
  if (read(sure) === read(most)) return read(most);
  return _("{most} ({sure} guaranteed)", { most: read(most), sure: bare(sure) });
}

const bare = (count) => count > 1 ? number(count) : cores(count); // in “4 cores (2 guaranteed)”
const cores = (count) => count === 0.5 ? _("half a core") : count === 1 ? _("1 core") : _("{count} cores", { count: number(count) });

export const memoryWords = ({ mem_guarantee: sure, mem_limit: most }) => bounds(sure, most, size);
export const cpuWords = ({ cpu_guarantee: sure, cpu_limit: most }) => bounds(sure, most, cores, bare);
