// The status tiles of jobs: draws their updates, and sends the action of a pressed button.

import { follow } from "./live.js";
import { setTime } from "./times.js";

const ENDED = new Set(["success", "error", "cancelled"]);
const part = (tile, name) => tile.querySelector(`[data-job=${name}]`);
// Found once: a search of the whole document at every event took most of the time of a page with
// thousands of rows.
const controls = [...document.querySelectorAll("[data-job-control]")];
const tiles = [...document.querySelectorAll("[data-job-status]")];
const controlsOf = (id) => controls.filter((form) => form.dataset.jobControl === id);
const tilesOf = (id) => tiles.filter((tile) => tile.dataset.jobStatus === id);

function showTime(tile, name, value, isShown = true) {
  part(tile, name).hidden = !(value && isShown);
  if (value) setTime(part(tile, name).querySelector("time"), value);
}

function showText(tile, name, text) {
  const element = part(tile, name);
  element.hidden = !text;
  if (element.textContent !== (text ?? "")) element.textContent = text ?? "";
}

// What a cancellation left counts as done, so an end that left something says what was answered.
function showCounts(tile, job, isCut) {
  for (const [name, isShown] of [["done", !isCut], ["answered", isCut]]) {
    const counts = part(tile, name);
    if (!counts) return; // a check has no lookups
    counts.hidden = !isShown;
    counts.querySelector("b").textContent = job[name];
    counts.querySelector("i").textContent = job.total;
  }
}

function draw(tile, job) {
  const hasEnded = ENDED.has(job.state);
  const state = ["cancelling", "planned"].includes(job.phase) && !hasEnded ? job.phase : job.state;
  tile.dataset.state = state;
  for (const badge of tile.querySelectorAll("[data-job-state]")) badge.hidden = badge.dataset.jobState !== state;
  const bar = tile.querySelector("progress");
  bar.value = job.progress_percent ?? (hasEnded ? 100 : 0);
  bar.toggleAttribute("data-complete", hasEnded);
  const isCut = hasEnded && job.left > 0;
  showCounts(tile, job, isCut);
  showText(tile, "message", job.message);
  if (isCut && job.state === "cancelled") part(tile, "message").hidden = true; // it says the same once more
  showTime(tile, "done_at", job.done_at, !hasEnded && !job.message); // a message says what blocks the job, and that has no known end
  for (const name of ["created_at", "started_at", "finished_at"]) showTime(tile, name, job[name]);
}

// A focused button that is hidden hands the focus to the first one that stays.
function allow(form, { allowed: actions, left }) {
  const buttons = [...form.querySelectorAll("button[name=action]")];
  const hadFocus = buttons.includes(document.activeElement);
  for (const button of buttons) button.hidden = !actions.includes(button.value);
  form.querySelector("[data-left]").textContent = left;
  if (hadFocus && document.activeElement.hidden) buttons.find((button) => !button.hidden)?.focus();
}

function show(job) {
  // Events lack what a cancellation left: a poll brings it.
  if (job.left === undefined && job.allowed.includes("continue")) return feeds.get(job.id).ask();
  for (const tile of tilesOf(job.id)) {
    draw(tile, job);
    // Other scripts of the page (reading.js) follow the job by this event.
    tile.dispatchEvent(new CustomEvent("job-update", { bubbles: true, detail: job }));
  }
  for (const form of controlsOf(job.id)) allow(form, job);
}

function refuse(id, sentence) {
  for (const tile of tilesOf(id)) showText(tile, "refused", sentence);
}

// `form.action` is the button of that name here, so the address is read as an attribute.
async function send(form, pressed) {
  const id = form.dataset.jobControl;
  const buttons = [...form.querySelectorAll("button[name=action]")];
  const hadFocus = document.activeElement === pressed;
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: new URLSearchParams({ action: pressed.value }),
      headers: { Accept: "application/json" },
    });
    const job = await answer.json();
    if (job.phase === "planned") return location.reload(); // a plan that was declined is shown again
    refuse(id, answer.ok ? "" : job.error);
    await feeds.get(id).ask();
  } catch {
    refuse(id, form.dataset.unreachable);
  } finally {
    for (const button of buttons) button.disabled = false;
    if (hadFocus) buttons.find((button) => !button.hidden)?.focus();
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-job-control]")) return;
  if (event.submitter.value === "look_up") return; // the answer is another page
  event.preventDefault();
  send(event.target, event.submitter);
});

const feeds = new Map();
for (const tile of tiles) {
  const id = tile.dataset.jobStatus;
  const hasEnded = ENDED.has(tile.dataset.state);
  if (!feeds.has(id)) feeds.set(id, follow(id, { onJob: show }, { hasEnded }));
}
