import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connector } from '../../core/connector.ts';
import type { Gate, Session } from '../../core/gate.ts';
import type { Log } from '../../core/log.ts';
import { isRefusal, type Refusal, refusal } from '../../core/refusal.ts';
import { accept, type AcceptOptions, type Arrived, type ClientAddress } from './accept/accept.ts';
import { authenticateClient } from './accept/authenticate.ts';
import { dismiss } from './accept/dismiss.ts';
import type { CancelRegistry } from './cancel.ts';
import { Conversation } from './conversation.ts';
import { clientFrames } from './frames.ts';
import { encodeBackendKeyData } from './messages/backend-key-data.ts';
import { encodeParameterStatus } from './messages/parameter-status.ts';
import { encodeReadyForQuery } from './messages/ready-for-query.ts';
import { cancelUpstream } from './upstream/cancel.ts';
import { connectUpstream, type Upstream } from './upstream/connect.ts';
import { failureSqlstate, refusalOf, UpstreamFailure } from './upstream/failure.ts';
import type { UpstreamOptions } from './upstream/options.ts';

export interface PostgresConnectorOptions {
  readonly target: string;
  readonly accept: AcceptOptions;
  /** Asked for each session anew: the credential may have been replaced. What it rejects with is for the log. */
  readonly upstream: () => Promise<UpstreamOptions>;
  /** Where a client goes that names no database. */
  readonly defaultDatabase: string;
  /** Which others it may name; undefined: any. */
  readonly databases: ReadonlySet<string> | undefined;
  /** Bytes of one statement's text that are read; longer ones are refused. */
  readonly textLimit: number;
  /** Bytes of one message of any kind. */
  readonly messageLimit: number;
  readonly cancels: CancelRegistry;
  readonly log: Log;
  readonly countBytes: (direction: 'in' | 'out', count: number) => void;
}

/** PostgreSQL reports search_path of itself from this version on. */
const REPORTS_SEARCH_PATH = 18;

/** Who is told what of themselves by ParameterStatus: names that belong to the upstream login, not to the client. */
const ofTheLogin: ReadonlySet<string> = new Set(['session_authorization', 'application_name']);

/** PostgreSQL's wire protocol, versions 3.0 and 3.2, for one target. */
export function createPostgresConnector(options: PostgresConnectorOptions): Connector {
  const frames = clientFrames(options.textLimit, options.messageLimit);

  async function serve(client: Duplex, gate: Gate, signal: AbortSignal): Promise<void> {
    if (!(client instanceof Socket)) throw new TypeError('a PostgreSQL client comes over a socket');
    client.setNoDelay(true);
    const accepted = await accept(client, options.accept, signal);
    switch (accepted.kind) {
      case 'closed': return;
      case 'cancel':
        await options.cancels.request(accepted.key, accepted.client.address);
        accepted.stream.destroy();
        return;
      case 'refused':
        await turnAway(gate, accepted.user, accepted.client, accepted.refusal, accepted.stream);
        return;
      case 'arrived': await serveArrived(accepted, gate, signal);
    }
  }

  async function turnAway(gate: Gate, user: string, client: ClientAddress, refused: Refusal, stream: Duplex): Promise<void> {
    await gate.turnAway(user, options.target, client, refused);
    await dismiss(stream, refused);
  }

  async function serveArrived(arrived: Arrived, gate: Gate, signal: AbortSignal): Promise<void> {
    const { parameters, stream, client } = arrived;
    const authentication = await authenticateClient(arrived, gate);
    if (authentication.kind === 'gone') return;
    if (authentication.kind === 'refused') {
      await turnAway(gate, parameters.user, client, authentication.refusal, stream);
      return;
    }
    const database = parameters.database ?? options.defaultDatabase;
    if (options.databases !== undefined && !options.databases.has(database)) {
      await turnAway(gate, parameters.user, client, refusal('unsupported-parameter', `target \`${options.target}\` gives no access to database \`${database}\``, 'connect to one that the target\'s `databases` lists'), stream);
      return;
    }
    const session = await gate.open({
      proof: authentication.proof, target: options.target, database, purpose: parameters.purpose, client, application: parameters.application, tls: arrived.tls,
    }, signal);
    if ('refused' in session) {
      await turnAway(gate, parameters.user, client, session, stream);
      return;
    }
    try {
      await serveSession(arrived, database, session, gate, signal);
    } finally {
      session.close('the connection ended');
    }
  }

  async function serveSession(arrived: Arrived, database: string, session: Session, gate: Gate, signal: AbortSignal): Promise<void> {
    const { stream, parameters } = arrived;
    const gone = new AbortController();
    stream.once('close', () => gone.abort());
    let upstream: Upstream;
    let login: UpstreamOptions;
    try {
      login = await options.upstream();
    } catch (error) {
      options.log.error('the credential of the target cannot be read', { target: options.target, why: error instanceof Error ? error.message : String(error) });
      await dismiss(stream, refusal('upstream-unavailable', 'the target cannot be reached by the gate', "ask the gate's administrator; its log says why"));
      return;
    }
    try {
      upstream = await connectUpstream(login, new Map([['database', database], ...parameters.settings]), AbortSignal.any([signal, session.ending, gone.signal]));
    } catch (error) {
      if (gone.signal.aborted) return;
      if (error instanceof UpstreamFailure) options.log.error('no session with the target', { target: options.target, kind: error.kind, why: failureForLog(error) });
      else if (!session.ending.aborted && !signal.aborted) throw error;
      if (error instanceof UpstreamFailure) await dismiss(stream, refusalOf(error, database), failureSqlstate(error));
      else await sayGoodbye(session, stream);
      return;
    }
    await converse(arrived, upstream, login, session, gate);
  }

  async function converse(arrived: Arrived, upstream: Upstream, login: UpstreamOptions, session: Session, gate: Gate): Promise<void> {
    const { stream, parameters, minor } = arrived;
    const { key } = upstream;
    const conversation = new Conversation({
      client: stream, upstream: upstream.socket, gate, session, clientFrames: frames, countBytes: options.countBytes,
      cancelUpstream: async () => {
        if (key === undefined) return;
        try {
          await cancelUpstream(login, key, new AbortController().signal);
        } catch (error) {
          options.log.warn('a cancel did not reach the target', { target: options.target, why: String(error) });
        }
      },
      broken: (error) => options.log.error('a session broke', { target: options.target, session: session.facts.id, error: error instanceof Error ? error.stack : String(error) }),
    });
    for (const [name, value] of upstream.parameters) session.observe(name, value, true);
    // These came with the ReadyForQuery that ended the login.
    session.ready(false, true);
    conversation.listen();
    if (serverMajor(upstream) < REPORTS_SEARCH_PATH) await conversation.askPath();
    const registered = options.cancels.register(minor, () => conversation.cancel());
    try {
      if (registered === undefined) {
        upstream.socket.destroy();
        await dismiss(stream, refusal('too-many-sessions', 'this worker has no slot left', 'close sessions, or run more workers'));
        return;
      }
      const statuses = [...upstream.parameters].map(([name, value]) => encodeParameterStatus(name, ofTheLogin.has(name) ? ownStatus(name, parameters) : value));
      stream.write(Buffer.concat([...statuses, encodeBackendKeyData(registered.key), encodeReadyForQuery('I')]));
      await conversation.run();
    } finally {
      registered?.release();
    }
  }

  return { protocol: 'postgres', serve };
}

/** The session ended before it had a target. */
async function sayGoodbye(session: Session, stream: Duplex): Promise<void> {
  const reason: unknown = session.ending.reason;
  const why = isRefusal(reason) ? reason : refusal('draining', 'the gateway is shutting down', 'connect again');
  session.close(`${why.code}: ${why.message}`);
  await dismiss(stream, why);
}

/** The server's own words may quote a value that the client sent: of those only the code is kept. */
function failureForLog(failure: UpstreamFailure): string {
  return failure.fields === undefined ? failure.message : `the server said ${failure.fields.get('C') ?? 'no code'}`;
}

function ownStatus(name: string, parameters: Arrived['parameters']): string {
  return name === 'session_authorization' ? parameters.user : (parameters.application ?? '');
}

function serverMajor(upstream: Upstream): number {
  return Number.parseInt(upstream.parameters.get('server_version') ?? '', 10) || 0;
}
