// Filters the rows without a reload, by form and chips, and writes the filter into the address.

const form = document.querySelector("#filter");
const page = document.querySelector("#results");
const matchCount = document.querySelector("#matches");
const noMatch = document.querySelector("#no-match");
const chips = [...document.querySelectorAll(".chip")];
const groups = [...document.querySelectorAll(".group")].map((section) => ({
  section,
  type: section.dataset.type,
  total: Number(section.dataset.count),
  rows: section.querySelector(".rows").children,
  shownCount: section.querySelector("[data-shown]"),
}));
const groupsByType = new Map(groups.map((group) => [group.type, group]));
// If only one page of the rows is here, the server filters: the form is sent.
export const isPartial = () => "partial" in page.dataset;
const haystacks = new Map();
let wanted = read();

function read() {
  const { q, type, verdict } = form.elements;
  return { q: q.value.trim().toLowerCase(), type: type.value, verdict: verdict?.value ?? "" };
}

function haystack(row) {
  let text = haystacks.get(row);
  if (text === undefined) {
    const shown = [...row.querySelectorAll(".ioc, .pasted bdi")].map((part) => part.textContent);
    text = [row.dataset.value, ...shown].join("\n").toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}

function matches(row, type) {
  if (wanted.type && type !== wanted.type) return false;
  if (wanted.verdict && row.dataset.key !== wanted.verdict) return false;
  return !wanted.q || haystack(row).includes(wanted.q);
}

function show(row, shown) {
  if (row.hidden === shown) row.hidden = !shown;
}

const isFiltered = () => Object.values(wanted).some(Boolean);
const groupOf = (row) => groupsByType.get(row.closest(".group").dataset.type);

function countShown(group) {
  const shown = [...group.rows].reduce((sum, row) => sum + !row.hidden, 0);
  group.section.hidden = shown === 0;
  const text = isFiltered() && shown < group.total ? `${shown} of ${group.total}` : String(group.total);
  if (group.shownCount.textContent !== text) group.shownCount.textContent = text;
  return shown;
}

export function recount() {
  if (isPartial()) return;
  const shown = groups.reduce((sum, group) => sum + countShown(group), 0);
  matchCount.hidden = !isFiltered();
  matchCount.querySelector("b").textContent = `${shown} of ${page.dataset.count}`;
  noMatch.hidden = shown > 0 || page.dataset.missing !== "";
}

function address(change) {
  const { q, type, verdict, document: file } = form.elements;
  const fields = { q: q.value.trim(), type: type.value, verdict: verdict?.value ?? "", document: file?.value, ...change };
  const query = new URLSearchParams(Object.entries(fields).filter(([, value]) => value));
  return query.size ? `?${query}` : location.pathname;
}

function markChips() {
  for (const chip of chips) {
    const { filter, value } = chip.dataset;
    chip.href = address({ [filter]: value });
    if (wanted[filter] === value) chip.setAttribute("aria-current", "true");
    else chip.removeAttribute("aria-current");
  }
}

function apply() {
  wanted = read();
  for (const group of groups) for (const row of group.rows) show(row, matches(row, group.type));
  recount();
  markChips();
  history.replaceState(history.state, "", address({}));
}

// Filters rows that are new or whose worst verdict changed; the caller updates the counts.
export function refilter(rows) {
  if (isPartial()) return;
  for (const row of rows) {
    const group = groupOf(row);
    show(row, matches(row, group.type));
    if (!row.hidden) group.section.hidden = false;
  }
}

form.addEventListener("input", (event) => {
  if (!isPartial()) apply();
  else if (event.target === form.elements.type) form.requestSubmit();
});

form.addEventListener("submit", (event) => {
  if (isPartial()) return;
  event.preventDefault();
  apply();
});

for (const chip of chips) {
  chip.addEventListener("click", (event) => {
    if (isPartial() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const field = form.elements[chip.dataset.filter];
    field.value = field.value === chip.dataset.value ? "" : chip.dataset.value;
    apply();
  });
}

document.querySelectorAll("a[data-clears-filter]").forEach((link) => {
  link.addEventListener("click", (event) => {
    if (isPartial()) return;
    event.preventDefault();
    for (const name of ["q", "type", "verdict"]) if (form.elements[name]) form.elements[name].value = "";
    apply();
    form.elements.q.focus();
  });
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input[type=search], select, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    form.elements.q.focus();
    form.elements.q.select();
  }
});

// The analyst may have typed before this script came; the server drew the rows for `defaultValue`.
if (!isPartial() && form.elements.q.value !== form.elements.q.defaultValue) apply();
