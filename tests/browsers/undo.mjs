// What a test has made and must unmake: by the test itself, or when its process ends in any other way.

/** @type {Set<() => void>} */
const pending = new Set();

/**
 * Sees to it that `unmake` runs once: when the returned function is called, else at the end of the process.
 * @param {() => void} unmake  synchronous, since nothing asynchronous runs any more at the end of a process
 * @returns {() => void}
 */
export function undo(unmake) {
  const once = () => {
    if (pending.delete(once)) unmake();
  };
  pending.add(once);
  return once;
}

// Last made, first unmade.
process.on('exit', () => [...pending].reverse().forEach((once) => once()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}
