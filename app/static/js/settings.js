// Shows what is being typed into a key field, and hides it again before it is sent.

document.querySelectorAll("form[data-key-form]").forEach((form) => {
  const field = form.elements.api_key;
  const toggle = form.querySelector("[data-reveal]");

  function reveal(shown) {
    field.type = shown ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(shown));
    toggle.textContent = shown ? toggle.dataset.hide : toggle.dataset.show;
  }

  toggle.addEventListener("click", () => {
    reveal(field.type === "password");
    field.focus();
  });
  // A browser may remember what stood in a text field.
  form.addEventListener("submit", () => reveal(false));
});
