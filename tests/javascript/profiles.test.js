import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../static/js/profiles/model.js";
import { bytesOf, bytesText, cpuWords, memoryNote, memoryWords } from "../../static/js/profiles/words.js";
import { scalar, written } from "../../static/js/profiles/yaml.js";

const OUTLINE = {
  display_name: "Small", slug: "small", default: true, kubespawner_override: { fields: { mem_limit: "2G" }, more: "" },
  profile_options: [["image", {
    display_name: "Image",
    choices: [["plain", { display_name: "Plain", default: true }], ["gpu", { display_name: "GPU" }]],
    unlisted_choice: { enabled: true, display_name: "Your own", kubespawner_override: { fields: { image: "{value}" } } },
  }]],
};
const made = () => [model.profileFrom(OUTLINE), model.newProfile()];

for (const [text, bytes] of [["1G", 1024 ** 3], ["512M", 512 * 1024 ** 2], ["1.5K", 1536], ["7", 7], ["1Gi", null], ["", null], ["x", null]]) {
  test(`“${text}” is ${bytes} bytes`, () => assert.equal(bytesOf(text), bytes));
}
test("sizes in words", () => {
  assert.equal(bytesText(100), "100 bytes");
  assert.equal(bytesText(1.5 * 1024 ** 3), "1.5 GiB");
  assert.equal(memoryWords({ mem_limit: "2G", mem_guarantee: "1G" }), "2 GiB (1 GiB guaranteed)");
  assert.equal(memoryWords({ mem_limit: null }), "no limit");
  assert.equal(memoryWords({}), "");
  assert.equal(cpuWords({ cpu_limit: 2 }), "up to 2 cores");
  assert.equal(cpuWords({ cpu_limit: 0.5, cpu_guarantee: 0.5 }), "half a core");
  assert.match(memoryNote("2"), /enter 2G for gibibytes/);
});

for (const [value, yaml] of [["plain words", "plain words"], ["yes", '"yes"'], ["1.0", '"1.0"'], ["a: b", '"a: b"'], [2, "2"], [null, "null"], [true, "true"], ["\u2028", '"\\u2028"']]) {
  test(`${JSON.stringify(value)} is ${yaml} in YAML`, () => assert.equal(scalar(value), yaml));
}

test("a list is written as it was read, with an owner for each line that a person wrote", () => {
  const profiles = made();
  profiles[0].more = "  node_affinity: x\n";
  const { text, owners } = written(profiles);
  assert.match(text, /^- display_name: Small\n {2}slug: small\n {2}default: true\n/);
  assert.match(text, /\n {4}mem_limit: "2G"\n/);
  assert.match(text, /\n {6}unlisted_choice:\n/);
  assert.equal(owners[text.split("\n").indexOf("  node_affinity: x")], `${profiles[0].id}-more`);
  assert.equal(text.split("\n").length - 1, owners.length);
});

test("short names are unused, plain and of limited length", () => {
  const [small] = made();
  assert.equal(model.slugged("Größe XL!", "-"), "gro-e-xl");
  assert.equal(model.unique("plain", small.options[0].choices), "plain_2");
  assert.equal(model.unique("not a key", []), "choice");
  assert.equal(model.freeSlug("small", [small]), "small-2");
  assert.equal(model.freeSlug("small", [small], small), "small");
});

test("a copy shares nothing with its original", () => {
  const [small] = made();
  const copy = model.copied(small, [small]);
  copy.options[0].choices[0].data.display_name = "Changed";
  assert.equal(small.options[0].choices[0].data.display_name, "Plain");
  assert.equal(copy.data.display_name, "Small (copy)");
  assert.equal(copy.data.default, undefined);
  assert.equal(copy.data.slug, "small-copy");
  assert.notEqual(copy.id, small.id);
});

test("typed text becomes a number, no limit, text, or nothing", () => {
  const place = { fields: {}, more: "" };
  for (const [name, typed, number, kept] of [
    ["mem_limit", "2G", false, "2G"], ["mem_limit", "1024", false, 1024], ["cpu_limit", "0,5", true, 0.5], ["cpu_limit", "No limit", true, null], ["image", " ", false, undefined],
  ]) {
    model.setSetting(place, name, typed, number);
    assert.equal(place.fields[name], kept);
  }
  model.setMap(place, "environment", "A=1=2\n\nB");
  assert.deepEqual(place.fields.environment, { A: "1=2", B: "" });
  assert.equal(model.asLines(place.fields.environment), "A=1=2\nB=");
  model.setGpus(place, "2");
  assert.equal(model.gpusOf(place.fields), "2");
});

test("a node pool adds its taints and removes those of another", () => {
  const toleration = (key) => [{ key, operator: "Exists" }];
  const pools = [{ name: "gpu", nodeSelector: { pool: "gpu" }, tolerations: toleration("gpu") }, { name: "big", nodeSelector: { pool: "big" } }];
  const place = { fields: {}, more: "priority: 1" };
  model.setPool(place, pools, "gpu");
  assert.equal(place.more, `priority: 1\ntolerations: ${JSON.stringify(toleration("gpu"))}`);
  assert.equal(model.poolOf(pools, place.fields).name, "gpu");
  model.setPool(place, pools, "big");
  assert.equal(place.more, "priority: 1");
  model.setPool(place, pools, "");
  assert.equal(place.fields.node_selector, undefined);
});

test("a path of a problem leads to its card", () => {
  const profiles = made();
  const path = [0, "profile_options", "image", "choices", "gpu", "display_name"];
  const [found, rest] = model.at(profiles, path);
  assert.equal(found.data.display_name, "GPU");
  assert.deepEqual(rest, ["display_name"]);
  assert.deepEqual(model.trail(profiles, path).map((one) => one.kind), ["profile", "option", "choice"]);
  assert.deepEqual(model.at(profiles, [7]), [null, [7]]);
});
