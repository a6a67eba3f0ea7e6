import assert from "node:assert/strict";
import { test } from "node:test";
import { above, beside } from "../../static/js/values.js";

test("the keys above a line are read from the indentation", () => {
  assert.deepEqual(above(["singleuser:", "  memory:"], 4), ["singleuser", "memory"]);
  assert.deepEqual(above(["hub:", "  config:", "singleuser:"], 2), ["singleuser"]);
  assert.deepEqual(above(["hub:", "  extraConfig:", '    "10-a.py": |', "      x = 1"], 4), ["hub", "extraConfig"]);
  assert.deepEqual(above([], 0), []);
});

test("keys of the same map are known, before and after", () => {
  const found = beside(["singleuser:", "  image:", "    name: a", "  cpu:"], ["  memory:", "    limit: 1G", "", "hub:", "  db:"], 2);
  assert.deepEqual([...found].sort(), ["cpu", "image", "memory"]);
});
