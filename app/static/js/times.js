// Shows every <time data-format> in the local time zone; without JavaScript it stays in UTC.

const two = (number) => String(number).padStart(2, "0");
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

function moment(at) {
  return day(at) === day(new Date()) ? clock(at) : `${day(at)} ${clock(at)}`;
}

function ago(at) {
  const seconds = (Date.now() - at) / 1000;
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return moment(at);
}

const FORMATS = { moment, ago };

function paintTime(element) {
  const format = FORMATS[element.dataset.format];
  const at = new Date(element.dateTime);
  if (!format || Number.isNaN(at.getTime())) return;
  const text = format(at);
  if (element.textContent !== text) element.textContent = text;
  if (!element.title) element.title = element.dateTime;
}

export function setTime(element, iso) {
  element.dateTime = iso;
  element.title = iso;
  // A time without a format (a scan date) is the day that the provider named, in no time zone.
  if (element.dataset.format in FORMATS) paintTime(element);
  else element.textContent = iso.slice(0, 10);
}

export function paintTimes(root) {
  root.querySelectorAll("time[data-format]").forEach(paintTime);
}

paintTimes(document);

setInterval(() => {
  if (!document.hidden) document.querySelectorAll("time[data-format=ago]").forEach(paintTime);
}, 10_000);
