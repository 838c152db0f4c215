import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../../examples/support/postgres-server.ts';
import type { EnforceReads } from '../../src/connectors/postgres/read-only.ts';
import { createPostgresInterpreter, type PostgresInterpreter } from '../../src/intent/postgres/interpreter.ts';
import { dataDriven, parseDataFile } from '../support/datadriven.ts';
import { Stage } from './stage.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.conversation')).toSorted();

function enforceReads(name: string): EnforceReads { return name.includes('in-blocks') ? 'everywhere' : 'on'; }

let server: PostgresServer;
let interpreter: PostgresInterpreter;

beforeAll(async () => {
  interpreter = await createPostgresInterpreter();
  server = await startPostgres({ auth: 'trust' });
});
afterAll(async () => {
  await server.stop();
  await interpreter.close();
});

describe.each(files)('%s', (name) => {
  let stage: Stage;
  beforeAll(async () => { stage = await Stage.open(server, interpreter, { chopped: false, enforceReads: enforceReads(name) }); });
  afterAll(() => stage.close());
  dataDriven(join(folder, name), '.conversation', (one) => stage.run(one));
});

describe('every byte alone, from both sides', () => {
  test.each(files)('%s reads the same', async (name) => {
    const stage = await Stage.open(server, interpreter, { chopped: true, enforceReads: enforceReads(name) });
    try {
      const path = join(folder, name);
      for (const one of parseDataFile(path, readFileSync(path, 'utf8')).cases) {
        if (one.args.has('racy')) continue;
        expect(await stage.run(one), `${name}:${one.line}`).toBe(one.expected);
      }
    } finally {
      await stage.close();
    }
  });
});
