import { setImmediate as turn } from 'node:timers/promises';
import type { PostgresServer } from '../../examples/support/postgres-server.ts';
import type { EnforceReads } from '../../src/connectors/postgres/read-only.ts';
import type { Effect } from '../../src/core/effect.ts';
import { formatEffect } from '../../src/core/format.ts';
import type { Interpreter, Shaper } from '../../src/core/interpretation.ts';
import type { DataCase } from '../support/datadriven.ts';
import { type Harness, openHarness } from '../support/gate-harness.ts';
import { RawClient, say } from '../support/raw-client.ts';
import { connect } from '../support/servers.ts';
import { choppingRelay } from './chopping-relay.ts';
import { misjudging } from './misjudging.ts';
import { speak } from './messages.ts';

/** Everything in single bytes: both what clients send and what the server does. */
export interface StageOptions { readonly chopped: boolean; readonly enforceReads: EnforceReads }

/** What conversations take for refused: what destroys, what is not understood, what the gate's own reading depends on, what may delete all of `kept`. */
export function refusedHere(effect: Effect): boolean {
  return (effect.verb === 'delete' && effect.resource.path.at(-1) === 'kept' && (effect.extent === 'all' || effect.extent === 'unknown')) || effect.verb === 'destroy' || effect.verb === 'opaque' || effect.resource.kind === 'program' || (effect.resource.system && effect.verb !== 'read' && effect.verb !== 'execute');
}

/** What `until` says of the connection, not of a line. */
const untimed: ReadonlySet<string> = new Set(['closed', 'nothing']);

/** Two databases of the same content on one server: one behind the gate, one that the same bytes are sent to directly. */
export class Stage {
  readonly #server: PostgresServer;
  readonly #harness: Harness;
  readonly #relay: Awaited<ReturnType<typeof choppingRelay>> | undefined;
  readonly #chopped: boolean;
  readonly #clients = new Map<string, { readonly gated: RawClient; readonly direct: RawClient | undefined }>();
  #recorded = 0;

  private constructor(server: PostgresServer, harness: Harness, relay: Awaited<ReturnType<typeof choppingRelay>> | undefined, chopped: boolean) {
    this.#server = server;
    this.#harness = harness;
    this.#relay = relay;
    this.#chopped = chopped;
  }

  /** The server MUST trust everyone. */
  static async open(server: PostgresServer, interpreter: Interpreter & Partial<Shaper>, options: StageOptions): Promise<Stage> {
    const admin = await connect(server.connectionString());
    for (const database of ['gated', 'direct']) {
      // PostgreSQL 12 has no DROP DATABASE ... WITH (FORCE).
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
      await admin.query(`DROP DATABASE IF EXISTS ${database}`);
      await admin.query(`CREATE DATABASE ${database}`);
    }
    await admin.end();
    const relay = options.chopped ? await choppingRelay(server.port) : undefined;
    const harness = await openHarness({ upstream: { port: relay?.port ?? server.port, user: server.superuser, password: server.password }, interpreter: misjudging(interpreter), refuses: refusedHere, enforceReads: options.enforceReads });
    return new Stage(server, harness, relay, options.chopped);
  }

  async close(): Promise<void> {
    for (const { gated, direct } of this.#clients.values()) {
      gated.end();
      direct?.end();
    }
    await this.#harness.stop();
    await this.#relay?.stop();
  }

  /**
   * `sql`: by an administrator, in both databases. `login`: as `on`, with startup parameters as lines; `alone` without its twin. `send`: messages, and
   * what came back; `until` the line that is the last to come (default: as many ReadyForQuery as were asked for, or `readies`); `alone` not to the twin.
   * `record`: decisions and outcomes since the last time.
   */
  async run(one: DataCase): Promise<string> {
    const on = one.args.get('on') ?? 'a';
    switch (one.command) {
      case 'sql': return this.#sql(one.input);
      case 'login': return this.#login(on, one.input, one.args.has('alone'));
      case 'send': return this.#send(on, one);
      case 'leave':
        this.#clients.get(on)?.gated.end();
        this.#clients.get(on)?.direct?.end();
        return '';
      case 'record': return this.#record();
      default: throw new Error(`there is no command ${one.command}`);
    }
  }

  async #sql(text: string): Promise<string> {
    const answers: string[] = [];
    for (const database of ['gated', 'direct']) {
      const admin = await connect(this.#server.connectionString(database));
      const results: unknown = await admin.query({ text, rowMode: 'array' });
      await admin.end();
      answers.push((Array.isArray(results) ? results : [results]).flatMap(rowsOf).join('\n'));
    }
    const [gated = '', direct = ''] = answers;
    return gated === direct ? gated : `gated:\n${gated}\ndirect:\n${direct}`;
  }

  async #login(name: string, input: string, alone: boolean): Promise<string> {
    const parameters = Object.fromEntries(input.split('\n').filter((line) => line !== '').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
    const gated = await RawClient.login(this.#harness.port, { user: 'ada', database: 'gated', ...parameters });
    const direct = alone ? undefined : await RawClient.open(this.#server.port);
    direct?.send(say.startup({ user: this.#server.superuser, database: 'direct', ...parameters }));
    await direct?.until((lines) => lines.some((line) => line.includes('ReadyForQuery') || line.includes('ErrorResponse')));
    const error = gated.startup.find((line) => line.includes('ErrorResponse'));
    direct?.forget();
    this.#clients.set(name, { gated, direct });
    return error ?? '';
  }

  async #send(name: string, one: DataCase): Promise<string> {
    const clients = this.#clients.get(name);
    if (clients === undefined) throw new Error(`${name} has not logged in`);
    const { bytes, readies: asked } = speak(one.input);
    // What the server skips has no ReadyForQuery.
    const readies = Number(one.args.get('readies') ?? asked);
    const until = one.args.get('until');
    const fits = (lines: readonly string[]): boolean => until === undefined ? lines.filter((line) => line.includes('ReadyForQuery')).length >= readies : lines.some((line) => line.includes(until));
    const answered = async (client: RawClient): Promise<string[]> => {
      if (this.#chopped) await dribble(client, bytes);
      else client.send(bytes);
      const lines = until === 'closed' ? await client.untilClosed() : until === 'nothing' ? [] : await client.until(fits);
      // What came early, while nothing was waited for, is part of the next answer.
      if (until !== 'nothing') client.forget();
      if (until !== undefined && !untimed.has(until) && lines.at(-1)?.includes(until) !== true) throw new Error(`until=${until}, and more came: ${lines.at(-1) ?? 'nothing'}`);
      return lines;
    };
    const { gated, direct } = clients;
    const lines = await answered(gated);
    if (one.args.has('alone') || direct === undefined) return lines.map(withoutId).join('\n');
    const twins = await answered(direct);
    return same(twins) === same(lines) ? lines.join('\n') : [...lines.map(withoutId), 'directly:', ...twins].join('\n');
  }

  async #record(): Promise<string> {
    await turn();
    const { entries } = this.#harness.log;
    const lines: string[] = [];
    for (const [index, entry] of entries.entries()) {
      if (index < this.#recorded || entry.type !== 'decision') continue;
      const outcome = entries.find((other) => other.type === 'outcome' && other.of === index + 1);
      const ended = outcome?.type === 'outcome' ? `${outcome.status} rows=${outcome.rows}${outcome.sqlstate === undefined ? '' : ` ${outcome.sqlstate}`}` : 'no outcome';
      lines.push(`${entry.outcome}${entry.outcome === 'permit' ? `, ${ended}` : ''}: ${entry.effects.map(formatEffect).join('; ')}`);
    }
    this.#recorded = entries.length;
    return lines.join('\n');
  }
}

/** Which record says more of a refusal depends on the order in which outcomes came in. */
function withoutId(line: string): string {
  return line.includes('memory/') ? line.replace(/^B \d+/, 'B *').replaceAll(/memory\/\d+/g, 'memory/*') : line;
}

/** Errors that the gate says in the server's place lack the place in the server's source, which the trace does not show either. */
function same(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/^B \d+ ErrorResponse/, 'B ErrorResponse')).join('\n');
}

function rowsOf(result: unknown): string[] {
  return typeof result === 'object' && result !== null && 'rows' in result && Array.isArray(result.rows) ? result.rows.map((row: unknown) => JSON.stringify(row)) : [];
}

async function dribble(client: RawClient, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !client.closed; at++) {
    client.send(bytes.subarray(at, at + 1));
    await turn();
  }
}
