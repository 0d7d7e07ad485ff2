// The paste form: the keyboard submits it, and a detour over the settings loses nothing.

import "./times.js";

const form = document.querySelector("#paste");
const text = form.elements.text;
const submit = form.querySelector("button.primary");

function keepDraft() {
  const draft = { text: text.value, mode: form.elements.mode.value };
  // A text past the browser's quota is simply not kept.
  try {
    sessionStorage.setItem("draft", JSON.stringify(draft));
  } catch {}
}

function restoreDraft() {
  if (text.value) return;
  try {
    const draft = JSON.parse(sessionStorage.getItem("draft"));
    if (!draft) return;
    text.value = draft.text;
    form.elements.mode.value = draft.mode;
  } catch {}
}

restoreDraft();

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});

form.addEventListener("submit", (event) => {
  if (form.ariaBusy === "true") return event.preventDefault();
  keepDraft();
  form.ariaBusy = "true";
  submit.disabled = true;
});

form.querySelectorAll("a[data-keeps-draft]").forEach((link) => {
  link.addEventListener("click", keepDraft);
});

// The page may come back from the browser's cache as it was left.
window.addEventListener("pageshow", () => {
  form.ariaBusy = "false";
  submit.disabled = false;
});
