// Loaded in <head> without `defer`, so that the page is never painted in the wrong theme first.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  function use(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  }

  // Without storage (private windows of some browsers) the choice holds for this page only.
  try {
    use(localStorage.getItem("theme"));
  } catch {}

  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.querySelector("#theme");
    if (!choice) return;
    choice.value = root.dataset.theme ?? "auto";
    choice.addEventListener("change", () => {
      use(choice.value);
      try {
        localStorage.setItem("theme", choice.value);
      } catch {}
    });
    window.addEventListener("storage", (event) => {
      if (event.key !== "theme") return;
      use(event.newValue);
      choice.value = root.dataset.theme ?? "auto";
    });
  });
})();
