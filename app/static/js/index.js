// The paste form: Ctrl+Enter submits it, its draft survives a visit to the settings, and Back brings
// the text of the analysis that was begun here.

import { keep, recall } from "./pasted.js";
import "./times.js";

const form = document.querySelector("#paste");
const text = form.elements.text;
const submit = form.querySelector("button.primary");

const chosen = () => ({ mode: form.elements.mode.value, tlp: form.elements.tlp.value });

function keepDraft() {
  const draft = { text: text.value, ...chosen() };
  // A text beyond the storage quota of the browser is not kept.
  try {
    sessionStorage.setItem("draft", JSON.stringify(draft));
  } catch {}
}

function readDraft() {
  try {
    return JSON.parse(sessionStorage.getItem("draft"));
  } catch {
    return null;
  }
}

function dropDraft() {
  try {
    sessionStorage.removeItem("draft");
  } catch {}
}

// Each entry of the tab's history knows the analysis that was begun in it; the server has no text.
function restore() {
  if (text.value) return;
  const begun = history.state?.begun;
  const draft = begun ? { ...begun, text: recall(begun.jobId)?.text ?? "" } : readDraft();
  if (!draft) return;
  text.value = draft.text;
  form.elements.mode.value = draft.mode;
  form.elements.tlp.value = draft.tlp ?? "";
}

restore();

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// The response has the near misses. The server stores neither them nor the text; this tab does.
async function analyze() {
  const fields = new FormData(form);
  fields.set("near_misses", "1");
  fields.set("show_plan", "1"); // an analyst waits and can review the plan
  const answer = await fetch(form.action, {
    method: "POST",
    body: fields,
    headers: { Accept: "application/json" },
  });
  if (answer.status !== 202) throw new Error(`status ${answer.status}`);
  const { job_id: jobId, results_url: address, near_misses: misses, near_misses_left_out: more } = await answer.json();
  keep(jobId, { text: fields.get("text"), misses, more });
  history.replaceState({ ...history.state, begun: { jobId, ...chosen() } }, "");
  dropDraft();
  location.assign(address);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  keepDraft();
  form.ariaBusy = "true";
  submit.disabled = true;
  try {
    await analyze();
  } catch {
    form.submit(); // the page that the server renders shows the error
  }
});

form.querySelectorAll("a[data-keeps-draft]").forEach((link) => {
  link.addEventListener("click", keepDraft);
});

// The back button may restore the page from the back/forward cache, with the button disabled.
window.addEventListener("pageshow", () => {
  form.ariaBusy = "false";
  submit.disabled = false;
});
