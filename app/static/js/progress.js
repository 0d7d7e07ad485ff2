// The counts of the progress tile and of the verdict chips.

// Found once: searching the document at every event took most of the time with thousands of rows.
const parts = new Map([...document.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
const part = (name) => parts.get(name);
const chips = [...document.querySelectorAll(".chip[data-filter=verdict]:not([data-value=''])")].map((chip) => ({
  chip,
  key: chip.dataset.value,
  number: chip.querySelector("b"),
  segment: document.querySelector(`.tally .${chip.dataset.value}`),
}));
const refresh = document.querySelector("form[data-again]");

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

export function showAnswered(number) {
  refresh.hidden = !number;
  refresh.querySelector("[data-answered]").textContent = number;
  refresh.querySelector("[data-answers]").hidden = number === 1;
}

export function showCounts(iocCounts, total) {
  let left = 0;
  for (const { chip, key, number, segment } of chips) {
    const count = iocCounts.get(key) ?? 0;
    chip.dataset.count = count;
    number.textContent = count;
    const width = (100 * count) / total;
    segment.setAttribute("x", `${left}%`);
    segment.setAttribute("width", `${width}%`);
    left += width;
  }
}
