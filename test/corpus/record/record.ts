import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { loadShop, type Shop } from '../../../examples/shop/load.ts';
import { startPostgres, type PostgresServer } from '../../../examples/support/postgres-server.ts';
import { createPostgresInterpreter } from '../../../src/intent/postgres/interpreter.ts';
import { debianServer, run } from '../../interop/support/client-program.ts';
import { readReviews, write } from './corpus-file.ts';
import { recordingRelay } from './relay.ts';
import { tools, type Tool } from './tools.ts';

const corpus = resolve(import.meta.dirname, '..');
const programs = join(import.meta.dirname, 'programs');
/** What interoperability is tested with, too. */
const shared = ['testdata/meta-commands.psql', 'prisma/schema.prisma'].map((path) => join(corpus, '../interop', path));

async function loadCorpusSchema(server: PostgresServer): Promise<Shop> {
  const shop = await loadShop(server, { password: 'shop' });
  const client = new Client({ ...shop, host: server.host, port: server.port });
  await client.connect();
  await client.query(readFileSync(join(corpus, 'schema.sql'), 'utf8'));
  await client.end();
  return shop;
}

function versionOf({ version }: Tool, folder: string): string {
  if (version === 'none') return '';
  if ('npm' in version) return (JSON.parse(readFileSync(join(folder, 'node_modules', version.npm, 'package.json'), 'utf8')) as { version: string }).version; // npm's own file
  return execFileSync('dpkg-query', ['--show', '--showformat=${Version}', version.debian]).toString();
}

async function record(tool: Tool, folder: string): Promise<string> {
  const server = await startPostgres({ settings: { log_statement: 'all' }, ...(tool.server === 'debian' ? { bin: debianServer } : {}) });
  const relay = await recordingRelay(server.port);
  const interpreter = await createPostgresInterpreter({ deadline: 30_000 });
  try {
    const shop = await loadCorpusSchema(server);
    const url = `postgresql://${shop.user}:${shop.password}@127.0.0.1:${relay.port}/${shop.database}`;
    const env = {
      PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', HOME: folder, PGHOST: '127.0.0.1', PGPORT: String(relay.port), PGUSER: shop.user, PGPASSWORD: shop.password, PGDATABASE: shop.database,
      DATABASE_URL: url, PAGER: '',
    };
    const { code, out, err } = await run('sh', ['-c', `cd ${folder} && { ${tool.command}; }`], env);
    const file = join(corpus, `${tool.name}.statements`);
    const { text, statements, shapes } = await write(relay.sessions, { interpreter, reviewed: existsSync(file) ? await readReviews(file, readFileSync(file, 'utf8'), interpreter) : new Map(), title: `${[tool.title, versionOf(tool, folder)].filter((part) => part !== '').join(' ')}; recorded on PostgreSQL ${server.version}` });
    writeFileSync(file, text);
    return `${tool.name}: ended with ${code}, ${statements} statements, ${shapes} kept${code === 0 ? '' : `\n${out.slice(-1500)}\n${err.slice(-3000)}`}`;
  } finally {
    await interpreter.close();
    await relay.stop();
    await server.stop();
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { tools: { type: 'string' } } });
const folder = resolve(values.tools ?? '.');
for (const path of [...readdirSync(programs).map((name) => join(programs, name)), ...shared]) copyFileSync(path, join(folder, basename(path)));
for (const tool of tools.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) console.log(await record(tool, folder));
