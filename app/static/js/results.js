// The results page: draws lookups, counts and the receipt as the stream or the poll brings them.

import "./copy.js";
import { isPartial, recount, refilter } from "./filter.js";
import "./job.js";
import { follow } from "./live.js";
import { drawLookup } from "./lookups.js";
import { showAnswered, showCounts, showLeft, showLookups } from "./progress.js";
import { allRows, findRow } from "./rows.js";

const page = document.querySelector("#results");
const tile = document.querySelector(`[data-job-status="${page.dataset.jobId}"]`);
const troubles = [...document.querySelectorAll("[data-trouble]")];
const worstFirst = page.dataset.worstFirst.split(" ");
const AT_ONCE = 100;
const iocCounts = new Map();
const lookupCounts = new Map();

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

// The badge of an IOC is that of its worst lookup.
function judge(row) {
  const rank = (line) => worstFirst.indexOf(line.dataset.key);
  const worst = [...row.querySelectorAll(".lookup")].sort((a, b) => rank(a) - rank(b))[0];
  row.querySelector(".worst").replaceChildren(worst.querySelector(".badge").cloneNode(true));
  add(iocCounts, row.dataset.key, -1);
  add(iocCounts, worst.dataset.key, 1);
  row.dataset.key = worst.dataset.key;
}

function take(results) {
  const touched = new Set();
  for (const result of results) {
    const row = findRow(result.type, result.ioc);
    if (!row) continue;
    place(row, drawLookup(result, page.dataset.createdAt));
    touched.add(row);
  }
  touched.forEach(judge);
  refilter(touched);
  if (touched.size) recount();
}

function say(name, text) {
  for (const trouble of troubles) {
    trouble.hidden = trouble.dataset.trouble !== name;
    if (!trouble.hidden && text) trouble.textContent = text;
  }
}

// Counts are taken over all rows, so no lookup is drawn before the missing rows are fetched.
const ready = allRows.then(readPage);

// The newest of each lookup that was not drawn yet. A poll can bring thousands at once: they are
// drawn some at a time, so that keys and clicks need not wait for all.
const undrawn = new Map();
let drawing = null;

function showRows(results) {
  for (const row of results) undrawn.set(`${row.type}\0${row.ioc}\0${row.provider}`, row);
  if (results.some((row) => row.state !== "pending")) askWhatIsLeft();
  drawing ??= drawAll().finally(() => (drawing = null));
}

async function drawAll() {
  await ready;
  while (undrawn.size) {
    drawSome();
    if (!document.hidden) await new Promise((painted) => setTimeout(painted));
  }
}

function drawSome() {
  const some = [];
  for (const [key, row] of undrawn) {
    some.push(row);
    undrawn.delete(key);
    if (some.length === AT_ONCE) break;
  }
  take(some);
  // If only one page of rows is here, its counts would be wrong: those of the whole come with a reload.
  if (isPartial()) return;
  showLookups(lookupCounts);
  showCounts(iocCounts, Number(page.dataset.count));
}

function showJob(job) {
  const { title } = page.dataset;
  document.title = job.finished_at ? title : `${job.done}/${job.total} · ${title}`;
  if (job.finished_at) bringReceipt();
}

// The quota left today changes with every answer, also of other analyses, so it is asked for. The
// number of answers comes with it: of a page that is partial no script can count them.
let leftTimer = 0;

function askWhatIsLeft() {
  leftTimer ||= setTimeout(async () => {
    leftTimer = 0;
    const answer = await fetch(tile.dataset.jobUrl).catch(() => null);
    if (!answer?.ok) return;
    const job = await answer.json();
    showLeft(job.left_today);
    showAnswered(job.answered);
  }, 1000);
}

// The receipt is complete only when the last call has ended.
async function bringReceipt() {
  const receipt = document.querySelector("#receipt");
  const answer = await fetch(receipt.dataset.url);
  if (!answer.ok) return;
  const part = new DOMParser().parseFromString(await answer.text(), "text/html");
  receipt.replaceChildren(...document.adoptNode(part.querySelector("#receipt")).childNodes);
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
    say("");
    await feed.ask();
  } catch {
    say("lost");
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.ask:not(.host), form[data-again]")) return;
  event.preventDefault();
  send(event.target);
});

// The text has become this analysis, so its draft is no longer needed.
try {
  sessionStorage.removeItem("draft");
} catch {}

const feed = follow(
  page.dataset.jobId,
  { onRows: showRows, onJob: showJob, onHeard: () => say(""), onLost: () => say("lost"), onGone: () => say("gone") },
  { hasEnded: page.dataset.complete === "true", since: Number(page.dataset.next) },
);
