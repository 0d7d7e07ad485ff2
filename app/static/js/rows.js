// Fetches the rows that the first response left out, page after page, so that the first ones show at once.

import { recount, refilter } from "./filter.js";
import { paintTimes } from "./times.js";

const page = document.querySelector("#results");
const lists = new Map([...document.querySelectorAll(".group")].map((g) => [g.dataset.type, g.querySelector(".rows")]));
const rowsByIoc = new Map();
const missing = page.dataset.missing.split(" ").filter(Boolean);
// The row of each type before which the next fetched row belongs: rows come in the order of the page.
const places = new Map([...lists].map(([type, list]) => [type, missing[0] === "1" ? list.firstElementChild : null]));

const keyOf = (type, value) => `${type}\0${value}`;

export const findRow = (type, value) => rowsByIoc.get(keyOf(type, value));

function remember(type, row) {
  rowsByIoc.set(keyOf(type, row.dataset.value), row);
}

for (const [type, list] of lists) for (const row of list.children) remember(type, row);

// Puts a row in its place; returns whether it is new here.
function place(type, row) {
  const here = findRow(type, row.dataset.value);
  if (here) places.set(type, here.nextElementSibling);
  else {
    remember(type, row);
    lists.get(type).insertBefore(row, places.get(type));
  }
  return !here;
}

function admit(part) {
  for (const list of part.querySelectorAll("ul[data-type]")) {
    paintTimes(list);
    refilter([...list.children].filter((row) => place(list.dataset.type, row)));
  }
}

// Reserves the height of all rows from the beginning, so that nothing moves when they come.
function reserve() {
  if (missing[0] === "1") return; // the length of a selection is not known in advance
  const height = [...document.querySelectorAll(".row")].at(-1).offsetHeight - 1; // two rows share a line
  for (const list of lists.values()) {
    const group = list.closest(".group");
    group.hidden = false;
    list.style.minHeight = `${group.dataset.count * height}px`;
  }
}

function release() {
  for (const list of lists.values()) {
    list.style.minHeight = "";
    if (!list.children.length) list.closest(".group").hidden = true;
  }
}

async function fetchRows(number) {
  const address = new URL(page.dataset.rowsUrl, location);
  address.searchParams.set("page", number);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function bring() {
  if (!missing.length) return;
  reserve();
  // The first screen is painted before the rows below it are fetched.
  if (document.readyState !== "complete") await new Promise((seen) => addEventListener("load", seen, { once: true }));
  let coming = fetchRows(missing[0]);
  for (const following of [...missing.slice(1), null]) {
    const part = await coming;
    if (following) coming = fetchRows(following); // the server draws them while these are put in
    admit(part);
  }
  page.dataset.missing = "";
  recount();
}

// Resolves when every row is here. If one cannot be fetched, the page works as a partial one.
export const allRows = bring()
  .catch((error) => {
    console.warn(error);
    page.dataset.partial = "";
  })
  .finally(release);
