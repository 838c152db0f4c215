import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../examples/support/postgres-server.ts';
import type { EnforceReads } from '../../src/connectors/postgres/read-only.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../src/intent/postgres/interpreter.ts';
import { dataDriven, parseDataFile } from '../support/datadriven.ts';
import { servers } from '../support/servers.ts';
import { Stage } from './stage.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.conversation')).toSorted();

function enforceReads(name: string): EnforceReads { return name.includes('in-blocks') ? 'everywhere' : 'on'; }

/**
 * What any server says: those before PostgreSQL 18 do not report their search path (the gate asks them), and an error holds a line number of the server's
 * source. Where gate and server then say the same, what the server said directly is left out, as it is at first.
 */
function ofAnyServer(text: string): string {
  const [gated, direct] = text.split('\ndirectly:\n').map((part) => part.split('\n').filter((line) => !line.includes('ParameterStatus "search_path"')).map((line) => line.replace(/^B \d+ ErrorResponse/u, 'B ErrorResponse')).join('\n'));
  return direct === undefined || direct === gated ? gated ?? '' : `${gated}\ndirectly:\n${direct}`;
}

function isOld(server: PostgresServer): boolean { return Number.parseInt(server.version) < 14; }
const old = 'before PostgreSQL 14 reports come in another order, and reads do not run read-only: the differential fuzzer compares these';

let interpreter: PostgresInterpreter;
beforeAll(async () => { interpreter = await createPostgresInterpreter(); });
afterAll(() => interpreter.close());

interface Replayed { readonly place: string; readonly said: string }

/** Each case of a file in turn: what came, and what was to come. */
async function replay(server: PostgresServer, name: string, chopped: boolean): Promise<{ readonly came: readonly Replayed[]; readonly expected: readonly Replayed[] }> {
  const stage = await Stage.open(server, interpreter, { chopped, enforceReads: enforceReads(name) });
  const shown = Number.parseInt(server.version) < 18 ? ofAnyServer : (text: string) => text;
  const came: Replayed[] = [];
  const expected: Replayed[] = [];
  try {
    const path = join(folder, name);
    for (const one of parseDataFile(path, readFileSync(path, 'utf8')).cases) {
      if (chopped && one.args.has('racy')) continue;
      came.push({ place: `${name}:${one.line}`, said: shown(await stage.run(one)) });
      expected.push({ place: `${name}:${one.line}`, said: shown(one.expected) });
    }
    return { came, expected };
  } finally {
    await stage.close();
  }
}

describe.each(servers)('$name', ({ options }) => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres({ ...options, auth: 'trust' }); });
  afterAll(() => server.stop());

  // Of the first, case by case: there they are written, too.
  describe.each(options.bin === undefined ? files : [])('%s', (name) => {
    let stage: Stage;
    beforeAll(async () => { stage = await Stage.open(server, interpreter, { chopped: false, enforceReads: enforceReads(name) }); });
    afterAll(() => stage.close());
    dataDriven(join(folder, name), '.conversation', (one) => stage.run(one));
  });

  test.for(files)('%s reads the same', async (name, { skip }) => {
    skip(isOld(server), old);
    const { came, expected } = await replay(server, name, false);
    expect(came).toEqual(expected);
  });
  test.for(files)('%s reads the same with every byte alone, from both sides', async (name, { skip }) => {
    skip(isOld(server), old);
    const { came, expected } = await replay(server, name, true);
    expect(came).toEqual(expected);
  });
});
