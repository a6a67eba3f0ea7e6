// Sentences in the reader's language, as in hubs/language.py: _("{name} was added.", { name }).
// A page in another language than English loads its sentences before (static/js/words, made from portal/locale).
const words = globalThis.portalWords ?? { language: "en", plural: (n) => Number(n !== 1), sentences: {} };

export const locale = words.language === "en" ? "en-GB" : words.language; // for dates and numbers
const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

// A number in the reader's digits.
export const number = (value) => new Intl.NumberFormat(locale).format(value);

export const _ = (sentence, values = {}) => filled(words.sentences[sentence] ?? sentence, values);

export function plural(one, many, count, values = {}) {
  const forms = words.sentences[one] ?? [one, many];
  return filled(forms[words.plural(count)], { count: number(count), ...values });
}
