/** What must not outlive the benchmark, in whatever way it ends: each step undoes one thing, the last made first. */
const steps: (() => Promise<void> | void)[] = [];
let running: Promise<void> | undefined;

export function onCleanup(step: () => Promise<void> | void): void { steps.push(step); }

/** Safe to call twice; a step that fails does not keep the others from running. */
export function cleanUp(): Promise<void> {
  running ??= (async () => {
    for (const step of steps.splice(0).toReversed()) {
      try {
        await step();
      } catch (error) {
        console.error(`cleaning up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  })();
  return running;
}

/** Ctrl-C, a polite kill and a lost terminal clean up too; the exit code is the shell's for that signal. */
export function cleanUpOnSignals(): void {
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
    process.once(signal, () => { void cleanUp().finally(() => process.exit(code)); });
  }
}
