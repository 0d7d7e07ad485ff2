// Draws one lookup by cloning the <template> of its state; the markup and its words stand in Jinja only.

import { setTime } from "./times.js";

const WEAK_AT_MOST = 2;
const MANY_ENGINES = 10;

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export function keyOf(row) {
  if (row.state !== "answered") return row.state;
  return row.verdict ?? "known";
}

function kindOf(row) {
  const key = keyOf(row);
  if (key !== "known") return key;
  return row.total_engines === 0 ? "never_analysed" : "information";
}

function badgeOf(row) {
  const key = keyOf(row);
  const badge = clone(`badge-${kindOf(row)}`);
  const ratio = badge.querySelector(".ratio");
  if (row.detection_count === null || !row.total_engines) ratio.remove();
  else ratio.textContent = ` ${row.detection_count}/${row.total_engines}`;
  const found = key === "malicious" || key === "suspicious";
  const weak = row.detection_count <= WEAK_AT_MOST && row.total_engines >= MANY_ENGINES;
  badge.classList.toggle("weak", found && weak);
  return badge;
}

function fillDetails(element, details) {
  const list = element.querySelector("dl");
  const [label, value] = list.children;
  list.replaceChildren(
    ...details.flatMap((detail) => {
      const pair = [label.cloneNode(true), value.cloneNode(true)];
      pair[0].textContent = detail.label;
      pair[1].firstElementChild.textContent = detail.value;
      return pair;
    }),
  );
}

function fillAsk(form, row) {
  form.elements.type.value = row.type;
  form.elements.value.value = row.ioc;
  form.elements.provider.value = row.provider;
}

// A slot is named after the field of the row that fills it, and goes when that field is empty.
function fill(slot, row) {
  const value = row[slot.dataset.slot];
  if (!value || value.length === 0) return slot.remove();
  const time = slot.querySelector("time");
  if (time) setTime(time, value);
  else if (slot.dataset.slot === "link") slot.href = value;
  else if (slot.dataset.slot === "details") fillDetails(slot, value);
  else if (slot.dataset.slot === "ask") fillAsk(slot, row);
  else if (value !== true) slot.textContent = value;
}

export function drawLookup(row) {
  const element = clone(`lookup-${row.state}`);
  const fields = {
    ...row,
    ask: row.provider !== null,
    reason: row.retry_at ? null : row.reason,
    waiting: !row.retry_at && !row.reason,
    link: row.link?.startsWith("https://") ? row.link : null,
  };
  element.dataset.provider = row.provider ?? "";
  element.dataset.key = keyOf(row);
  element.toggleAttribute("data-quota", row.state === "pending" && Boolean(row.retry_at));
  element.querySelectorAll("[data-slot]").forEach((slot) => fill(slot, fields));
  element.querySelector(".badge").replaceWith(badgeOf(row));
  return element;
}
