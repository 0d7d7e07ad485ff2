// The plan: recalculates the sums when a box is ticked. The form works without this script.

import { setTime } from "./times.js";

const form = document.querySelector("#plan");
const asks = [...form.querySelectorAll("input[name=ask]")];
const types = [...form.querySelectorAll("input[name=type]")];
const held = [...form.querySelectorAll("input[name=all_the_same], input[name=host_alone]")];
const providers = [...form.querySelectorAll("template[data-turns]")].map((element) => ({
  name: element.dataset.provider,
  turns: JSON.parse(element.dataset.turns),
  left: element.dataset.left === "" ? Infinity : Number(element.dataset.left),
}));
const all = (name) => form.querySelectorAll(`[data-sum=${name}]`);

const typeOf = (box) => types.find((type) => type.value === box.dataset.type);

// Hashes of one file share a call. IOCs that are not listed count with the box of their type.
function callsAt(name) {
  const files = new Set();
  for (const box of asks) if (box.checked && box.dataset.providers.split("|").includes(name)) files.add(box.dataset.file);
  const hidden = types.filter((type) => type.checked).reduce((sum, type) => sum + Number(type.dataset.hidden), 0);
  const ticked = held.filter((box) => box.checked).length;
  return files.size + hidden + ticked;
}

// Calls beyond the forecast of the server are expected at its last pace.
function delayOf(turns, calls) {
  let seen = 0;
  for (const { delay, count } of turns) if ((seen += count) >= calls) return delay;
  return turns.at(-1)?.delay ?? 0;
}

function write(name, text) {
  for (const element of all(name)) element.textContent = text;
}

function sum() {
  const counts = providers.map(({ name, turns, left }) => ({ calls: callsAt(name), turns, left }));
  const calls = counts.reduce((total, { calls: number }) => total + number, 0);
  const delay = Math.max(0, ...counts.filter((c) => c.calls).map((c) => delayOf(c.turns, c.calls)));
  const beyond = counts.reduce((total, c) => total + Math.max(0, c.calls - c.left), 0);
  const lookups = asks.filter((box) => box.checked).length;
  const hidden = types.filter((type) => type.checked).reduce((total, type) => total + Number(type.dataset.hidden), 0);
  write("lookups", Number(form.dataset.known) + lookups + hidden + held.filter((box) => box.checked).length);
  write("calls", calls);
  write("not_today", beyond);
  for (const element of all("beyond")) element.hidden = !beyond;
  for (const element of all("end")) {
    element.hidden = !calls;
    setTime(element.querySelector("time"), new Date(Date.now() + delay * 1000).toISOString());
  }
}

function followType(type) {
  for (const box of asks) if (box.dataset.type === type.value) box.checked = type.checked;
}

// A type is ticked as long as one of its IOCs is.
function leadType(box) {
  const type = typeOf(box);
  const same = asks.filter((other) => other.dataset.type === type.value);
  type.checked = same.some((other) => other.checked) || (type.checked && Number(type.dataset.hidden) > 0);
  type.indeterminate = type.checked && !same.every((other) => other.checked);
}

form.addEventListener("change", ({ target }) => {
  if (target.name === "type") followType(target);
  if (target.name === "ask") leadType(target);
  sum();
});

sum();
// Until the plan is started, its end time moves with the clock.
setInterval(() => {
  if (!document.hidden) sum();
}, 5000);

try {
  sessionStorage.removeItem("draft");
} catch {}
