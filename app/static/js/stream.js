// One tab, the leader, holds the stream of server-sent events and shares it with the other tabs.
// A browser opens only 6 connections to one server: with a stream in each tab, tab 8 never loaded.
// When the leader is closed, its lock is released and another tab becomes the leader.

const RETRY = 15_000;
const GATHER = 50;
const address = new URL("../../api/jobs/events", import.meta.url);
const canShare = "EventSource" in window && "BroadcastChannel" in window && Boolean(navigator.locks);
const channel = canShare ? new BroadcastChannel("telltale-jobs") : null;
const heardHere = new EventTarget();

// Only in the leader. `places`: the jobs of the stream, each with the cursor of the last row that
// was passed on; null if no page wants its earlier rows. `untold`: rows not passed on yet.
const places = new Map();
const untold = new Map();
let source = null;
let timer = 0;
let isLeader = false;
let isQueued = false;

function tell(message) {
  channel.postMessage(message);
  heardHere.dispatchEvent(new CustomEvent("message", { detail: message }));
}

// Rows are passed on together with the job update that follows them.
function pass(id, job) {
  const rows = untold.get(id) ?? [];
  untold.delete(id);
  const last = rows.at(-1)?.seq;
  const after = places.get(id) ?? last ?? 0;
  if (last) places.set(id, last);
  tell({ id, rows, after, job });
}

function lose() {
  for (const id of [...untold.keys()]) pass(id, null);
  tell({ lost: true });
}

function end() {
  source.close();
  source = null;
  lose();
  places.clear();
}

function fail() {
  lose();
  if (source.readyState === EventSource.CLOSED) openIn(RETRY); // refused by the server; else the browser reconnects by itself
}

function open() {
  source?.close();
  source = null;
  if (!places.size) return;
  for (const [id, seq] of places) {
    address.searchParams.append("job_id", id);
    address.searchParams.append("since", seq ?? "");
  }
  source = new EventSource(address);
  address.search = "";
  source.addEventListener("open", () => tell({ live: [...places.keys()] }));
  source.addEventListener("result", (event) => {
    const row = JSON.parse(event.data);
    if (untold.has(row.job_id)) untold.get(row.job_id).push(row);
    else untold.set(row.job_id, [row]);
  });
  source.addEventListener("job-update", (event) => {
    const job = JSON.parse(event.data);
    pass(job.id, job);
  });
  source.addEventListener("end", end);
  source.addEventListener("error", fail);
}

function openIn(delay) {
  clearTimeout(timer);
  timer = setTimeout(open, delay);
}

function include([id, seq]) {
  if (!places.has(id)) {
    places.set(id, seq);
    openIn(GATHER);
  } else if (source?.readyState === EventSource.OPEN) tell({ live: [...places.keys()] });
}

function exclude(id) {
  if (places.delete(id)) openIn(GATHER);
}

function serve({ want, drop }) {
  if (want) include(want);
  if (drop) exclude(drop);
}

async function queue() {
  isQueued = true;
  await navigator.locks.request("telltale-jobs", () => {
    isLeader = true;
    tell({ who: true });
    return new Promise(() => {}); // the lock is held until this tab is closed
  });
}

function hear(message) {
  if (isLeader) serve(message);
}

channel?.addEventListener("message", (event) => {
  hear(event.data);
  heardHere.dispatchEvent(new CustomEvent("message", { detail: event.data }));
});
heardHere.addEventListener("say", (event) => hear(event.detail));

// Calls back with each message of the leader: `live` (the jobs of the stream), `lost` (no stream),
// `who` (a new leader asks which jobs are wanted), or an update of a job.
export function listen(callback) {
  heardHere.addEventListener("message", (event) => callback(event.detail));
}

// Sends a message to the leader: `want` is a job with its cursor, `drop` a job that was deleted.
export function say(message) {
  if (!canShare) return;
  if (!isQueued) queue();
  channel.postMessage(message);
  heardHere.dispatchEvent(new CustomEvent("say", { detail: message }));
}

// Passes the result of this tab's own poll on to the other tabs.
export function share(id, job) {
  channel?.postMessage({ id, rows: [], after: 0, job });
}
