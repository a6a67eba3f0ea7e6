// Cards of the image catalogue: one that is chosen fills the fields for name and tag, which then count. A suggestion
// beside the fields (data-choose-card) chooses its card.
(() => {
  const put = (form, path, text) => {
    const field = form.elements[path];
    if (!field || field.value === text) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "card" || !target.form?.elements.card_shown) return;
    target.form.elements.card_shown.value = target.value;
    if (target.dataset.image === undefined) {
      target.form.elements["singleuser.image.name"]?.select();
      return;
    }
    put(target.form, "singleuser.image.name", target.dataset.image);
    put(target.form, "singleuser.image.tag", target.dataset.tag);
  });
  document.addEventListener("click", ({ target }) => {
    const id = target.closest?.("[data-choose-card]")?.dataset.chooseCard;
    const card = id && document.getElementById(`image-card-${id}`);
    if (!card) return;
    card.click();
    card.focus();
  });
})();
