// The upload: files are chosen or dropped anywhere on the page, and sent with mode and TLP of the paste form.

const form = document.querySelector("#upload");
const paste = document.querySelector("#paste");
const input = form.elements.files;
const button = form.querySelector("button");
const list = form.querySelector(".chosen");
const bar = form.querySelector("progress");
const trouble = form.querySelector("[role=alert]");
const { mostFiles, mostBytes, unreachable } = form.dataset;

function say(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

function problem(files) {
  const size = [...files].reduce((sum, file) => sum + file.size, 0);
  if (files.length > mostFiles) return `${files.length} files are chosen; at most ${mostFiles} can be analyzed at once.`;
  if (size > mostBytes) return `These files have ${size.toLocaleString("en")} bytes; at most ${Number(mostBytes).toLocaleString("en")} can be analyzed at once.`;
  return "";
}

function showChosen() {
  const { files } = input;
  list.hidden = !files.length;
  list.replaceChildren(
    ...[...files].slice(0, 20).map((file) => {
      const item = document.createElement("li");
      const name = document.createElement("bdi");
      name.textContent = file.name;
      item.append(name);
      return item;
    }),
  );
  if (files.length > 20) list.append(Object.assign(document.createElement("li"), { textContent: `and ${files.length - 20} more` }));
  button.classList.toggle("primary", files.length > 0);
  button.textContent = files.length ? `Analyze ${files.length === 1 ? "1 file" : `${files.length} files`}` : "Analyze files";
  say(problem(files));
}

// Dropped files are added to those that were chosen before.
function add(files) {
  const all = new DataTransfer();
  for (const file of [...input.files, ...files]) all.items.add(file);
  input.files = all.files;
  showChosen();
}

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  form.dataset.over = "";
});
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => delete form.dataset.over);
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  add(event.dataTransfer.files);
  button.focus();
});
input.addEventListener("change", showChosen);

function send(body) {
  const request = new XMLHttpRequest(); // fetch() reports no progress of an upload
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (100 * loaded) / total;
    });
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new Error(unreachable)));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(body);
  });
}

async function upload() {
  const body = new FormData(form);
  for (const name of ["mode", "tlp"]) body.set(name, paste.elements[name]?.value ?? "");
  body.set("show_plan", "1"); // an analyst waits and can review the plan
  const answer = await send(body);
  if (answer.status !== 202) throw new Error(answer.response?.error ?? unreachable);
  location.assign(new URL(`results/${answer.response.job_id}`, new URL("../../", import.meta.url)));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!input.files.length) return input.click();
  if (problem(input.files)) return say(problem(input.files));
  button.disabled = true;
  bar.hidden = false;
  say("");
  try {
    await upload();
  } catch (error) {
    say(error.message);
    button.disabled = false;
    bar.hidden = true;
  }
});

// The button of the paste form analyzes the files if there is no text: they would be lost otherwise.
paste.addEventListener(
  "submit",
  (event) => {
    if (!input.files.length || paste.elements.text.value.trim()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.requestSubmit();
  },
  { capture: true },
);

// The back button may restore the page from the back/forward cache, with the button disabled.
window.addEventListener("pageshow", () => {
  button.disabled = false;
  bar.hidden = true;
  showChosen();
});
