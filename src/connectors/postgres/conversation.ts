import type { Socket } from 'node:net';
import type { Gate, Session } from '../../core/gate.ts';
import { isRefusal, type Refusal, refusal } from '../../core/refusal.ts';
import { MalformedMessage } from '../../wire/reader.ts';
import { type FrameRules, FrameScanner, FrameViolation } from '../../wire/scanner.ts';
import { ClientSide } from './client-side.ts';
import { Dialogue } from './dialogue.ts';
import { serverFrames } from './frames.ts';
import { terminateMessage } from './messages/bodyless.ts';
import { encodeRefusal } from './messages/refusal.ts';
import { ReadOnly, type ReadOnlyParts } from './read-only.ts';
import { ServerSide } from './server-side.ts';

export interface ConversationParts {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly gate: Gate;
  readonly session: Session;
  readonly clientFrames: FrameRules;
  /** Asks the target to give up what it runs; resolves when it surely will not hit anything later. */
  readonly cancelUpstream: () => Promise<void>;
  /** Undefined where reads are not to run read-only. */
  readonly readOnly: ReadOnlyParts | undefined;
  readonly countBytes: (direction: 'in' | 'out', count: number) => void;
  /** A fault of our own, for the log; the connection is closed. */
  readonly broken: (error: unknown) => void;
}

/**
 * Messages that may be on their way to the target and back; beyond that the client is not heard. More than the server's output buffer (8 KiB) can
 * hold answers to, which it keeps until Sync: else a long batch would wait for answers that wait for its end.
 */
const MOST_OUTSTANDING = 16_384;

/** Why waits are given up. One for all: without it each session's end would make an exception with a stack. */
const ended = new Error('the session is over');

/** Messages of one chunk after which the target gets them, while the rest is read. */
const EARLY = 32;

/** How long a client that is told of the end has to take the message before its connection is cut. */
const FAREWELL_MS = 2_000;

/**
 * One session after its startup: two pumps that never wait for each other. The client's is paused while a message waits for its admission;
 * the target's never is, except when the client takes no more.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #talk: Dialogue;
  readonly #clientScanner: FrameScanner;
  readonly #serverScanner = new FrameScanner(serverFrames);
  readonly #clientSide: ClientSide;
  readonly #serverSide: ServerSide;
  readonly #over = new AbortController();
  /** As `#over.signal.aborted`, at the price of a field. */
  #closed = false;
  readonly #done = Promise.withResolvers<string>();
  /** Messages that wait for their admission, and cancels for their arrival: while there are any, nothing more is taken from the client. */
  #holds = 0;
  #upstreamFull = false;
  #clientFull = false;
  /** Answers of the gate's own wait for a client that reads nothing: it is not heard either, or they would pile up. */
  #answersPile = false;
  #crowded = false;
  #leaving: Refusal | undefined;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#talk = new Dialogue({ client: parts.client, upstream: parts.upstream, session: parts.session, gate: parts.gate, fail: (why) => this.#fail(why) });
    this.#clientScanner = new FrameScanner(parts.clientFrames);
    this.#clientSide = new ClientSide(this.#talk, this.#clientScanner, this.#over.signal);
    this.#serverSide = new ServerSide(this.#talk, this.#serverScanner);
    this.#talk.readOnly = parts.readOnly === undefined ? undefined : new ReadOnly(this.#talk, parts.readOnly);
    this.#talk.whenUpstreamFull(() => {
      this.#upstreamFull = true;
      this.#pauseOrResumeClient();
    });
  }

  /** The target does not report its search path. Resolves when it has told it; only before `run`. */
  async askPath(): Promise<void> {
    this.#talk.asksPath = true;
    this.#parts.session.observe('search_path', '"', false);
    await this.#talk.askPath();
  }

  /** Starts the target's pump alone: for questions of the gate before the client may speak. */
  listen(): void {
    const { client, upstream, session } = this.#parts;
    client.on('error', () => this.#clientGone());
    client.on('close', () => this.#clientGone());
    if (session.ending.aborted) this.#sessionEnds();
    else session.ending.addEventListener('abort', () => this.#sessionEnds(), { once: true });
    upstream.on('data', (chunk: Buffer) => this.#fromUpstream(chunk));
    upstream.on('drain', () => {
      this.#upstreamFull = false;
      this.#pauseOrResumeClient();
    });
    upstream.on('error', () => this.#upstreamGone());
    upstream.on('close', () => this.#upstreamGone());
    upstream.resume();
  }

  /** Resolves with why it ended; never rejects. */
  run(): Promise<string> {
    const { client, upstream } = this.#parts;
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    client.on('drain', () => {
      this.#clientFull = false;
      this.#answersPile = false;
      this.#parts.upstream.resume();
      this.#pauseOrResumeClient();
    });
    client.on('end', () => this.#clientGone());
    // It may have left, or the target, before anyone listened; nobody says so again.
    if (client.destroyed) this.#clientGone();
    else if (upstream.destroyed) this.#upstreamGone();
    this.#pauseOrResumeClient();
    return this.#done.promise;
  }

  /** What a CancelRequest asks for. The next command waits until the cancel has surely arrived, so that it hits none but the one it was meant for. */
  async cancel(): Promise<void> {
    if (!this.#talk.busy || this.#closed) return;
    const arrived = this.#parts.cancelUpstream();
    this.#await(arrived);
    await arrived;
  }

  #fromClient(chunk: Buffer): void {
    if (this.#closed) return;
    this.#parts.countBytes('in', chunk.length);
    this.#clientScanner.push(chunk);
    if (this.#holds === 0) this.#pump();
  }

  #pump(): void {
    try {
      for (let handled = 1; this.#holds === 0 && !this.#closed && !this.#clientSide.terminated; handled++) {
        const event = this.#clientScanner.next();
        if (event === 'more') break;
        const step = this.#clientSide.handle(event);
        if (step !== undefined) this.#await(step);
        if (handled % EARLY === 0) this.#talk.flushEarly();
      }
    } catch (error) {
      this.#clientMisbehaves(error);
      return;
    }
    if (!this.#talk.toClient.flush()) this.#answersPile = true;
    this.#talk.planFlush();
    this.#pauseOrResumeClient();
    if (this.#leaving !== undefined) this.#leaveWhenIdle();
  }

  #await(step: Promise<void>): void {
    this.#holds++;
    step.then(() => {
      this.#holds--;
      this.#pump();
    }, (error: unknown) => {
      this.#holds--;
      this.#clientMisbehaves(error);
    });
  }

  #pauseOrResumeClient(): void {
    if (this.#closed) return;
    const crowded = this.#talk.queue.length > MOST_OUTSTANDING;
    if (crowded) this.#crowded = true;
    if (this.#holds > 0 || this.#upstreamFull || this.#answersPile || crowded) this.#parts.client.pause();
    else this.#parts.client.resume();
  }

  #fromUpstream(chunk: Buffer): void {
    if (this.#closed) return;
    this.#parts.countBytes('out', chunk.length);
    this.#serverScanner.push(chunk);
    try {
      this.#serverSide.run();
    } catch (error) {
      if (!(error instanceof FrameViolation) && !(error instanceof MalformedMessage)) {
        this.#clientMisbehaves(error);
        return;
      }
      this.#fail(refusal('upstream-failed', 'the target sent what the gate does not understand', 'check that the target is a PostgreSQL server; another proxy in between may change its messages', { detail: [error.message] }));
      return;
    }
    if (!this.#talk.toClient.flush() && !this.#clientFull) {
      this.#clientFull = true;
      this.#parts.upstream.pause();
    }
    this.#talk.planFlush();
    if (this.#crowded && this.#talk.queue.length <= MOST_OUTSTANDING) {
      this.#crowded = false;
      this.#pauseOrResumeClient();
    }
    if (this.#leaving !== undefined) this.#leaveWhenIdle();
  }

  #clientMisbehaves(error: unknown): void {
    if (error instanceof FrameViolation || error instanceof MalformedMessage) {
      this.#fail(refusal('protocol-violation', error.message, 'the client does not speak PostgreSQL protocol 3; another client, or a proxy in between, may be the cause'));
    } else {
      this.#parts.broken(error);
      this.#fail(refusal('internal', 'the gate made an error, so nothing more passes on this connection', 'connect again; the gateway\'s log has the cause'));
    }
  }

  #sessionEnds(): void {
    const reason: unknown = this.#parts.session.ending.reason;
    const why = isRefusal(reason) ? reason : refusal('session-revoked', 'the session was ended', 'connect again');
    if (why.code !== 'draining') {
      if (this.#talk.queue.length > 0) void this.#parts.cancelUpstream();
      this.#fail(why);
      return;
    }
    this.#leaving = why;
    this.#leaveWhenIdle();
  }

  #leaveWhenIdle(): void {
    if (this.#leaving !== undefined && this.#talk.quiet && this.#holds === 0) this.#fail(this.#leaving);
  }

  #clientGone(): void {
    if (this.#closed) return;
    // Its last words are on their way; the target closes when it has done what they say.
    if (this.#clientSide.terminated) return;
    // The target would go on for nobody.
    if (this.#talk.queue.length > 0) void this.#parts.cancelUpstream();
    this.#close('the client went away');
  }

  #upstreamGone(): void {
    if (this.#closed) return;
    if (this.#serverSide.ended) {
      this.#parts.client.end();
      this.#close('the target ended the session');
    } else if (this.#clientSide.terminated) this.#close('the client said goodbye');
    else this.#fail(refusal('upstream-failed', 'the connection to the target was lost', 'whether the last statement took effect is not known: look before you repeat it; then connect again'));
  }

  /** Tells the client, where a message can still stand, and ends everything. */
  #fail(why: Refusal): void {
    if (this.#closed) return;
    const { client } = this.#parts;
    this.#talk.toClient.flush();
    if (!this.#serverScanner.midFrame && !client.destroyed) client.write(encodeRefusal(why, undefined, 'FATAL'));
    client.end();
    this.#close(`${why.code}: ${why.message}`);
  }

  #close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over.abort(ended);
    const { client, upstream, session } = this.#parts;
    // What is not on record is not sent any more. Inside a message of which a part was sent, nothing can be said.
    const dropped = this.#talk.door.drop();
    if (dropped || this.#clientScanner.midFrame) upstream.end();
    else upstream.end(terminateMessage);
    for (let item = this.#talk.queue.shift(); item !== undefined; item = this.#talk.queue.shift()) {
      item.settle('lost');
      item.take?.(undefined);
    }
    this.#talk.release();
    session.close(why);
    client.resume();
    upstream.resume();
    const cut = setTimeout(() => {
      client.destroy();
      upstream.destroy();
    }, FAREWELL_MS);
    cut.unref();
    client.once('close', () => {
      clearTimeout(cut);
      upstream.destroy();
    });
    this.#done.resolve(why);
  }
}
