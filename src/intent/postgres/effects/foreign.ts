import { as, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { thing } from '../resources.ts';
import type { Node } from '@pgsql/types';
import { option } from '../bodies.ts';
import { Scope } from '../scope.ts';
import type { Readers } from './context.ts';

function defineServer(name: string | undefined, note: string, reading: Reading): void {
  reading.add('define', thing('server', [name ?? '']), { note });
}

/** What a publication offers to whoever may subscribe. */
function readPublished(objects: readonly Node[] | undefined, all: boolean, scope: Scope, reading: Reading): void {
  const away = { sink: 'network' as const, extent: 'all' as const, note: 'subscribers receive it' };
  if (all) reading.add('export', thing('database', [reading.catalog.database ?? '*']), away);
  for (const node of objects ?? []) {
    const spec = as(node, 'PublicationObjSpec');
    const range = spec?.pubtable?.relation;
    if (range !== undefined) {
      const { ref } = resolveRelation(range, reading);
      reading.add('export', ref, { ...away, span: reading.at(range.location), columns: spec?.pubtable?.columns === undefined ? 'all' : strings(spec.pubtable.columns) });
      reading.expression(spec?.pubtable?.whereClause, new Scope(scope));
    } else reading.add('export', thing('schema', [spec?.name ?? '*']), away);
  }
}

/** Ways for data to leave for, or come from, other servers. */
export const foreignReaders: Readers<
  'CreateFdwStmt' | 'AlterFdwStmt' | 'CreateForeignServerStmt' | 'AlterForeignServerStmt' | 'CreateUserMappingStmt' | 'AlterUserMappingStmt' | 'ImportForeignSchemaStmt'
  | 'CreatePublicationStmt' | 'AlterPublicationStmt' | 'CreateSubscriptionStmt' | 'AlterSubscriptionStmt'
> = {
  CreateFdwStmt: (statement, _scope, reading) => {
    defineServer(statement.fdwname, 'a foreign-data wrapper', reading);
    if (option(statement.func_options, 'handler') !== undefined) reading.opaque('untrusted-language', thing('server', [statement.fdwname ?? '']), 'a wrapper\'s handler is code in the server');
  },
  AlterFdwStmt: (statement, _scope, reading) => {
    defineServer(statement.fdwname, 'a foreign-data wrapper', reading);
    if (option(statement.func_options, 'handler') !== undefined) reading.opaque('untrusted-language', thing('server', [statement.fdwname ?? '']), 'a wrapper\'s handler is code in the server');
  },
  CreateForeignServerStmt: (statement, _scope, reading) => {
    defineServer(statement.servername, 'a way to another server', reading);
    reading.add('export', thing('server', [statement.servername ?? '']), { sink: 'network', note: 'a way to another server' });
  },
  AlterForeignServerStmt: (statement, _scope, reading) => {
    defineServer(statement.servername, 'a way to another server', reading);
    reading.add('export', thing('server', [statement.servername ?? '']), { sink: 'network', note: 'a way to another server' });
  },
  CreateUserMappingStmt: (statement, _scope, reading) => { reading.add('grant', thing('server', [statement.servername ?? '']), { note: 'credentials for another server' }); },
  AlterUserMappingStmt: (statement, _scope, reading) => { reading.add('grant', thing('server', [statement.servername ?? '']), { note: 'credentials for another server' }); },
  ImportForeignSchemaStmt: (statement, _scope, reading) => {
    reading.add('define', thing('schema', [statement.local_schema ?? '']), { note: 'foreign tables in it' });
    reading.add('read', thing('server', [statement.server_name ?? '']));
    reading.add('export', thing('schema', [statement.local_schema ?? '']), { sink: 'network', note: 'what is written to the tables goes to another server' });
  },
  CreatePublicationStmt: (statement, scope, reading) => {
    reading.add('define', thing('publication', [statement.pubname ?? '']));
    readPublished(statement.pubobjects, statement.for_all_tables === true, scope, reading);
  },
  AlterPublicationStmt: (statement, scope, reading) => {
    reading.add('define', thing('publication', [statement.pubname ?? '']));
    if (statement.action !== 'AP_DropObjects') readPublished(statement.pubobjects, statement.for_all_tables === true, scope, reading);
  },
  CreateSubscriptionStmt: (statement, _scope, reading) => {
    reading.add('define', thing('subscription', [statement.subname ?? '']), { outsideTransaction: true });
    reading.add('export', thing('subscription', [statement.subname ?? '']), { sink: 'network', note: 'a connection to another server, whose rows are written here', outsideTransaction: true });
  },
  AlterSubscriptionStmt: (statement, _scope, reading) => {
    reading.add('define', thing('subscription', [statement.subname ?? '']));
    if (statement.conninfo !== undefined) reading.add('export', thing('subscription', [statement.subname ?? '']), { sink: 'network', note: 'a connection to another server' });
  },
};
