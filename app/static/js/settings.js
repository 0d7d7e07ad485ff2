// Shows what is being typed into a key field, and hides it again before it is sent. Replaces, in the
// panel of a provider, what a key check found when it has ended and the steps of a connection test
// while it runs.

import { follow } from "./live.js";
import { paintTimes } from "./times.js";

const ENDED = ["success", "error", "cancelled"];

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

// Fetches the page and puts its version of a part in place of the one that is shown.
async function refresh(panel, part) {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const selector = `[data-provider-panel="${CSS.escape(panel.dataset.providerPanel)}"] ${part}`;
  const fresh = document.adoptNode(page.querySelector(selector));
  panel.querySelector(part).replaceWith(fresh);
  paintTimes(fresh);
}

function running(panel, part) {
  const tile = panel.querySelector(`${part} [data-job-status]`);
  return tile && !ENDED.includes(tile.dataset.state) ? tile.dataset.jobStatus : null;
}

document.querySelectorAll("[data-provider-panel]").forEach((panel) => {
  const check = running(panel, "[data-verification]");
  if (check) {
    let isFresh = false;
    follow(check, {
      onJob(job) {
        if (isFresh || !ENDED.includes(job.state)) return;
        isFresh = true;
        // The badge and the endings of keys follow from what the check found.
        Promise.all(["[data-key-badge]", "[data-verification]"].map((part) => refresh(panel, part))).catch(() => {
          isFresh = false; // the tile shows the end; the rest comes with a reload
        });
      },
    });
  }
  const test = running(panel, "[data-connection]");
  if (test) {
    let turn = Promise.resolve(); // one page after the other, so that none overtakes a newer one
    follow(test, {
      onJob() {
        turn = turn.then(() => refresh(panel, "[data-steps]")).catch((error) => console.warn(error));
      },
    });
  }
});
