import { startPostgres, type PostgresServer } from '../../examples/support/postgres-server.ts';
import type { EnforceReads } from '../../src/connectors/postgres/read-only.ts';
import type { Interpreter, SessionState } from '../../src/core/interpretation.ts';
import { parseSearchPath } from '../../src/gate/session-state.ts';
import { createPostgresInterpreter } from '../../src/intent/postgres/interpreter.ts';
import { type Harness, openHarness } from '../support/gate-harness.ts';
import { RawClient, say } from '../support/raw-client.ts';
import { connect } from '../support/servers.ts';
import { speak } from './messages.ts';
import { schema, type Script, witnesses } from './script.ts';

/** What did not agree, in words; undefined when all did. */
export type Difference = string | undefined;

const END = 'the end';
const farewell = speak(['Sync', 'Query ROLLBACK', `Query SELECT '${END}'`].join('\n')).bytes;

/**
 * The same bytes to the gate, which permits everything, and to the server itself. Agrees when the answers are the same, when the gate's idea of
 * the search path was the server's or none, and when the record names what ran (or says that it was not understood).
 */
export class Differential {
  readonly #server: PostgresServer;
  readonly #harness: Harness;
  readonly #beliefs: Map<number, SessionState>;
  readonly #stopInterpreter: () => Promise<void>;
  readonly #told: (line: string) => boolean;
  #runs = 0;

  private constructor(server: PostgresServer, harness: Harness, beliefs: Map<number, SessionState>, stop: () => Promise<void>, enforceReads: EnforceReads) {
    this.#server = server;
    this.#harness = harness;
    this.#beliefs = beliefs;
    this.#stopInterpreter = stop;
    this.#told = enforceReads === 'everywhere' ? toldInBlocks : told;
  }

  static async open({ enforceReads = 'on', ...options }: { readonly bin?: string; readonly enforceReads?: EnforceReads } = {}): Promise<Differential> {
    const server = await startPostgres({ auth: 'trust', ...options });
    for (const database of ['gated', 'direct']) {
      const admin = await connect(server.connectionString());
      await admin.query(`CREATE DATABASE ${database}`);
      await admin.end();
      const own = await connect(server.connectionString(database));
      await own.query(schema);
      await own.end();
    }
    const interpreter = await createPostgresInterpreter();
    const beliefs = new Map<number, SessionState>();
    const listening: Interpreter = {
      language: interpreter.language,
      interpret: (text, catalog, state) => {
        const probe = /^SELECT 'probe(\d+):/.exec(text)?.[1];
        if (probe !== undefined) beliefs.set(Number(probe), state);
        return interpreter.interpret(text, catalog, state);
      },
    };
    const harness = await openHarness({ upstream: { port: server.port, user: server.superuser, password: server.password }, interpreter: listening, refuses: () => false, enforceReads });
    return new Differential(server, harness, beliefs, () => interpreter.close(), enforceReads);
  }

  async close(): Promise<void> {
    await this.#harness.stop();
    await this.#stopInterpreter();
    await this.#server.stop();
  }

  /** `cut`: bytes after which the rest is sent on its own, once the first part was answered as far as it would be. */
  async run(script: Script, cut?: number): Promise<Difference> {
    this.#beliefs.clear();
    const before = this.#harness.log.entries.length;
    // No probe's text may be known from an earlier run: what it is read under would not be seen.
    this.#runs++;
    const lines = script.lines.map((line) => line.replace(/'probe(\d+):/, (_, probe: string) => `'probe${this.#runs}000${probe}:`));
    const bytes = Buffer.concat([speak(lines.join('\n')).bytes, farewell]);
    const gated = await RawClient.login(this.#harness.port, { user: 'ada', database: 'gated' });
    const direct = await RawClient.open(this.#server.port);
    direct.send(say.startup({ user: this.#server.superuser, database: 'direct' }));
    await direct.untilReady();
    direct.forget();
    try {
      const [ours, theirs] = await Promise.all([answers(gated, bytes, cut, this.#told), answers(direct, bytes, cut, this.#told)]);
      // A message in the middle of a COPY costs the server's client its session; the gate's only its COPY.
      if (theirs.some((line) => line.includes('protocol synchronization was lost')) && ours.some((line) => line.includes('in the middle of COPY') || line.includes('protocol synchronization was lost'))) return undefined;
      const at = ours.findIndex((line, i) => line !== theirs[i] && !failedEitherWay(line, theirs[i]));
      if (at !== -1 || ours.length !== theirs.length) {
        const from = Math.max(0, (at === -1 ? ours.length : at) - 3);
        return `answers differ; through the gate:\n${ours.slice(from, from + 8).join('\n')}\ndirectly:\n${theirs.slice(from, from + 8).join('\n')}`;
      }
      return this.#misbelief(theirs) ?? this.#misrecord(theirs, before) ?? (this.#harness.said.length > 0 ? `the gate said: ${this.#harness.said.splice(0).join('; ')}` : undefined);
    } finally {
      gated.end();
      direct.end();
    }
  }

  #misbelief(lines: readonly string[]): Difference {
    for (const line of lines) {
      const [, probe, told] = /DataRow 1 "probe(\d+):(.*)"$/.exec(line) ?? [];
      if (probe === undefined || told === undefined) continue;
      const believed = this.#beliefs.get(Number(probe))?.searchPath;
      const truth = parseSearchPath(told.replaceAll('\\"', '"'));
      if (believed !== 'unknown' && JSON.stringify(believed) !== JSON.stringify(truth)) return `at probe ${probe} the gate believed the search path to be ${JSON.stringify(believed)}; it was ${told}`;
    }
    return undefined;
  }

  #misrecord(lines: readonly string[], before: number): Difference {
    const { entries } = this.#harness.log;
    for (const witness of witnesses) {
      const ran = lines.filter((line) => line.endsWith(`DataRow 1 "${witness}"`)).length;
      let recorded = 0;
      for (const entry of entries.slice(before)) {
        if (entry.type !== 'outcome') continue;
        const decision = entries[entry.of - 1];
        if (decision?.type === 'decision' && decision.effects.some(({ verb, resource }) => verb === 'opaque' || resource.path.at(-1) === witness)) recorded += entry.rows;
      }
      if (ran > recorded) return `${witness} was read ${ran} times, and recorded for ${recorded} rows`;
    }
    const open = entries.slice(before).filter((entry, index) => entry.type === 'decision' && entry.outcome === 'permit' && !entries.some((other) => other.type === 'outcome' && other.of === before + index + 1));
    return open.length === 0 ? undefined : `${open.length} decisions have no outcome`;
  }
}

async function answers(client: RawClient, bytes: Buffer, cut: number | undefined, told: (line: string) => boolean): Promise<string[]> {
  if (cut === undefined) client.send(bytes);
  else {
    client.send(bytes.subarray(0, cut));
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    client.send(bytes.subarray(cut));
  }
  const lines = await client.until((received) => client.closed || received.findIndex((line) => line.includes(END)) !== -1 && received.at(-1)?.includes('ReadyForQuery') === true);
  return lines.filter(told).map(plain);
}

/** A simple Query that fails may leave its own portal behind at the server, which then says that it, or the transaction, has failed. */
function failedEitherWay(ours: string, theirs: string | undefined): boolean {
  return ours.includes('"34000" "portal \\"\\" does not exist"') && (theirs?.includes('"25P02"') === true || theirs?.includes('"55000" "portal \\"\\" cannot be run"') === true);
}

/** When a report comes is the server's affair only as long as it is not asked to flush; the gate asks for that behind a barrier. */
function told(line: string): boolean { return !line.includes('NotificationResponse'); }

/** After an error in a read the settings of a failed block are those before it only once it is rolled back: the savepoint was, and not the block. */
function toldInBlocks(line: string): boolean { return told(line) && !line.includes('ParameterStatus'); }

/** Of errors what drivers look at: the gate says some in the server's place. */
function plain(line: string): string {
  const error = /ErrorResponse S (".*?") .*C ("\w+") M ("(?:[^"\\]|\\.)*")/.exec(line);
  return error === null ? line : `ErrorResponse ${error.slice(1).join(' ')}`;
}
