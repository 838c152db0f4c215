import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientProgram, debianServer, libpq, run } from './support/client-program.ts';
import { expectSame } from './support/same.ts';
import { type Sides, startSides } from './support/sides.ts';

const driver = '/usr/share/java/postgresql.jar';
const jdbc = clientProgram('jdbc', 'java', 'javac', driver, debianServer);

describe.skipIf(jdbc.missing !== '')(`JDBC${jdbc.missing}`, () => {
  let sides: Sides;
  let classes: string;
  beforeAll(async () => {
    classes = await mkdtemp(join(tmpdir(), 'guardrails-jdbc-'));
    // This driver's version reads the catalogs of servers of its own time.
    sides = await startSides({ server: { bin: debianServer } });
    const { code, err } = await run('javac', ['-cp', driver, '-d', classes, join(import.meta.dirname, 'programs/JdbcWork.java')], { PATH: process.env['PATH'] ?? '' });
    if (code !== 0) throw new Error(err);
  });
  afterAll(async () => {
    await sides.stop();
    await rm(classes, { recursive: true, force: true });
  });

  test.each([[], ['preferQueryMode', 'simple', 'assumeMinServerVersion', '15'], ['binaryTransfer', 'false', 'autosave', 'always', 'reWriteBatchedInserts', 'true'], ['preferQueryMode', 'extendedForPrepared', 'options', '-c statement_timeout=20s', 'currentSchema', 'public']].map((options) => [options.join(' ') || 'as it comes', options]))('%s', async (_, options) => {
    const out = await expectSame(sides, async (side) => {
      const { code, out, err } = await run('java', ['-cp', `${classes}:${driver}`, '-Duser.timezone=UTC', '-XX:TieredStopAtLevel=1', 'JdbcWork', ...options], libpq(side));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return out.trimEnd().split('\n');
    });
    expect(out.length).toBeGreaterThan(40);
  });
});
