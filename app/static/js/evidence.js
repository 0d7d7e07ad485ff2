// The evidence below the results: near misses, and the pasted text with its IOCs marked.

import { keep, recall } from "./pasted.js";
import { allRows } from "./rows.js";

const jobId = document.querySelector("#results").dataset.jobId;
const analysis = recall(jobId);
const missList = document.querySelector("#near-misses");
const textPanel = document.querySelector("#pasted");
// With more values than this, only the first place of each is marked.
const SEARCHABLE = 500;

function drawMiss(miss) {
  const item = document.querySelector("#near-miss").content.firstElementChild.cloneNode(true);
  item.querySelector("[data-slot=text]").textContent = miss.text;
  item.querySelector("[data-slot=reason]").textContent = miss.reason;
  item.querySelector("[data-slot=line]").textContent = miss.line;
  const form = item.querySelector("form");
  if (!miss.value) form.remove();
  else {
    form.elements.type.value = miss.type;
    form.elements.value.value = miss.value;
  }
  return item;
}

function drawMisses() {
  const { misses, more } = analysis;
  missList.hidden = !misses?.length;
  if (missList.hidden) return;
  missList.querySelector("[data-count]").textContent = misses.length + (more || 0);
  missList.querySelector("ul").replaceChildren(...misses.map(drawMiss));
  missList.querySelector("[data-more]").hidden = !more;
  missList.querySelector("[data-more] b").textContent = more || 0;
}

// The server counts characters as Unicode does, in the text as the browser sent it.
function places(text) {
  const rows = [...document.querySelectorAll(".why[data-offset]")].map((why) => ({
    start: Number(why.dataset.offset),
    end: Number(why.dataset.end),
    kind: "hit",
    title: why.dataset.rule,
  }));
  const misses = (analysis.misses ?? []).map(({ offset, end, reason }) => ({
    start: offset,
    end,
    kind: "miss",
    title: reason,
  }));
  const spans = [...rows, ...misses].sort((a, b) => a.start - b.start);
  if (!/[\ud800-\udbff]/.test(text)) return spans;
  const characters = [...text];
  let at = 0;
  let units = 0;
  const advance = (to) => {
    while (at < to && at < characters.length) units += characters[at++].length;
    return units;
  };
  const edges = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const unitsOf = new Map(edges.map((edge) => [edge, advance(edge)]));
  return spans.map((span) => ({ ...span, start: unitsOf.get(span.start), end: unitsOf.get(span.end) }));
}

function withRepetitions(text, spans) {
  const titles = new Map(spans.filter(({ kind }) => kind === "hit").map((s) => [text.slice(s.start, s.end), s.title]));
  if (!titles.size || titles.size > SEARCHABLE) return spans;
  const words = [...titles.keys()].sort((a, b) => b.length - a.length);
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const again = [...text.matchAll(new RegExp(`(?<![\\w-])(?:${pattern})(?![\\w-])`, "g"))];
  const found = again.map((m) => ({ start: m.index, end: m.index + m[0].length, kind: "hit", title: titles.get(m[0]) }));
  return [...spans, ...found].sort((a, b) => a.start - b.start || b.end - a.end);
}

function mark(text, { start, end, kind, title }) {
  const element = document.createElement("mark");
  element.className = kind;
  element.title = title;
  element.textContent = text.slice(start, end);
  return element;
}

async function drawText() {
  await allRows;
  const text = analysis.text.replace(/\r\n|\r|\n/g, "\r\n");
  const parts = [];
  let last = 0;
  for (const span of withRepetitions(text, places(text))) {
    if (span.start < last || span.end > text.length) continue;
    parts.push(text.slice(last, span.start), mark(text, span));
    last = span.end;
  }
  textPanel.querySelector("pre").replaceChildren(...parts, text.slice(last));
}

missList.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) {
    const trouble = document.querySelector("[data-trouble=refused]");
    trouble.hidden = false;
    trouble.textContent = (await answer.json()).error;
    return;
  }
  analysis.misses = analysis.misses.filter((miss) => miss.type !== body.get("type") || miss.value !== body.get("value"));
  keep(jobId, analysis);
  location.reload();
});

if (analysis) {
  drawMisses();
  textPanel.hidden = !analysis.text;
  textPanel.addEventListener("toggle", drawText, { once: true });
}
