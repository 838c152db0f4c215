import { Worker } from 'node:worker_threads';
import { safe } from '../cedar.ts';
import { refused, type Checked } from '../checked.ts';

/** A thousand times what the baseline takes on an idle machine would be too long to keep whoever edits them waiting. */
const DEADLINE_MS = 60_000;

export interface ThreadOptions {
  /** Milliseconds. */
  readonly deadline?: number;
  /** What runs in the thread; tests have others. */
  readonly worker?: URL;
}

const own = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/**
 * `checkPacks` in a thread of its own, so that nobody's commands wait meanwhile. Never rejects: a thread that dies, hangs or is aborted is a set that is refused.
 * The thread keeps no process alive.
 */
export function checkInThread(folders: readonly string[], signal: AbortSignal, { deadline = DEADLINE_MS, worker = own }: ThreadOptions = {}): Promise<Checked> {
  return new Promise((resolve) => {
    let thread: Worker;
    const mend = 'the folders are read again when a file in them changes: save one once more; should it come again, `guardrails policy check` says more';
    const fail = (why: string): void => { end(refused(folders, `policies could not be checked: ${why}`, mend)); };
    const aborted = (): void => { fail('the gateway ends'); };
    const timer = setTimeout(() => { fail(`it took longer than ${deadline / 1000} s`); }, deadline);
    function end(checked: Checked): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      // What a thread says while it is being stopped.
      thread.removeAllListeners().on('error', () => {});
      void thread.terminate();
      resolve(checked);
    }
    try {
      thread = new Worker(worker, { workerData: folders, resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 } });
    } catch (error) {
      clearTimeout(timer);
      resolve(refused(folders, `policies could not be checked: ${safe(error)}`, mend));
      return;
    }
    thread.unref();
    thread.on('message', (checked: Checked) => { end(checked); });
    thread.on('messageerror', (error) => { fail(safe(error)); });
    thread.on('error', (error) => { fail(`the thread that does it failed: ${safe(error)}`); });
    thread.on('exit', (code) => { fail(`the thread that does it ended with ${code}`); });
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}
