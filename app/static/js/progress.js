// The counts of the progress tile and of the verdict chips.

const part = (name) => document.querySelector(`[data-part=${name}]`);

function showNumber(name, number) {
  part(name).hidden = !number;
  part(name).querySelector("b").textContent = number;
}

export function showLookups(lookupCounts) {
  for (const name of ["quota", "could_not_check", "not_asked"]) showNumber(name, lookupCounts.get(name) ?? 0);
}

// `number`: null if no provider has a limit for a day.
export function showLeft(number) {
  part("left_today").hidden = number === null;
  part("left_today").querySelector("b").textContent = number ?? "";
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
