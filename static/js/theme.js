// Runs in the head, before anything is painted: the theme that the reader chose, without a flash.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // storage is off: the system's theme it is
  }
})();
