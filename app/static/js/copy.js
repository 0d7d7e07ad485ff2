// Copies one IOC, the shown IOCs of a type, or the ticket block; defanged unless raw is chosen.

import { allRows } from "./rows.js";

const announcement = document.querySelector("#announcement");
const resets = new WeakMap();

async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // navigator.clipboard exists only in secure contexts: on loopback and over https.
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "offstage";
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (!copied) throw new Error("the browser refused to copy");
}

function wantsRaw(event) {
  return event.shiftKey || document.querySelector("input[name=copy_as]:checked")?.value === "raw";
}

function textOf(row, raw) {
  return raw ? row.dataset.value : row.querySelector(".ioc").textContent;
}

function shownRows(group) {
  return [...group.querySelectorAll(".row:not([hidden])")];
}

async function fetchTicket(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the export answered ${answer.status}`);
  return answer.text();
}

function say(button, word) {
  button.dataset.label ??= button.textContent;
  clearTimeout(resets.get(button));
  button.textContent = word;
  announcement.textContent = word;
  resets.set(
    button,
    setTimeout(() => {
      button.textContent = button.dataset.label;
      announcement.textContent = "";
    }, 1500),
  );
}

async function copy(button, event) {
  const raw = wantsRaw(event);
  try {
    if (button.dataset.copy === "row") {
      await write(textOf(button.closest(".row"), raw));
    } else if (button.dataset.copy === "group") {
      await allRows;
      const rows = shownRows(button.closest(".group"));
      await write(rows.map((row) => textOf(row, raw)).join("\n"));
    } else {
      await write(await fetchTicket(button.dataset.url));
    }
    say(button, announcement.dataset.copied);
  } catch {
    say(button, announcement.dataset.failed);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) copy(button, event);
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const row = document.querySelector(".row:focus-within") ?? document.querySelector(".row:hover");
  if (row) copy(row.querySelector("button[data-copy]"), event);
});

// The export menu closes by a click elsewhere and by Escape.
const menu = document.querySelector("details.menu");
document.addEventListener("click", (event) => {
  if (menu.open && !event.target.closest("details.menu summary")) menu.open = false;
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
