import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verbs } from '../../src/core/effect.ts';
import { clientProgram, debianServer, libpq, type Ran, run } from './support/client-program.ts';
import { expectSame } from './support/same.ts';
import { type Side, type Sides, startSides } from './support/sides.ts';

const pgDump = clientProgram('pg_dump', 'pg_dump', 'pg_restore', 'psql', debianServer);

/** Newer dumps begin and end with a line that carries a random word. */
function withoutKey({ code, out, err }: Ran): Ran {
  return { code, err, out: out.replaceAll(/^\\(?:un)?restrict .*\n/gmu, '') };
}

describe.skipIf(pgDump.missing !== '')(`pg_dump${pgDump.missing}`, () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'guardrails-dump-')); });
  afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

  async function archive(side: Side): Promise<Ran> {
    const file = join(folder, `${side.name}.dump`);
    const { code, err } = await run('pg_dump', ['--format=custom', '--file', file], libpq(side));
    if (code !== 0) return { code, err, out: '' };
    return withoutKey(await run('pg_restore', ['--file=-', file], libpq(side)));
  }

  describe('under the baseline policies', () => {
    let sides: Sides;
    beforeAll(async () => { sides = await startSides({ server: { bin: debianServer } }); });
    afterAll(async () => { await sides.stop(); });

    test.each([[], ['--schema-only'], ['--data-only', '--table=customers'], ['--inserts', '--rows-per-insert=10'], ['--table=orders', '--no-owner'], ['--quote-all-identifiers', '--clean', '--if-exists'],
      ['--exclude-table=payments', '--serializable-deferrable'], ['--enable-row-security', '--disable-triggers']].map((options) => [options.join(' ') || 'plain', options]))('%s', async (_, options) => {
      const { code, out } = await expectSame(sides, async (side) => withoutKey(await run('pg_dump', options, libpq(side))));
      expect(code).toBe(0);
      expect(out).toContain('PostgreSQL database dump complete');
    });

    test('an archive, which holds the settings of the database and its roles', async () => {
      const { code, out } = await expectSame(sides, archive);
      expect(code).toBe(0);
      expect(out).toContain('PostgreSQL database dump complete');
    });

    test('loading a dump is refused, at its first definition, with the way on', async () => {
      const { out } = await run('pg_dump', ['--schema-only', '--no-owner', '--table=products'], libpq(sides.direct));
      const { code, err } = await run('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], libpq(sides.gate), out);
      expect(code).toBe(3);
      expect(err).toContain('no grant of `user:ada` covers define `table:public.products`');
      expect(err).toContain('HINT:  ask for a grant: guardrails grant add ada --target shop --can define');
    });
  });

  describe('under the open policies', () => {
    let sides: Sides;
    beforeAll(async () => {
      sides = await startSides({ policy: 'open', verbs, server: { bin: debianServer } });
      const admin = new Client({ connectionString: sides.server.connectionString() });
      await admin.connect();
      for (const database of ['restored', 'loaded']) await admin.query(`CREATE DATABASE ${database} OWNER shop`);
      await admin.end();
    });
    afterAll(async () => { await sides.stop(); });

    test('an archive is as direct, and is restored through the gate', async () => {
      await expectSame(sides, archive);
      expect(await run('pg_restore', ['--exit-on-error', '--dbname=restored', join(folder, 'gate.dump')], libpq({ ...sides.gate, database: 'restored' }))).toEqual({ code: 0, out: '', err: '' });
      const again = await run('pg_dump', [], libpq(sides.side('direct', 'restored')));
      expect(withoutKey(again)).toEqual(withoutKey(await run('pg_dump', [], libpq(sides.direct))));
    });

    test('a directory archive by two jobs, which share a snapshot', async () => {
      await expectSame(sides, async (side) => {
        const dir = join(folder, `${side.name}.d`);
        const dumped = await run('pg_dump', ['--format=directory', '--jobs=2', '--file', dir], libpq(side));
        return [dumped, withoutKey(await run('pg_restore', ['--file=-', dir], libpq(side)))];
      });
    });

    test('a plain dump is loaded through the gate', async () => {
      const { out } = await run('pg_dump', [], libpq(sides.gate));
      expect((await run('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', '-f', '-'], libpq({ ...sides.gate, database: 'loaded' }), out)).err).toBe('');
      expect(withoutKey(await run('pg_dump', [], libpq(sides.side('direct', 'loaded'))))).toEqual(withoutKey(await run('pg_dump', [], libpq(sides.direct))));
    });
  });
});
