// Fills the page in as answers arrive: asks for what changed since the last time, until the job is complete.

import "./copy.js";
import { isPartial, recount, refilter } from "./filter.js";
import { drawLookup } from "./lookups.js";
import { showCounts, showProgress } from "./progress.js";
import { allRows, findRow } from "./rows.js";

const page = document.querySelector("#results");
const worstFirst = page.dataset.worstFirst.split(" ");
const iocCounts = new Map();
const lookupCounts = new Map();

const BRISK = 1000;
const CALM = 3000;
const UNSEEN = 10_000;
const LONGEST = 30_000;

let next = Number(page.dataset.next);
let complete = page.dataset.complete === "true";
let delay = BRISK;
let failures = 0;
let timer = 0;
let polling = false;

const add = (counts, key, number) => counts.set(key, (counts.get(key) ?? 0) + number);
const weigh = (lookup, number) =>
  add(lookupCounts, "quota" in lookup.dataset ? "quota" : lookup.dataset.key, number);

function readPage() {
  for (const row of document.querySelectorAll(".row")) {
    add(iocCounts, row.dataset.key, 1);
    for (const lookup of row.querySelectorAll(".lookup")) weigh(lookup, 1);
  }
}

function place(row, lookup) {
  const lines = row.querySelector(".lookups");
  const old = [...lines.children].find((line) => line.dataset.provider === lookup.dataset.provider);
  weigh(lookup, 1);
  if (!old) return lines.append(lookup);
  weigh(old, -1);
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(lookup);
  if (hadFocus) row.querySelector("button[data-copy]").focus({ preventScroll: true });
}

// The worst line speaks for its IOC: the row takes over that line's badge.
function judge(row) {
  const rank = (line) => worstFirst.indexOf(line.dataset.key);
  const worst = [...row.querySelectorAll(".lookup")].sort((a, b) => rank(a) - rank(b))[0];
  row.querySelector(".worst").replaceChildren(worst.querySelector(".badge").cloneNode(true));
  add(iocCounts, row.dataset.key, -1);
  add(iocCounts, worst.dataset.key, 1);
  row.dataset.key = worst.dataset.key;
}

// When the last of the lookups that wait for quota will be asked; ISO times sort as text.
function lastTurn() {
  if (complete || !lookupCounts.get("quota")) return "";
  const times = document.querySelectorAll(".lookup[data-quota] [data-slot=retry_at] time");
  return [...times].reduce((last, time) => (time.dateTime > last ? time.dateTime : last), "");
}

function take(results) {
  const touched = new Set();
  for (const result of results) {
    const row = findRow(result.type, result.ioc);
    if (!row) continue;
    place(row, drawLookup(result));
    touched.add(row);
  }
  touched.forEach(judge);
  refilter(touched);
  if (touched.size) recount();
}

function say(name, text) {
  for (const trouble of document.querySelectorAll("[data-trouble]")) {
    trouble.hidden = trouble.dataset.trouble !== name;
    if (!trouble.hidden && text) trouble.textContent = text;
  }
}

function schedule() {
  clearTimeout(timer);
  if (complete || polling) return;
  const pause = failures ? Math.min(BRISK * 2 ** failures, LONGEST) : delay;
  timer = setTimeout(poll, document.hidden ? Math.max(pause, UNSEEN) : pause);
}

// What is counted is counted over all rows, so nothing changes in them before they are all here.
const ready = allRows.then(readPage);

async function ask() {
  await ready;
  const answer = await fetch(`${page.dataset.statusUrl}?since=${next}`, {
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(15_000),
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

async function poll() {
  polling = true;
  try {
    const status = await ask();
    failures = 0;
    say(status ? "" : "gone");
    complete = !status || status.complete;
    if (status) {
      delay = status.results.length ? BRISK : Math.min(delay * 1.5, CALM);
      next = status.next;
      take(status.results);
      // Of a part nothing is counted: the figures over the whole come with a reload.
      showProgress(status, isPartial() ? null : lookupCounts, lastTurn());
      if (!isPartial()) showCounts(iocCounts, Number(page.dataset.count));
      document.title = complete ? page.dataset.title : `${status.done}/${status.total} · ${page.dataset.title}`;
    }
  } catch (error) {
    console.warn(error);
    failures += 1;
    say("lost");
  }
  polling = false;
  schedule();
}

async function send(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return say("refused", (await answer.json()).error);
    complete = false;
    delay = BRISK;
    say("");
    schedule();
  } catch {
    say("lost");
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.ask")) return;
  event.preventDefault();
  send(event.target);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || complete) return schedule();
  clearTimeout(timer);
  if (!polling) poll();
});

// The text has become this analysis, so its draft is no longer needed.
try {
  sessionStorage.removeItem("draft");
} catch {}

if (!complete) poll();
