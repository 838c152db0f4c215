import type { Duplex } from 'node:stream';
import type { Gate } from './gate.ts';
import type { Protocol } from './target.ts';

/** One protocol, for one target. Resolves when the client has gone; never rejects for anything a peer did. */
export interface Connector {
  readonly protocol: Protocol;
  serve(client: Duplex, gate: Gate, signal: AbortSignal): Promise<void>;
}
