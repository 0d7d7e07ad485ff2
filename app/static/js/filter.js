// Filters the rows without a reload, as the form and the chips do with one, and keeps the address in step.

const form = document.querySelector("#filter");
const partial = "partial" in document.querySelector("#results").dataset;
const chips = [...document.querySelectorAll(".chip")];
const groups = [...document.querySelectorAll(".group")].map((section) => ({
  section,
  type: section.dataset.type,
  rows: [...section.querySelectorAll(".row")],
  shownCount: section.querySelector("[data-shown]"),
}));
const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
const groupOf = new Map(groups.flatMap((group) => group.rows.map((row) => [row, group])));
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

function countShown(group) {
  const shown = group.rows.reduce((sum, row) => sum + !row.hidden, 0);
  group.shown = shown;
  group.section.hidden = shown === 0;
  const text = shown === group.rows.length ? String(shown) : `${shown} of ${group.rows.length}`;
  if (group.shownCount.textContent !== text) group.shownCount.textContent = text;
}

function countAll() {
  const shown = groups.reduce((sum, group) => sum + group.shown, 0);
  document.querySelector("#matches").hidden = !Object.values(wanted).some(Boolean);
  document.querySelector("#matches b").textContent = `${shown} of ${total}`;
  document.querySelector("#no-match").hidden = shown > 0;
}

function address(change) {
  const { q, type, verdict } = form.elements;
  const fields = { q: q.value.trim(), type: type.value, verdict: verdict?.value ?? "", ...change };
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
  for (const group of groups) {
    for (const row of group.rows) show(row, matches(row, group.type));
    countShown(group);
  }
  countAll();
  markChips();
  history.replaceState(history.state, "", address({}));
}

// Called for rows whose worst key has changed.
export function refilter(rows) {
  if (!wanted.verdict || partial) return;
  const touched = new Set();
  for (const row of rows) {
    const group = groupOf.get(row);
    show(row, matches(row, group.type));
    touched.add(group);
  }
  touched.forEach(countShown);
  countAll();
}

function filterHere() {
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });

  for (const chip of chips) {
    chip.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const field = form.elements[chip.dataset.filter];
      field.value = field.value === chip.dataset.value ? "" : chip.dataset.value;
      apply();
    });
  }

  document.querySelectorAll("a[data-clears-filter]").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const name of ["q", "type", "verdict"]) if (form.elements[name]) form.elements[name].value = "";
      apply();
      form.elements.q.focus();
    });
  });
  groups.forEach(countShown);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input[type=search], select, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    form.elements.q.focus();
    form.elements.q.select();
  }
});

// Where only a part of the analysis is drawn, the form is sent and the server filters.
if (partial) form.elements.type.addEventListener("change", () => form.requestSubmit());
else filterHere();
