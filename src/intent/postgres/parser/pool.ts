import { Worker } from 'node:worker_threads';
import type { OpaqueReason } from '../../../core/effect.ts';
import type { WorkerAnswer } from './worker.ts';

export interface PoolOptions {
  readonly threads: number;
  /** Milliseconds from handing a text to a thread until its answer. */
  readonly deadline: number;
}

/** A thread is replaced after so many texts: WASM never gives memory back. */
const textsPerThread = 200;
/** Texts that wait for a thread; more are not read at all. */
const maxWaiting = 64;

interface Job { readonly text: string; readonly done: (answer: WorkerAnswer) => void }

function without(reason: OpaqueReason): WorkerAnswer {
  return { tree: undefined, other: { opaque: reason }, shape: '' };
}

/** One thread and what it works on. */
class Thread {
  readonly #worker: Worker;
  #job: Job | undefined;
  #timer: NodeJS.Timeout | undefined;
  #texts = 0;
  readonly #freed: (thread: Thread, usable: boolean) => void;
  readonly #deadline: number;

  constructor(deadline: number, freed: (thread: Thread, usable: boolean) => void) {
    this.#deadline = deadline;
    this.#freed = freed;
    // Run from source, the file beside this one is TypeScript.
    this.#worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: WorkerAnswer) => { this.#finish(answer, ++this.#texts < textsPerThread); });
    this.#worker.on('error', () => { this.#finish(without('parser-failed'), false); });
    this.#worker.on('exit', () => { this.#finish(without('parser-failed'), false); });
  }

  get idle(): boolean { return this.#job === undefined; }

  run(job: Job): void {
    this.#job = job;
    this.#worker.ref();
    this.#timer = setTimeout(() => { this.#finish(without('deadline'), false); }, this.#deadline);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(job.text);
  }

  async close(): Promise<void> {
    this.#finish(without('parser-failed'), false);
    await this.#worker.terminate();
  }

  #finish(answer: WorkerAnswer, usable: boolean): void {
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    if (!usable) {
      this.#worker.removeAllListeners();
      this.#worker.on('error', () => {}); // a thread that dies while it is being stopped
      void this.#worker.terminate();
    }
    this.#freed(this, usable);
    job?.done(answer);
  }
}

/** Threads that parse what is too long for the main thread. They do not keep the process alive while they have nothing to do. */
export class ParserPool {
  readonly #options: PoolOptions;
  #threads: Thread[] = [];
  #waiting: Job[] = [];
  #closed = false;

  constructor(options: PoolOptions) { this.#options = options; }

  /** Never rejects. */
  parse(text: string): Promise<WorkerAnswer> {
    if (this.#closed || this.#waiting.length >= maxWaiting) return Promise.resolve(without('parser-failed'));
    return new Promise((done) => {
      this.#waiting.push({ text, done });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = this.#threads;
    const waiting = this.#waiting;
    this.#threads = [];
    this.#waiting = [];
    for (const job of waiting) job.done(without('parser-failed'));
    await Promise.all(threads.map(async (thread) => thread.close()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#threads.find((candidate) => candidate.idle) ?? this.#grow();
      const job = thread === undefined ? undefined : this.#waiting.shift();
      if (thread === undefined || job === undefined) return;
      thread.run(job);
    }
  }

  #grow(): Thread | undefined {
    if (this.#threads.length >= this.#options.threads) return undefined;
    const thread = new Thread(this.#options.deadline, (freed, usable) => {
      if (!usable) this.#threads = this.#threads.filter((other) => other !== freed);
      if (!this.#closed) this.#dispatch();
    });
    this.#threads.push(thread);
    return thread;
  }
}
