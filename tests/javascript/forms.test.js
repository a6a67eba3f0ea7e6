import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { filled, pretty } from "../../static/js/api.js";
import { withInstitution } from "../../static/js/institutions.js";
import { standing } from "../../static/js/session.js";
import { changed, slugOf, suggested } from "../../static/js/ui.js";
import { wanted } from "../../static/js/when.js";

const ADDRESSES = JSON.parse(readFileSync(new URL("../data/addresses.json", import.meta.url), "utf8")); // Python has the same cases
for (const [title, slug] of [...Object.entries(ADDRESSES), ["数学", ""]]) {
  test(`the address of “${title}” is “${slug}”`, () => assert.equal(slugOf(title, 40), slug));
}
test("a shortened address does not end with a dash", () => assert.equal(slugOf("data science", 5), "data"));

for (const [slug, title, follows] of [
  ["intr", "Intro to Data Science", true], ["intro-to-data-science", "Intro to Data Science", true], ["data", "Intro to Data Science", false],
  ["intro-2", "Intro", false], ["intro", "", false],
]) {
  test(`“${slug}” ${follows ? "was" : "was not"} suggested for “${title}”`, () => assert.equal(suggested(slug, title, 40), follows));
}

for (const [answers, said, shown] of [
  ["*", "x", true], ["*", "  ", false], ["github,google", "google", true], ["github,google", "goo", false], ["no", "yes", false],
]) {
  test(`a field for ${answers} is ${shown ? "" : "not "}asked after “${said}”`, () => assert.equal(wanted(answers, said), shown));
}

for (const [user, who, how] of [["", "ada", "out"], ["ada", "ada", "in"], ["mia", "ada", "other"], ["mia", "", "in"], [null, "", "out"]]) {
  test(`${user || "nobody"} is “${how}” on a page of ${who || "anybody"}`, () => assert.equal(standing(user, who), how));
}

test("an address is filled with its parts and its query", () => {
  assert.equal(filled("/api/v1/hubs/{uid}/", [["uid", "a b/c"]], []), "/api/v1/hubs/a%20b%2Fc/");
  assert.equal(filled("/api/v1/hubs/", [], [["q", "x&y"], ["page", "2"]]), "/api/v1/hubs/?q=x%26y&page=2");
  assert.equal(filled("/a/{missing}/", [], []), "/a//");
});

test("an answer is shown in lines, and cut when it is long", () => {
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(pretty("no JSON"), "no JSON");
  assert.match(pretty("x".repeat(200000)), /^x{100000}\n… and more$/);
});

const BOTH = "https://a.example/idp\n- {\"entity_id\":\"https://b.example/idp\",\"allow_all\":true}";
test("an institution is added as a line, in the form of the others", () => {
  assert.equal(withInstitution("", "https://a.example/idp"), "https://a.example/idp");
  assert.equal(withInstitution("one\n\n two ", "three"), "one\ntwo\nthree");
  assert.equal(withInstitution(BOTH, "c"), `${BOTH}\n- {"entity_id":"c"}`);
});
test("an institution is in the list once", () => {
  for (const id of ["https://a.example/idp", "https://b.example/idp"]) assert.equal(withInstitution(BOTH, id), BOTH);
});

const select = (sent, now, multiple = false) => ({
  multiple, options: [0, 1, 2].map((n) => ({ defaultSelected: sent.includes(n), selected: now.includes(n) })),
});
for (const [name, control, is] of [
  ["a text as it was sent", { type: "text", value: "a", defaultValue: "a" }, false],
  ["a text that was typed", { type: "text", value: "b", defaultValue: "" }, true],
  ["a box as it was sent", { type: "checkbox", checked: true, defaultChecked: true, value: "x", defaultValue: "y" }, false],
  ["a box that was ticked", { type: "checkbox", checked: true, defaultChecked: false }, true],
  ["a choice that nobody made", select([], [0]), false],
  ["a choice as it was sent", select([1], [1]), false],
  ["the first choice instead of the one that was sent", select([1], [0]), true],
  ["several choices as they were sent", select([0, 2], [0, 2], true), false],
  ["several choices with one more", select([0], [0, 2], true), true],
  ["no choice instead of several", select([0], [], true), true],
]) {
  test(`${name}: ${is ? "changed" : "not changed"}`, () => assert.equal(changed(control), is));
}
