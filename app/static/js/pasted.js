// The pasted text and its near misses: kept by this tab alone, until it is closed.

const PREFIX = "analysis:";
const keyOf = (jobId) => PREFIX + jobId;

function write(jobId, analysis) {
  try {
    sessionStorage.setItem(keyOf(jobId), JSON.stringify(analysis));
    return true;
  } catch {
    return false;
  }
}

// Past the browser's quota the older ones go; what is too large by itself is not kept.
export function keep(jobId, analysis) {
  if (write(jobId, analysis)) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  write(jobId, analysis);
}

export function recall(jobId) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(jobId)));
  } catch {
    return null;
  }
}
