// Draws one lookup by cloning the <template> of its state; the markup and its words stand in Jinja only.

import { setTime } from "./times.js";

const WEAK_AT_MOST = 2;
const MANY_ENGINES = 10;

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

// While a stale answer is refreshed, its verdict still counts.
export function keyOf(row) {
  if (row.state !== "answered" && !(row.state === "pending" && row.stale)) return row.state;
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
  badge.classList.toggle("stale", row.stale);
  return badge;
}

// A count, or the word where nothing was counted.
function said({ verdict, detection_count: count, total_engines: total }) {
  if (count !== null && total) return `${count}/${total}`;
  const parts = [...clone(`badge-${verdict ?? "information"}`).childNodes];
  return parts.filter((part) => part.nodeType === Node.TEXT_NODE).map((part) => part.textContent).join("").trim();
}

function fillChange(element, row) {
  element.querySelector("b").textContent = `${said(row.previous)} → ${said(row)}`;
  setTime(element.querySelector("time"), row.previous.fetched_at);
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

function fillScore(element, { label, value, of }) {
  element.firstChild.data = `${label} `;
  element.querySelector("b").textContent = `${value}/${of}`;
}

function fillForm(form, row) {
  form.elements.type.value = row.type;
  form.elements.value.value = row.ioc;
  form.elements.provider.value = row.provider;
}

// A slot is named after the field of the row that fills it, and goes when that field is empty.
function fill(slot, row) {
  const name = slot.dataset.slot;
  const value = row[name];
  if (!value || value.length === 0) return slot.remove();
  if (name === "previous") return fillChange(slot, row);
  if (name === "not_renewed") return slot.append(value);
  const time = slot.querySelector("time");
  if (time) setTime(time, value);
  else if (name === "link") slot.href = value;
  else if (name === "details") fillDetails(slot, value);
  else if (name === "score") fillScore(slot, value);
  else if (slot.matches("form")) fillForm(slot, row);
  else if (value !== true) slot.textContent = value;
}

// `createdAt`: when the analysis began; an answer that is older came from the cache.
export function drawLookup(row, createdAt) {
  const isPending = row.state === "pending";
  const isHolding = isPending && row.stale;
  const element = clone(isHolding ? "lookup-asking_again" : `lookup-${row.state}`);
  const isAsked = row.provider !== null;
  const fields = {
    ...row,
    ask: isAsked,
    next: isAsked,
    again: isAsked,
    host: isAsked && row.host_alone,
    retry_at: isPending && row.reason ? null : row.retry_at,
    probe_at: row.reason && row.retry_at,
    waiting: !row.retry_at && !row.reason,
    known: !row.stale && row.fetched_at < createdAt,
    not_renewed: row.error,
    link: row.link?.startsWith("https://") ? row.link : null,
  };
  element.dataset.provider = row.provider ?? "";
  element.dataset.key = keyOf(row);
  element.toggleAttribute("data-quota", isPending && Boolean(row.retry_at) && !row.reason);
  element.toggleAttribute("data-stale", Boolean(row.stale));
  element.querySelectorAll("[data-slot]").forEach((slot) => fill(slot, fields));
  element.querySelector(".badge").replaceWith(badgeOf(row));
  return element;
}
