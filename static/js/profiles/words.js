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

// Beside the field, while typing.
export function memoryNote(text) {
  const bytes = bytesOf(text);
  if (!text.trim() || bytes === null) return "";
  return bytes < 64 * UNIT.M ? `That is ${bytesText(bytes)}: write ${/^[\d.]+$/.test(text.trim()) ? `${text.trim()}G for gibibytes` : "more"}.` : `= ${bytesText(bytes)}`;
}

export function memoryWords({ mem_guarantee: sure, mem_limit: most }) {
  if (sure === undefined && most === undefined) return "";
  if (sure === undefined) return `up to ${size(most)}`;
  return most === undefined || size(sure) === size(most) ? size(sure) : `${size(sure)}, up to ${size(most)}`;
}

export function cpuWords({ cpu_guarantee: sure, cpu_limit: most }) {
  if (sure === undefined && most === undefined) return "";
  if (sure === undefined || most === undefined) return sure === undefined ? `up to ${most} CPU` : `${sure} CPU`;
  return sure === most ? `${sure} CPU` : `${sure} to ${most} CPU`;
}
