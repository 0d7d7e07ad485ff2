// Shows what is being typed into a key field, and hides it again before it is sent. Brings what a
// verification found when it has ended.

import { follow } from "./live.js";
import { paintTimes } from "./times.js";

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

// The tile follows the job by itself; when it has ended, the page tells what came of it.

const ENDED = ["success", "error", "cancelled"];
const tile = document.querySelector("#verification [data-job-status]");

async function bringVerification() {
  const stale = document.querySelector("#verification");
  const answer = await fetch(stale.dataset.url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = document.adoptNode(page.querySelector("#verification"));
  stale.replaceWith(fresh);
  paintTimes(fresh);
}

if (tile && !ENDED.includes(tile.dataset.state)) {
  let isBrought = false;
  follow(tile.dataset.jobStatus, {
    onJob(job) {
      if (isBrought || !ENDED.includes(job.state)) return;
      isBrought = true;
      bringVerification().catch(() => {
        isBrought = false; // the tile shows the end; the rest comes with a reload
      });
    },
  });
}
