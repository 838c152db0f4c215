import { ada, openHarness } from '../../../test/support/gate-harness.ts';
import { RawClient, say } from '../../../test/support/raw-client.ts';
import { type Action, errorResponse, half, message, ready, scriptedUpstream } from '../../../test/support/scripted-upstream.ts';
import { wordsInterpreter } from '../../../test/support/words-interpreter.ts';
import { type Catalog, noCatalog } from '../../core/catalog.ts';
import { refusal } from '../../core/refusal.ts';
import { type ConformanceClient, type ConformanceStage, type ConformanceWords, conformance, type TargetManner } from '../conformance.ts';

const TEXT_LIMIT = 4096;
const login = say.startup({ user: 'ada', database: 'postgres' });

const words: ConformanceWords = {
  permitted: (marker) => say.query(`SELECT ${marker}`),
  refused: (marker) => say.query(`DROP ${marker}`),
  batch: (markers) => Buffer.concat([...markers.flatMap(({ permitted, marker }) => [say.parse('', `${permitted ? 'SELECT' : 'DROP'} ${marker}`), say.bind('', ''), say.execute('')]), say.sync]),
  beforeLogin: [
    { name: 'nothing', bytes: Buffer.alloc(0) },
    { name: 'a query', bytes: say.query('SELECT 1') },
    { name: 'a startup packet', bytes: login },
    { name: 'a startup packet and a query', bytes: Buffer.concat([login, say.query('SELECT 1')]) },
    { name: 'half a startup packet', bytes: login.subarray(0, -3) },
    { name: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n') },
    { name: 'TLS', bytes: Buffer.from('16030100', 'hex') },
    { name: 'a huge length', bytes: Buffer.from('7fffffff00030000', 'hex') },
    { name: 'replication', bytes: say.startup({ user: 'ada', replication: 'true' }) },
    { name: 'protocol 2', bytes: Buffer.from('0000000800020000', 'hex') },
    { name: 'a wrong kind of password', bytes: Buffer.concat([login, message('p', 'PLAIN')]) },
    { name: 'an SSLRequest and a query in the clear', bytes: Buffer.concat([Buffer.from('0000000804d2162f', 'hex'), say.query('SELECT 1')]) },
  ],
  nonsense: [
    { name: 'an unknown type', bytes: message('!', 'x') },
    { name: 'a message of the server', bytes: message('Z', Buffer.from('I')) },
    { name: 'a password', bytes: message('p', 'x') },
    { name: 'a length below 4', bytes: Buffer.from('5100000003', 'hex') },
    { name: 'a negative length', bytes: Buffer.from('51ffffffff', 'hex') },
    { name: 'a Sync with a body', bytes: message('S', 'x') },
    { name: 'a Query without its NUL', bytes: message('Q', Buffer.from('SELECT 1')) },
    { name: 'two texts in one Query', bytes: message('Q', 'SELECT 1', 'SELECT 2') },
    { name: 'a Parse with a wrong count', bytes: message('P', '', 'SELECT 1', Buffer.from([0, 9])) },
    { name: 'a Bind without its names', bytes: message('B', Buffer.alloc(200, 0x61)) },
    { name: 'a Describe of neither', bytes: message('D', Buffer.from('X'), '') },
    { name: 'an Execute cut short', bytes: message('E', '', Buffer.from([0, 0])) },
    { name: 'a name of 64 bytes', bytes: say.describe('S', 'a'.repeat(64)) },
    { name: 'an SSLRequest', bytes: Buffer.from('0000000804d2162f', 'hex') },
    { name: 'a long Describe', bytes: message('D', Buffer.from('S'), 'a'.repeat(20_000)) },
  ],
  oversize: say.query(`SELECT ${'x'.repeat(TEXT_LIMIT * 3)}`),
};

class Client implements ConformanceClient {
  readonly #raw: RawClient;
  constructor(raw: RawClient) { this.#raw = raw; }
  send(bytes: Buffer): void { this.#raw.send(bytes); }
  async answered(count: number): Promise<void> {
    // A session that was ended is an answer as well.
    await this.#raw.until((lines) => lines.filter((line) => line.includes('ReadyForQuery')).length >= count || this.#raw.closed);
  }
  refusals(): number { return this.#raw.lines.filter((line) => line.includes('ErrorResponse') && !line.includes('"XX001"')).length; }
  async closed(): Promise<void> { await this.#raw.untilClosed(); }
  async begun(): Promise<void> { await this.#raw.until((lines) => lines.length > 0); }
  leave(how: 'goodbye' | 'reset'): void {
    if (how === 'reset') this.#raw.socket.resetAndDestroy();
    else this.#raw.socket.end();
  }
}

const row = message('D', Buffer.from([0, 1, 0, 0, 0, 1]), Buffer.from('1'));

function manners(manner: TargetManner): ((type: string) => readonly Action[] | undefined) | undefined {
  let failed = false;
  switch (manner) {
    case 'polite': return undefined;
    case 'silent': return () => [];
    case 'dies': return (type) => (type === 'Q' ? [{ send: Buffer.concat([row, half(row)]) }, 'reset'] : undefined);
    case 'stalls': return (type) => (type === 'Q' ? [{ send: Buffer.concat([row, half(row)]) }] : undefined);
    case 'fails': return (type) => {
      if (type === 'S') {
        failed = false;
        return [{ send: ready() }];
      }
      if (failed) return [];
      if (type !== 'E') return undefined;
      failed = true;
      return [{ send: errorResponse('XX001', 'it failed') }];
    };
    default: return manner satisfies never;
  }
}

conformance('PostgreSQL', async (manner): Promise<ConformanceStage> => {
  const on = manners(manner);
  let poisoned = false;
  const upstream = await scriptedUpstream({
    on: (heard) => {
      const told = on?.(heard.type);
      if (told !== undefined) return told;
      // Poison is rejected, and all behind it in its batch, as a server does.
      if (heard.type === 'S') poisoned = false;
      else if (poisoned) return [];
      if (!heard.body.includes(1) || (heard.type !== 'Q' && heard.type !== 'P') || !heard.body.includes('refused by the gate')) return undefined;
      const error = errorResponse('42601', 'syntax error');
      if (heard.type === 'Q') return [{ send: Buffer.concat([error, ready()]) }];
      poisoned = true;
      return [{ send: error }];
    },
  });
  let wrong = false;
  let catalog: Catalog | undefined = noCatalog;
  const harness = await openHarness({
    upstream: { port: upstream.port, user: 'u', password: 'p' }, interpreter: wordsInterpreter, refuses: (effect) => effect.verb !== 'read', textLimit: TEXT_LIMIT, startupTimeout: 2_000,
    catalogs: { current: () => catalog, refresh: () => Promise.resolve(), failure: undefined },
    turnsAway: () => (wrong ? refusal('authentication-failed', 'no', 'no') : undefined),
  });
  const farewells = message('X');
  return {
    words,
    stranger: async () => new Client(await RawClient.open(harness.port)),
    impostor: async (bytes) => {
      wrong = true;
      const raw = await RawClient.open(harness.port);
      raw.send(login, message('p', 'SCRAM-SHA-256', Buffer.from([0xff, 0xff, 0xff, 0xff])), message('p', Buffer.from('x')), bytes);
      await raw.untilClosed();
      wrong = false;
      return new Client(raw);
    },
    client: async () => new Client(await RawClient.login(harness.port)),
    reached: () => Buffer.concat(upstream.sessions.map((session) => {
      const bytes = session.received();
      return bytes.subarray(-farewells.length).equals(farewells) ? bytes.subarray(0, -farewells.length) : bytes;
    })),
    cancels: () => upstream.cancels.length,
    failLog: () => harness.log.fail(),
    holdLog: () => harness.log.holdDurable(),
    releaseLog: () => harness.log.releaseDurable(),
    loseCatalog: () => { catalog = undefined; },
    revoke: () => harness.become(undefined),
    expire: () => harness.become({ ...ada, until: Date.now() - 1 }),
    get decisions() { return harness.log.decisions; },
    get outcomes() { return harness.log.entries.flatMap((entry) => (entry.type === 'outcome' ? [entry] : [])); },
    permits: () => harness.log.entries.flatMap((entry, index) => (entry.type === 'decision' && entry.outcome === 'permit' ? [index + 1] : [])),
    faults: () => harness.said.filter((line) => line.includes('broke') || line.includes('rejected')),
    sessions: () => harness.gate.sessionCount,
    close: async () => {
      await harness.stop();
      await upstream.stop();
    },
  };
});
