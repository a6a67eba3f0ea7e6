import assert from "node:assert/strict";
import { test } from "node:test";
import { read, who, written } from "../../static/js/institution-rules.js";

test("plain entity IDs are rows, and are written back unchanged", () => {
  const text = "https://a.example/idp\nhttps://b.example/idp";
  assert.deepEqual(read(text), [{ entity_id: "https://a.example/idp" }, { entity_id: "https://b.example/idp" }]);
  assert.equal(written(read(text)), text);
});

test("one rule makes every line JSON", () => {
  const rows = [{ entity_id: "a" }, { entity_id: "b", allow_all: true }];
  assert.equal(written(rows), '- {"entity_id":"a"}\n- {"entity_id":"b","allow_all":true}');
  assert.deepEqual(read(written(rows)), rows);
});

for (const text of ["a: {b: 1}", "- entity_id: x", "[a, b]", '- {"entity_id": 1}', '- {"entity_id": "a", "unknown": 1}', "- {"]) {
  test(`hand-written rules are left alone: ${text}`, () => assert.equal(read(text), null));
}

for (const [row, how] of [
  [{}, ""], [{ allow_all: true }, "all"], [{ allow_all: false }, "named"], [{ allowed_domains: ["a.example"] }, "domains"], [{ allowed_domains: [] }, "named"],
]) {
  test(`${JSON.stringify(row)} lets in “${how}”`, () => assert.equal(who(row), how));
}
