// Sentences in the reader's language: static/js/language.js, with and without a catalogue.
import assert from "node:assert/strict";
import { test } from "node:test";

const module = "../../static/js/language.js";

test("without a catalogue, sentences are English", async () => {
  const { _, number, plural } = await import(`${module}?english`);
  assert.equal(_("Copy {name}", { name: "Lab" }), "Copy Lab");
  assert.equal(_("{value} stands for the value that was entered."), "{value} stands for the value that was entered.");
  assert.equal(plural("{count} choice", "{count} choices", 1), "1 choice");
  assert.equal(plural("{count} choice", "{count} choices", 2000), "2,000 choices");
  assert.equal(number(1.5), "1.5");
});

test("with a catalogue, they are in its language, with its plural forms and digits", async () => {
  globalThis.portalWords = {
    language: "de", plural: (n) => Number(n !== 1),
    sentences: { "Copy {name}": "{name} kopieren", "{count} choice": ["{count} Auswahl", "{count} Auswahlen"] },
  };
  const { _, locale, number, plural } = await import(`${module}?german`);
  delete globalThis.portalWords;
  assert.equal(_("Copy {name}", { name: "Lab" }), "Lab kopieren");
  assert.equal(_("Not in the catalogue"), "Not in the catalogue");
  assert.equal(plural("{count} choice", "{count} choices", 1), "1 Auswahl");
  assert.equal(plural("{count} choice", "{count} choices", 2000), "2.000 Auswahlen");
  assert.deepEqual([locale, number(1.5)], ["de", "1,5"]);
});
