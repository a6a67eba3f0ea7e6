// Fields that only some answers need: data-asked-when="field:answer,answer" on a field of the same form; "field:*" for any answer.
// Does this answer ask for the field? `answers`: "*" for any, or some with commas between.
export const wanted = (answers, said) => (answers === "*" ? said.trim() !== "" : answers.split(",").includes(said));

function begin() {
  const answer = (form, name) => {
    const found = [...form.elements].filter((one) => one.name === name);
    if (found[0]?.type === "checkbox") return found[0].checked ? "yes" : "no";
    return (found.find((one) => one.type !== "radio" || one.checked) ?? {}).value ?? "";
  };
  const show = (form) => {
    for (const field of form.querySelectorAll("[data-asked-when]")) {
      const [name, answers] = field.dataset.askedWhen.split(":");
      if (!form.elements[name]) continue; // not asked here: the page was made for its answer
      const said = answer(form, name);
      field.classList.toggle("off", !wanted(answers, said));
    }
    for (const count of form.querySelectorAll("[data-asked-count]")) {
      const asked = count.closest("details").querySelectorAll(".stack > .field:not(.off)").length;
      count.textContent = asked;
      count.closest("details").hidden = asked === 0;
    }
  };
  // While typing: a field that came with the change alone would move the button that is being pressed, and lose the click.
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => { if (event.target.form) show(event.target.form); });
  }
  document.querySelectorAll("form").forEach(show);
}

if (globalThis.document) begin(); // a test has none
