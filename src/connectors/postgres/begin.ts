import type { Duplex } from 'node:stream';
import type { Gate, Opening, Session } from '../../core/gate.ts';
import type { Log } from '../../core/log.ts';
import { isRefusal, type Refusal, refusal } from '../../core/refusal.ts';
import { Deadline } from '../../wire/deadline.ts';
import { PeerGone } from '../../wire/read-exactly.ts';
import type { FrameRules } from '../../wire/scanner.ts';
import { Writer } from '../../wire/writer.ts';
import type { Arrived } from './accept/accept.ts';
import { dismiss } from './accept/dismiss.ts';
import type { ClientParameters } from './accept/parameters.ts';
import type { Cancellable, CancelRegistry } from './cancel.ts';
import { Conversation } from './conversation.ts';
import { writeBackendKeyData } from './messages/backend-key-data.ts';
import { writeParameterStatus } from './messages/parameter-status.ts';
import { encodeReadyForQuery } from './messages/ready-for-query.ts';
import type { CancelKey } from './messages/startup.ts';
import { DEFAULT_READ_ONLY, type EnforceReads, type ReadOnlyParts } from './read-only.ts';
import { cancelUpstream } from './upstream/cancel.ts';
import { connectUpstream, type Upstream } from './upstream/connect.ts';
import { failureSqlstate, refusalOf, UpstreamFailure } from './upstream/failure.ts';
import type { UpstreamOptions } from './upstream/options.ts';

export interface BeginOptions {
  readonly target: string;
  readonly upstream: (readsOnly: boolean) => Promise<UpstreamOptions>;
  readonly frames: FrameRules;
  readonly enforceReads: EnforceReads;
  readonly cancels: CancelRegistry;
  readonly log: Log;
  readonly countBytes: (direction: 'in' | 'out', count: number) => void;
}

/** A conversation that goes on; `ended` resolves when it has ended. */
export interface Begun { readonly ended: Promise<void> }

/** PostgreSQL reports search_path of itself from this version on. */
const REPORTS_SEARCH_PATH = 18;

interface Connected { readonly upstream: Upstream; readonly login: UpstreamOptions }

/** Or why there is no connection, for the client. Undefined: it was no longer wanted. */
type Reached = Connected | { readonly why: Refusal; readonly sqlstate?: string | undefined } | undefined;

/**
 * From a client that may have a session to its conversation. The target is logged in to while the opening is made durable; nobody is heard before both.
 * Resolves with a refusal when the client is to be turned away with it; with undefined when it is over and whoever could be told was told.
 */
export async function beginSession(options: BeginOptions, arrived: Arrived, database: string, opening: Opening, gate: Gate, signal: AbortSignal): Promise<Begun | Refusal | undefined> {
  const { stream, parameters } = arrived;
  const wanted = new Deadline([signal, opening.ending]);
  const left = (): void => wanted.end(new PeerGone('the client left'));
  stream.once('close', left);
  if (stream.destroyed) left();
  try {
    const reaching = reach(options, opening.readsOnly, database, parameters.settings, wanted.signal);
    const session = await opening.recorded;
    if ('refused' in session) {
      wanted.end(new PeerGone('the opening could not be recorded'));
      const reached = await reaching;
      if (reached !== undefined && 'upstream' in reached) reached.upstream.socket.destroy();
      return session;
    }
    return await withSession(options, arrived, session, gate, await reaching);
  } finally {
    wanted.over();
    stream.off('close', left);
  }
}

async function reach(options: BeginOptions, readsOnly: boolean, database: string, settings: ReadonlyMap<string, string>, wanted: AbortSignal): Promise<Reached> {
  let login: UpstreamOptions;
  try {
    login = await options.upstream(readsOnly);
  } catch (error) {
    options.log.error('the credential of the target cannot be read', { target: options.target, why: error instanceof Error ? error.message : String(error) });
    return { why: refusal('upstream-unavailable', 'the target cannot be reached by the gate', "ask the gate's administrator; its log says why") };
  }
  try {
    return { upstream: await connectUpstream(login, new Map([['database', database], ...settings]), wanted), login };
  } catch (error) {
    if (wanted.aborted) return undefined;
    if (error instanceof UpstreamFailure) {
      options.log.error('no session with the target', { target: options.target, kind: error.kind, why: failureForLog(error) });
      return { why: refusalOf(error, database), sqlstate: failureSqlstate(error) };
    }
    options.log.error('no session with the target', { target: options.target, error: error instanceof Error ? error.stack : String(error) });
    return { why: refusal('internal', 'the gate made an error, so there is no session', 'connect again; the gateway\'s log has the cause') };
  }
}

/** The server's own words may quote a value that the client sent: of those only the code is kept. */
function failureForLog(failure: UpstreamFailure): string {
  return failure.fields === undefined ? failure.message : `the server said ${failure.fields.get('C') ?? 'no code'}`;
}

async function withSession(options: BeginOptions, arrived: Arrived, session: Session, gate: Gate, reached: Reached): Promise<Begun | undefined> {
  let begun: Begun | undefined;
  try {
    begun = await meet(options, arrived, session, gate, reached);
    return begun;
  } finally {
    if (begun === undefined) session.close('the connection ended');
  }
}

async function meet(options: BeginOptions, arrived: Arrived, session: Session, gate: Gate, reached: Reached): Promise<Begun | undefined> {
  const { stream } = arrived;
  if (reached === undefined) await sayGoodbye(session, stream);
  else if ('why' in reached) await dismiss(stream, reached.why, reached.sqlstate);
  else return converse(options, arrived, session, gate, reached);
  return undefined;
}

/** The session ended before it had a target, or its client did. */
async function sayGoodbye(session: Session, stream: Duplex): Promise<void> {
  if (stream.destroyed) return;
  const reason: unknown = session.ending.reason;
  const why = isRefusal(reason) ? reason : refusal('draining', 'the gateway is shutting down', 'connect again');
  session.close(`${why.code}: ${why.message}`);
  await dismiss(stream, why);
}

async function converse(options: BeginOptions, { stream, parameters, minor }: Arrived, session: Session, gate: Gate, { upstream, login }: Connected): Promise<Begun | undefined> {
  const { cancels, countBytes } = options;
  const conversation = new Conversation({
    client: stream, upstream: upstream.socket, gate, session, clientFrames: options.frames, countBytes, readOnly: readOnlyParts(options, upstream, session),
    cancelUpstream: cancelling(options, login, upstream.key), broken: whenBroken(options, session),
  });
  const pathKnown = Promise.withResolvers<void>();
  const key = cancels.register(minor, onceKnown(pathKnown.promise, conversation));
  if (key === undefined) {
    upstream.socket.destroy();
    await dismiss(stream, refusal('too-many-sessions', 'this worker has no slot left', 'close sessions, or run more workers'));
    return undefined;
  }
  for (const [name, value] of upstream.parameters) session.observe(name, value, true);
  // These came with the ReadyForQuery that ended the login.
  session.ready(false, true);
  conversation.listen();
  // Told at once, and heard once the target has said under what path its texts are to be read.
  stream.write(greeting(parameters, upstream.parameters, key));
  if (serverMajor(upstream) < REPORTS_SEARCH_PATH) await conversation.askPath();
  pathKnown.resolve();
  return { ended: conversation.run().then(releasing(cancels, key.process)) };
}

/** What the target said of itself, but for what it said of the login that all sessions share. */
function greeting(parameters: ClientParameters, statuses: ReadonlyMap<string, string>, key: CancelKey): Buffer {
  const writer = new Writer(1024);
  for (const [name, value] of statuses) {
    const own = name === 'session_authorization' ? parameters.user : name === 'application_name' ? parameters.application ?? '' : value;
    writeParameterStatus(writer, name, own);
  }
  return writeBackendKeyData(writer, key).bytes(encodeReadyForQuery('I')).result();
}

function serverMajor(upstream: Upstream): number {
  return Number.parseInt(upstream.parameters.get('server_version') ?? '', 10) || 0;
}

// Made in functions of their own: what a function holds is all that any of its neighbours needs, and these live as long as the session.

/** A cancel is for what the client runs, never for what the gate asks before. */
function onceKnown(pathKnown: Promise<void>, conversation: Conversation): Cancellable {
  return {
    cancel: async () => {
      await pathKnown;
      await conversation.cancel();
    },
  };
}

function releasing(cancels: CancelRegistry, process: number): () => void {
  return () => cancels.release(process);
}

function cancelling({ log, target }: BeginOptions, login: UpstreamOptions, key: CancelKey | undefined): () => Promise<void> {
  return async () => {
    if (key === undefined) return;
    try {
      await cancelUpstream(login, key, new AbortController().signal);
    } catch (error) {
      log.warn('a cancel did not reach the target', { target, why: String(error) });
    }
  };
}

function whenBroken({ log, target }: BeginOptions, session: Session): (error: unknown) => void {
  return (error) => log.error('a session broke', { target, session: session.facts.id, error: error instanceof Error ? error.stack : String(error) });
}

/** Servers before PostgreSQL 14 do not report what their transactions default to: it could not be given back. */
function readOnlyParts({ enforceReads, log, target }: BeginOptions, { parameters }: Upstream, session: Session): ReadOnlyParts | undefined {
  const own = parameters.get(DEFAULT_READ_ONLY);
  if (enforceReads === 'off' || own === undefined) return undefined;
  const denied = (sqlstate: string): void => log.error('the target does not let the gate run reads read-only: this session goes on without', { target, session: session.facts.id, sqlstate });
  return { own, standby: parameters.get('in_hot_standby') === 'on', inBlocks: enforceReads === 'everywhere', denied };
}
