// The pasted text and its near misses, in the sessionStorage of this tab: gone when it is closed.

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

// Beyond the storage quota older texts are removed; a text that is too large alone is not kept.
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
