// Conditional fields: data-asked-when="field:answer,answer" on a field of the same form; "field:*" for any answer.
// Returns whether the field is needed for this answer. `answers`: "*" for any, or a comma-separated list.
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
      if (!form.elements[name]) continue; // not on this page, which was rendered for its answer
      const said = answer(form, name);
      field.classList.toggle("off", !wanted(answers, said));
    }
    for (const count of form.querySelectorAll("[data-asked-count]")) {
      const asked = count.closest("details").querySelectorAll(".field:not(.off)").length;
      count.textContent = asked;
      count.closest("details").hidden = asked === 0;
    }
  };
  // On input, too: a field that appeared on change only would move the button that is being pressed, and the click would be lost.
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => { if (event.target.form) show(event.target.form); });
  }
  document.querySelectorAll("form").forEach(show);
}

if (globalThis.document) begin(); // tests have no document
