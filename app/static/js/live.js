// Follows jobs: by the stream of server-sent events; by polling while there is no stream.

import { listen, say, share } from "./stream.js";

const BRISK = 1000;
const CALM = 3000;
const UNSEEN = 10_000;
const LONGEST = 30_000;
const ENDED = new Set(["success", "error", "cancelled"]);
const api = new URL("../../", import.meta.url);
const feeds = new Map();

async function getJSON(path) {
  const answer = await fetch(new URL(path, api), {
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(15_000),
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

class Feed {
  listeners = [];
  wantsRows = false;
  hasEnded = false;
  isGone = false;
  isLive = false;
  cursor = 0; // the last row that is shown here
  needed = 0; // the last row that the stream sent; beyond `cursor`, earlier rows are missing and polled for
  heard = 0; // updates of the job that the stream sent
  delay = BRISK;
  failures = 0;
  timer = 0;
  turn = Promise.resolve();
  questions = 0; // polls that wait or run

  constructor(id) {
    this.id = id;
  }

  get isBehind() {
    return this.wantsRows && this.cursor < this.needed;
  }

  begin() {
    this.want();
    this.ask();
  }

  want() {
    say({ want: [this.id, this.wantsRows ? this.cursor : null] });
  }

  emit(name, value) {
    for (const listener of this.listeners) listener[name]?.(value);
  }

  // Polls one after the other; resolves when this poll has ended.
  ask() {
    clearTimeout(this.timer);
    this.questions += 1;
    this.turn = this.turn.then(() => this.request()).then(() => {
      this.questions -= 1;
      this.schedule();
    });
    return this.turn;
  }

  async request() {
    const heard = this.heard;
    const path = encodeURIComponent(this.id);
    try {
      // The job is read before its rows: if it has ended, the rows read afterwards are complete.
      const job = await getJSON(`api/jobs/${path}`);
      const status = job && (this.wantsRows ? await getJSON(`enrichment/status/${path}?since=${this.cursor}`) : {});
      this.failures = 0;
      if (!status) return this.leave();
      this.emit("onHeard");
      if (status.results) {
        this.delay = status.results.length ? BRISK : Math.min(this.delay * 1.5, CALM);
        this.takeRows(status.results, status.next);
      }
      // An update that the stream sent during this poll is newer than the answer to it.
      if (heard === this.heard && this.takeJob(job)) share(this.id, job);
    } catch (error) {
      console.warn(error);
      this.failures += 1;
      this.emit("onLost");
    }
  }

  schedule() {
    clearTimeout(this.timer);
    const { isBehind } = this;
    if (this.isGone || this.questions || (!isBehind && (this.hasEnded || this.isLive))) return;
    let pause = isBehind ? 0 : this.delay;
    if (this.failures) pause = Math.min(BRISK * 2 ** this.failures, LONGEST);
    this.timer = setTimeout(() => this.ask(), document.hidden && !isBehind ? Math.max(pause, UNSEEN) : pause);
  }

  leave() {
    this.isGone = true;
    say({ drop: this.id });
    this.emit("onGone");
  }

  takeRows(rows, last) {
    const unseen = rows.filter((row) => row.seq > this.cursor);
    this.cursor = Math.max(this.cursor, last);
    if (unseen.length) this.emit("onRows", unseen);
  }

  // Returns whether the job had ended here and runs again (a retry, or one more lookup).
  takeJob(job) {
    const isRevived = this.hasEnded && !ENDED.has(job.state);
    this.hasEnded = ENDED.has(job.state);
    this.emit("onJob", job);
    if (isRevived) this.begin();
    return isRevived;
  }

  hear({ rows, after, job }) {
    this.failures = 0;
    this.emit("onHeard");
    if (this.wantsRows && after > this.cursor) this.needed = Math.max(this.needed, after, rows.at(-1)?.seq ?? 0);
    else if (rows.length) this.takeRows(rows, rows.at(-1).seq);
    if (job) {
      this.heard += 1;
      this.takeJob(job);
    }
    if (this.isBehind && !this.questions) this.ask();
  }

  setLive(isLive) {
    this.isLive = isLive;
    if (isLive) this.delay = BRISK;
    this.schedule();
  }
}

listen((message) => {
  const { live, lost, who, id } = message;
  if (id) feeds.get(id)?.hear(message);
  for (const feed of feeds.values()) {
    if (live?.includes(feed.id)) feed.setLive(true);
    if (lost) feed.setLive(false);
    if (who) feed.setLive(false);
    if (who && !feed.hasEnded && !feed.isGone) feed.want();
  }
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const feed of feeds.values()) if (!feed.isGone) feed.ask();
});

// The listener may have `onJob`, `onRows` (rows after `since`), `onHeard` (the server answered),
// `onLost` (it does not) and `onGone` (the job was deleted).
export function follow(id, listener, { hasEnded = false, since = null } = {}) {
  const isNew = !feeds.has(id);
  if (isNew) feeds.set(id, new Feed(id));
  const feed = feeds.get(id);
  feed.listeners.push(listener);
  if (since !== null) {
    feed.wantsRows = true;
    feed.cursor = since;
  }
  if (isNew) {
    feed.hasEnded = hasEnded;
    if (!hasEnded) queueMicrotask(() => feed.begin());
  }
  return feed;
}

// Returns whether a stream sends the changes of the job, so that this tab need not poll.
export const isLive = (id) => feeds.get(id)?.isLive ?? false;
