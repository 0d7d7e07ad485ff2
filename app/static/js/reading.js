// The page of an import: shows the state of each file, and the results when all are read.

const PAUSE = 1000;
const page = document.querySelector("#import[data-reading=true]");
let timer = 0;
let isOver = false;

async function bring() {
  timer = 0;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || isOver) return;
  const part = new DOMParser().parseFromString(await answer.text(), "text/html");
  const read = part.querySelector("#import[data-reading=true] #documents-read");
  if (read) document.querySelector("#documents-read").replaceWith(document.adoptNode(read));
}

if (page) {
  page.addEventListener("job-update", ({ detail: job }) => {
    if (isOver) return;
    isOver = job.phase !== "reading";
    if (isOver) location.reload();
    else timer ||= setTimeout(bring, PAUSE);
  });
}

const choice = document.querySelector("[data-by-document]");
choice?.addEventListener("change", () => choice.requestSubmit());
