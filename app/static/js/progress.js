// Draws how far the lookups are, and what they found so far.

import { setTime } from "./times.js";

const part = (name) => document.querySelector(`[data-part=${name}]`);

function showNumber(name, number) {
  part(name).hidden = !number;
  part(name).querySelector("b").textContent = number;
}

export function showProgress({ state, total, done, complete }, lookupCounts, doneAt) {
  const bar = document.querySelector("progress");
  bar.max = total || 1;
  bar.value = total ? done : 1;
  bar.toggleAttribute("data-complete", complete);
  part("done").querySelector("b").textContent = done;
  part("done").querySelector("i").textContent = total;
  if (lookupCounts) {
    for (const name of ["quota", "could_not_check", "not_asked"]) showNumber(name, lookupCounts.get(name) ?? 0);
    if (doneAt) setTime(part("done_at").querySelector("time"), doneAt);
  }
  part("done_at").hidden = complete || (lookupCounts && !doneAt);
  for (const word of document.querySelectorAll("[data-job-state]")) word.hidden = word.dataset.jobState !== state;
}

export function showCounts(iocCounts, total) {
  let left = 0;
  for (const chip of document.querySelectorAll(".chip[data-filter=verdict]:not([data-value=''])")) {
    const count = iocCounts.get(chip.dataset.value) ?? 0;
    chip.dataset.count = count;
    chip.querySelector("b").textContent = count;
    const segment = document.querySelector(`.tally .${chip.dataset.value}`);
    const width = (100 * count) / total;
    segment.setAttribute("x", `${left}%`);
    segment.setAttribute("width", `${width}%`);
    left += width;
  }
}
