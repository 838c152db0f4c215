import type { ExplainStmt } from '@pgsql/types';
import { constantOf } from '../constant.ts';
import { as } from '../parser/grammar.ts';
import type { Draft } from '../drafts.ts';
import type { Reading } from '../reading.ts';
import { thing } from '../resources.ts';
import type { Scope } from '../scope.ts';
import { parseBoolean } from '../settings.ts';
import type { Readers } from './context.ts';
import { laterSetting } from './privileges.ts';

/** Any ANALYZE that may be true counts, whatever another one says. */
function isAnalyze(statement: ExplainStmt): boolean {
  return (statement.options ?? []).some((node) => {
    const element = as(node, 'DefElem');
    if (element?.defname !== 'analyze') return false;
    const text = as(element.arg, 'String')?.sval ?? as(element.arg, 'Boolean')?.boolval;
    const number = as(element.arg, 'Integer');
    if (element.arg === undefined) return true;
    if (number !== undefined) return (number.ival ?? 0) !== 0;
    const value = text ?? constantOf(element.arg);
    return value === undefined || parseBoolean(String(value)) !== false;
  });
}

const rowVerbs = new Set(['insert', 'update', 'delete', 'define']);

/** Planning runs nothing but functions (stable and immutable ones, as they say themselves) and shows the names and estimates of what is read. */
function planned(draft: Draft): Draft {
  if (!rowVerbs.has(draft.verb) || draft.via.some((way) => way.kind === 'function')) return draft;
  return { ...draft, verb: 'read', reversible: true, columns: draft.verb === 'define' ? [] : draft.columns };
}

function readExplain(statement: ExplainStmt, scope: Scope, reading: Reading): void {
  const analyze = isAnalyze(statement);
  const { drafts, state } = reading;
  reading.drafts = [];
  reading.nested++;
  reading.expression(statement.query, scope);
  reading.nested--;
  const own = reading.drafts;
  reading.drafts = drafts;
  for (const draft of analyze ? own : own.map(planned)) {
    const { verb, resource, via, ...details } = draft;
    const outer = reading.via;
    reading.via = via;
    reading.add(verb, resource, details);
    reading.via = outer;
  }
  if (!analyze) reading.state = state;
}

export const utilityReaders: Readers<
  'ExplainStmt' | 'CreatedbStmt' | 'AlterDatabaseStmt' | 'AlterDatabaseRefreshCollStmt' | 'AlterDatabaseSetStmt' | 'AlterSystemStmt'
> = {
  ExplainStmt: readExplain,
  CreatedbStmt: (statement, _scope, reading) => { reading.add('define', thing('database', [statement.dbname ?? '']), { outsideTransaction: true }); },
  AlterDatabaseStmt: (statement, _scope, reading) => { reading.add('configure', thing('database', [statement.dbname ?? ''])); },
  AlterDatabaseRefreshCollStmt: (statement, _scope, reading) => { reading.add('configure', thing('database', [statement.dbname ?? ''])); },
  AlterDatabaseSetStmt: (statement, _scope, reading) => {
    reading.add('configure', thing('database', [statement.dbname ?? '']), { note: 'settings of its later sessions' });
    reading.add('configure', laterSetting(statement.setstmt), { note: 'in later sessions' });
  },
  AlterSystemStmt: (_statement, _scope, reading) => {
    reading.add('configure', thing('target', ['*'], true), { outsideTransaction: true, note: 'a setting of the whole server' });
  },
};
