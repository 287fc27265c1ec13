// Remembers the reader's choice of theme on this device. Loaded in the head, so that no page flashes in another one.
(() => {
  "use strict";
  const themes = ["auto", "light", "dark", "room"];
  const root = document.documentElement;

  const remembered = () => {
    try {
      const found = localStorage.getItem("theme");
      return themes.includes(found) ? found : "auto";
    } catch {
      return "auto"; // Storage may be forbidden; the preference of the system then decides.
    }
  };
  const wear = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  wear(remembered());

  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of document.querySelectorAll("[data-theme-choice]")) {
      choice.hidden = false;
      choice.value = remembered();
      choice.addEventListener("change", () => {
        wear(choice.value);
        try {
          localStorage.setItem("theme", choice.value);
        } catch {
          // Worn until the page is left.
        }
      });
    }
  });
  // Tables shut away in <details> are opened for paper.
  addEventListener("beforeprint", () => {
    for (const shut of document.querySelectorAll("details.figure__table:not([open])")) shut.open = true;
  });
})();
