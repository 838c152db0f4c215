import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connector } from '../../core/connector.ts';
import type { Gate } from '../../core/gate.ts';
import type { Authenticated } from '../../core/identity.ts';
import type { Log } from '../../core/log.ts';
import { type Refusal, refusal } from '../../core/refusal.ts';
import { accept, type AcceptOptions, type Arrived, type ClientAddress } from './accept/accept.ts';
import { authenticateClient } from './accept/authenticate.ts';
import { dismiss } from './accept/dismiss.ts';
import { type Begun, beginSession } from './begin.ts';
import type { CancelRegistry } from './cancel.ts';
import { clientFrames } from './frames.ts';
import type { EnforceReads } from './read-only.ts';
import type { UpstreamOptions } from './upstream/options.ts';

export interface PostgresConnectorOptions {
  readonly target: string;
  readonly accept: AcceptOptions;
  /** Asked for each session anew: the credential may have been replaced. `readsOnly`: as `Opening.readsOnly`. What it rejects with is for the log. */
  readonly upstream: (readsOnly: boolean) => Promise<UpstreamOptions>;
  /** Where a client goes that names no database. */
  readonly defaultDatabase: string;
  /** Which others it may name; undefined: any. */
  readonly databases: ReadonlySet<string> | undefined;
  /** Bytes of one statement's text that are read; longer ones are refused. */
  readonly textLimit: number;
  /** Bytes of one message of any kind. */
  readonly messageLimit: number;
  readonly enforceReads: EnforceReads;
  readonly cancels: CancelRegistry;
  readonly log: Log;
  readonly countBytes: (direction: 'in' | 'out', count: number) => void;
}

/** PostgreSQL's wire protocol, versions 3.0 and 3.2, for one target. */
export function createPostgresConnector(options: PostgresConnectorOptions): Connector {
  const frames = clientFrames(options.textLimit, options.messageLimit);

  // What a session needs only to begin is let go of before it goes on, perhaps for hours: nothing here waits for its end.
  async function serve(client: Duplex, gate: Gate, signal: AbortSignal): Promise<void> {
    if (!(client instanceof Socket)) throw new TypeError('a PostgreSQL client comes over a socket');
    client.setNoDelay(true);
    const begun = await serveNew(client, gate, signal);
    return begun?.ended;
  }

  async function serveNew(client: Socket, gate: Gate, signal: AbortSignal): Promise<Begun | undefined> {
    const accepted = await accept(client, options.accept, signal);
    switch (accepted.kind) {
      case 'closed': return undefined;
      case 'cancel':
        await options.cancels.request(accepted.key, accepted.client.address);
        accepted.stream.destroy();
        return undefined;
      case 'refused': return turnAway(gate, accepted.user, accepted.client, accepted.refusal, accepted.stream);
      case 'arrived': return serveArrived(accepted, gate, signal);
      default: return accepted satisfies never;
    }
  }

  async function turnAway(gate: Gate, user: string, client: ClientAddress, refused: Refusal, stream: Duplex): Promise<undefined> {
    await gate.turnAway(user, options.target, client, refused);
    await dismiss(stream, refused);
    return undefined;
  }

  async function serveArrived(arrived: Arrived, gate: Gate, signal: AbortSignal): Promise<Begun | undefined> {
    const authentication = await authenticateClient(arrived, gate);
    switch (authentication.kind) {
      case 'gone': return undefined;
      case 'refused': return turnAway(gate, arrived.parameters.user, arrived.client, authentication.refusal, arrived.stream);
      case 'authenticated': return serveProven(arrived, authentication.proof, gate, signal);
      default: return authentication satisfies never;
    }
  }

  async function serveProven(arrived: Arrived, proof: Authenticated, gate: Gate, signal: AbortSignal): Promise<Begun | undefined> {
    const { parameters, stream, client } = arrived;
    const database = parameters.database ?? options.defaultDatabase;
    const refuse = (why: Refusal): Promise<undefined> => turnAway(gate, parameters.user, client, why, stream);
    if (options.databases !== undefined && !options.databases.has(database)) {
      return refuse(refusal('unsupported-parameter', `target \`${options.target}\` gives no access to database \`${database}\``, 'connect to one that the target\'s `databases` lists'));
    }
    const opening = gate.open({ proof, target: options.target, database, purpose: parameters.purpose, client, application: parameters.application, tls: arrived.tls });
    if ('refused' in opening) return refuse(opening);
    const begun = await beginSession({ ...options, frames }, arrived, database, opening, gate, signal);
    return begun !== undefined && 'refused' in begun ? refuse(begun) : begun;
  }

  return { protocol: 'postgres', serve };
}
