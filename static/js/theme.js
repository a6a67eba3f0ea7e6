// Runs in the head, before anything is painted, so that the chosen theme appears without a flash.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // storage is off: use the system's theme
  }
})();
