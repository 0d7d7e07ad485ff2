// One tab holds the stream of server-sent events and shares it with the others of this browser,
// which opens few connections to one server. It loses that place by closing; the next tab takes it.

const RETRY = 15_000;
const GATHER = 50;
const address = new URL("../../api/jobs/events", import.meta.url);
const canShare = "EventSource" in window && "BroadcastChannel" in window && Boolean(navigator.locks);
const channel = canShare ? new BroadcastChannel("telltale-jobs") : null;
const heardHere = new EventTarget();

// Of the tab that holds the stream: the jobs in it, and the number of the last row told of each;
// null if no page wanted the rows before.
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

// Rows travel with the job that follows them, all in one message.
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
  if (source.readyState === EventSource.CLOSED) openIn(RETRY); // refused; otherwise the browser tries again
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
    return new Promise(() => {}); // held until this tab goes
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

// Calls back with what any tab tells: `live` jobs, that the stream is `lost`, `who` wants what, or news of a job.
export function listen(callback) {
  heardHere.addEventListener("message", (event) => callback(event.detail));
}

// To the tab that holds the stream: `want` is a job and its last row known, `drop` one that is gone.
export function say(message) {
  if (!canShare) return;
  if (!isQueued) queue();
  channel.postMessage(message);
  heardHere.dispatchEvent(new CustomEvent("say", { detail: message }));
}

// What a tab learned by itself and the others may not know.
export function share(id, job) {
  channel?.postMessage({ id, rows: [], after: 0, job });
}
