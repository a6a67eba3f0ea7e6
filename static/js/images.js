// Cards of the image catalogue: selecting one fills in the fields for name and tag, which are then used. A suggestion
// next to the fields (data-choose-card) selects its card.
(() => {
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "card" || !target.form?.elements.card_shown) return;
    target.form.elements.card_shown.value = target.value;
    const name = target.form.elements["singleuser.image.name"], tag = target.form.elements["singleuser.image.tag"];
    if (target.dataset.image === undefined) {
      name?.select();
      return;
    }
    if (tag) tag.value = target.dataset.tag;
    if (!name) return;
    name.value = target.dataset.image;
    name.dispatchEvent(new Event("input", { bubbles: true })); // one event for both: listeners read the whole form
  });
  document.addEventListener("click", ({ target }) => {
    const id = target.closest?.("[data-choose-card]")?.dataset.chooseCard;
    const card = id && document.getElementById(`image-card-${id}`);
    if (!card) return;
    card.click();
    card.focus();
  });
})();
