import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { safe } from './cedar.ts';
import type { PolicyIssue } from './issue.ts';
import type { SourceFile } from './policy.ts';

/** A folder, read. */
export interface Pack {
  readonly name: string;
  readonly folder: string;
  readonly cedar: readonly SourceFile[];
  readonly schema: SourceFile | undefined;
  readonly goldens: readonly SourceFile[];
}

const maxFileBytes = 1024 * 1024;
const maxFiles = 500;
const schemaFile = 'schema.cedarschema';

/** The schema that this gateway's code builds entities for. */
const ownSchema = fileURLToPath(new URL('../../policies/baseline/schema.cedarschema', import.meta.url));

function readText(file: string): string {
  // The size is looked at first: a policy folder with a database dump in it must not fill the memory.
  const { size } = statSync(file);
  if (size > maxFileBytes) throw new Error(`file has ${size} bytes, and at most ${maxFileBytes} are read`);
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}

export function readOwnSchema(): SourceFile {
  return { file: ownSchema, text: readText(ownSchema) };
}

/** What looks like policies and is none of the pack's: a forbid in it would be missed by nobody. */
function unread(folder: string, entries: readonly Dirent[]): readonly PolicyIssue[] {
  const others = entries.flatMap((entry) => {
    if (!entry.isDirectory()) return !entry.name.endsWith('.cedar') && entry.name.toLowerCase().endsWith('.cedar') ? [entry.name] : [];
    return readdirSync(join(folder, entry.name)).flatMap((name) => (name.toLowerCase().endsWith('.cedar') ? [join(entry.name, name)] : []));
  });
  return others.map((name) => ({ file: join(folder, name), line: 0, column: 0, message: 'is not read: policies are the files *.cedar of the folder itself', mend: 'move it there, or to where no pack is' }));
}

/** Reads a pack's folder: `*.cedar`, `schema.cedarschema`, `tests/*.decide`. Never throws; whatever cannot be read is an issue. */
export function readPack(folder: string): { readonly pack: Pack | undefined; readonly issues: readonly PolicyIssue[]; readonly warnings: readonly PolicyIssue[] } {
  const issues: PolicyIssue[] = [];
  const name = basename(resolve(folder));
  const read = (names: readonly string[], within: string): SourceFile[] => names.toSorted().flatMap((entry) => {
    const file = join(within, entry);
    try { return [{ file, text: readText(file) }]; }
    catch (error) {
      issues.push({ file, line: 0, column: 0, message: `cannot be read: ${safe(error)}`, mend: 'make it a UTF-8 file that the gateway may read' });
      return [];
    }
  });
  let entries: string[];
  let tests: string[] = [];
  let warnings: readonly PolicyIssue[];
  try {
    const all = readdirSync(folder, { withFileTypes: true });
    warnings = unread(folder, all);
    entries = all.map(({ name }) => name);
    if (entries.includes('tests')) tests = readdirSync(join(folder, 'tests')).filter((entry) => entry.endsWith('.decide'));
  } catch (error) {
    return { pack: undefined, warnings: [], issues: [{ file: folder, line: 0, column: 0, message: `policy folder cannot be read: ${safe(error)}`, mend: 'give the folder of a pack; `guardrails init` writes the baseline' }] };
  }
  const sources = entries.filter((entry) => entry.endsWith('.cedar'));
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/.test(name)) issues.push({ file: folder, line: 0, column: 0, message: `\`${name}\` is no name for a pack`, mend: 'rename the folder to letters, digits and hyphens: it is the first part of every policy id' });
  if (sources.length === 0) issues.push({ file: folder, line: 0, column: 0, message: 'policy folder has no *.cedar file', mend: 'give the folder of a pack; an empty set would refuse everything' });
  if (sources.length + tests.length > maxFiles) issues.push({ file: folder, line: 0, column: 0, message: `policy folder has more than ${maxFiles} files`, mend: 'join small files by topic' });
  if (issues.length > 0) return { pack: undefined, issues, warnings };
  const cedar = read(sources, folder);
  const schema = read(entries.filter((entry) => entry === schemaFile), folder)[0];
  const goldens = read(tests, join(folder, 'tests'));
  return { pack: { name, folder, cedar, schema, goldens }, issues, warnings };
}

/** What decides: names and contents of policy files and schema. Tests do not. */
export function digest(packs: readonly Pack[], schema: string): string {
  const hash = createHash('sha256');
  // Lengths first, so that no two different lists of files are the same bytes.
  const add = (text: string): void => { hash.update(`${Buffer.byteLength(text)}:`).update(text); };
  add(schema);
  for (const pack of packs.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    add(pack.name);
    for (const { file, text } of pack.cedar) { add(basename(file)); add(text); }
  }
  return `sha256:${hash.digest('hex')}`;
}
