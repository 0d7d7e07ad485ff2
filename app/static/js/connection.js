// Brings the steps of the connection's test while it runs. The tile above them follows the job by itself.

import { follow } from "./live.js";

const ENDED = ["success", "error", "cancelled"];
const tile = document.querySelector("#connection [data-job-status]");
let turn = Promise.resolve(); // one page after the other, so that none overtakes a newer one

async function bringSteps() {
  const stale = document.querySelector("#connection [data-steps]");
  const answer = await fetch(stale.dataset.url, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  stale.replaceWith(document.adoptNode(page.querySelector("#connection [data-steps]")));
}

if (tile && !ENDED.includes(tile.dataset.state)) {
  follow(tile.dataset.jobStatus, {
    onJob() {
      turn = turn.then(bringSteps).catch((error) => console.warn(error)); // a reload brings them too
    },
  });
}
