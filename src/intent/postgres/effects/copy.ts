import type { CopyStmt } from '@pgsql/types';
import type { Sink } from '../../../core/effect.ts';
import { formerNames } from '../changes.ts';
import { runOwnCode } from '../own-code.ts';
import { strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { follow, resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import { Scope } from '../scope.ts';
import type { Readers } from './context.ts';
import { readsSince } from './select.ts';
import { relationEntry } from '../from.ts';

/** The program's name alone: its arguments may hold secrets. */
function programName(command: string): string {
  return command.trim().split(/\s/, 1)[0] ?? '';
}

function readCopyOut(statement: CopyStmt, scope: Scope, reading: Reading): void {
  const before = reading.drafts.length;
  const inner = new Scope(scope);
  if (statement.relation !== undefined) {
    const entry = relationEntry({ ...statement.relation, inh: false }, reading);
    if (entry.read !== undefined) {
      entry.read.extent = 'all';
      entry.read.columns = statement.attlist === undefined ? 'all' : strings(statement.attlist).flatMap((name) => [name, ...entry.former?.get(name) ?? []]);
    }
  }
  reading.nested++;
  reading.expression(statement.query, inner);
  reading.nested--;
  const file = statement.filename;
  const sink: Sink = file === undefined ? 'client' : statement.is_program === true ? 'program' : 'file';
  if (file === undefined) {
    for (const read of readsSince(before, reading)) {
      if (read.via.length === 0) reading.add('export', read.resource, { extent: read.extent, columns: read.columns, sink });
    }
    return;
  }
  if (sink === 'program') reading.add('execute', thing('program', [programName(file)], true), { reversible: false, outsideTransaction: true, note: 'a program on the server' });
  const away = sink === 'program' ? thing('program', [programName(file)], true) : thing('path', [file], true);
  reading.add('export', away, { extent: 'all', sink, outsideTransaction: true, note: sink === 'file' ? 'a file on the server' : 'to a program on the server' });
}

function readCopyIn(statement: CopyStmt, reading: Reading): void {
  const range = statement.relation ?? {};
  const { ref, info } = resolveRelation(range, reading);
  const scope = new Scope(undefined);
  const former = info === undefined ? undefined : formerNames(info, reading);
  const columns = statement.attlist === undefined ? 'all' : strings(statement.attlist).flatMap((name) => [name, ...former?.get(name) ?? []]);
  const file = statement.filename;
  if (file !== undefined && statement.is_program === true) {
    reading.add('execute', thing('program', [programName(file)], true), { reversible: false, outsideTransaction: true, note: 'a program on the server' });
  } else if (file !== undefined) reading.add('read', thing('path', [file], true), { extent: 'all', note: 'a file on the server' });
  scope.entries.push({ alias: range.relname ?? '', schema: undefined, columns: info?.columns.map((column) => column.name), read: undefined, info, yields: 'unknown' });
  reading.condition(statement.whereClause, scope);
  reading.add('insert', ref, { extent: 'unknown', columns, span: reading.deed(range.location) });
  runOwnCode(range, 'insert', reading);
  if (info !== undefined) follow(info, { event: 'insert', extent: 'unknown', columns, only: false }, reading);
}

export const copyReaders: Readers<'CopyStmt'> = {
  CopyStmt: (statement, scope, reading) => {
    if (statement.is_from === true) readCopyIn(statement, reading);
    else readCopyOut(statement, scope, reading);
  },
};
