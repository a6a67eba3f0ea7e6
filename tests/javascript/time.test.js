import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, relative } from "../../static/js/time.js";

const NOW = new Date("2026-03-01T12:00:00Z");
const after = (seconds) => new Date(NOW.getTime() - seconds * 1000);

// The same table as the doctests of hubs/templatetags/words.py, so that server and browser agree.
for (const [seconds, words] of [
  [0, "just now"], [9, "just now"], [-9, "just now"], [42, "42 seconds ago"], [60, "1 minute ago"], [300, "5 minutes ago"],
  [3600, "1 hour ago"], [7300, "2 hours ago"], [86400, "1 day ago"], [-2 * 86400, "in 2 days"], [-61, "in 1 minute"],
]) {
  test(`${seconds} s before now is “${words}”`, () => assert.equal(relative(after(seconds), NOW), words));
}

test("beyond 30 days it is a date", () => assert.match(relative(after(40 * 86400), NOW), /^2\d January 2026$/));

for (const [seconds, words] of [
  [0.4, "under 1 s"], [42, "42 s"], [59.9, "59 s"], [60, "1 min"], [125, "2 min 5 s"], [7260, "2 h 1 min"], [90000, "1 d 1 h"],
]) {
  test(`${seconds} s last “${words}”`, () => assert.equal(duration(seconds), words));
}
