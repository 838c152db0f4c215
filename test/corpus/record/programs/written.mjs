// Sends the statements of a file, one by one. Statements end with `;` at the end of a line and an empty line; a first line `-- $ [..]` holds parameters.
import { readFileSync } from 'node:fs';
import pg from 'pg';

const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();
for (const part of readFileSync(process.argv[2], 'utf8').split(/;\n\s*\n/)) {
  const [, parameters, rest] = /^\s*-- \$ (\[.*\])\n([^]*)$/.exec(part) ?? [];
  const text = (rest ?? part).trim().replace(/;$/, '');
  if (text === '') continue;
  await client.query(text, parameters === undefined ? undefined : JSON.parse(parameters)).catch((error) => { console.error(`${text}\n${error.message}`); process.exitCode = 1; });
}
await client.end();
