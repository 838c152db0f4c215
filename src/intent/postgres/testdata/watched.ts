import type { RelationInfo, TriggerInfo } from '../../../core/catalog.ts';

/** Of the shop's catalog: tables whose triggers see the rows of a statement as tables, with their functions. With oids of their own. */

const bodies: readonly (readonly [oid: number, name: string, language: string, body: string])[] = [
  [91_000, 'tells_added', 'plpgsql', 'BEGIN INSERT INTO watched.audit (line) SELECT id FROM added; RETURN NULL; END'],
  [91_001, 'tells_gone', 'plpgsql', 'BEGIN INSERT INTO watched.audit (line) SELECT id FROM log; PERFORM public.reads_log(); RETURN NULL; END'],
  [91_002, 'follows', 'plpgsql', 'BEGIN UPDATE watched.stock s SET n = a.qty FROM after a JOIN before b USING (id) WHERE s.id = a.id; DELETE FROM watched.audit WHERE line IN (SELECT order_id FROM before); RETURN NULL; END'],
  [91_004, 'keeps', 'plpgsql', "BEGIN EXECUTE 'PREPARE kept AS DELETE FROM public.log WHERE id IN (SELECT id FROM added)'; CREATE TEMP TABLE copied AS SELECT * FROM added; EXECUTE 'COPY (SELECT * FROM added) TO STDOUT'; RETURN NULL; END"],
  [91_005, 'again', 'plpgsql', 'BEGIN INSERT INTO watched.second SELECT id FROM added; RETURN NULL; END'],
];

export const watchedFunctions = [
  ...bodies.map(([oid, name, language, body]) => ({
    oid, schema: 'watched', name, kind: 'function' as const, language, arguments: [], definition: `CREATE FUNCTION watched.${name}() RETURNS trigger LANGUAGE ${language} AS $$${body}$$`,
  })),
  { oid: 91_003, schema: 'public', name: 'reads_log', kind: 'function' as const, language: 'sql', arguments: [], definition: 'CREATE FUNCTION public.reads_log() RETURNS bigint LANGUAGE sql AS $$SELECT count(entry) FROM log$$' },
];

const trigger = (name: string, event: TriggerInfo['events'][number], fn: number, tables: Pick<TriggerInfo, 'oldTable' | 'newTable'>): TriggerInfo => ({ name, events: [event], function: fn, enabled: true, ...tables });

export const watchedRelations: readonly RelationInfo[] = [
  { oid: 91_010, name: 'lines', columns: ['id', 'order_id', 'qty'], triggers: [
    trigger('added', 'insert', 91_000, { newTable: 'added' }), trigger('gone', 'delete', 91_001, { oldTable: 'log' }), trigger('changed', 'update', 91_002, { oldTable: 'before', newTable: 'after' }),
  ] },
  { oid: 91_011, name: 'audit', columns: ['id', 'line'], triggers: [] },
  { oid: 91_012, name: 'stock', columns: ['id', 'n', 'ID'], triggers: [], sequences: [{ column: 'id', sequence: 91_020 }, { column: 'n', sequence: 91_020 }, { column: 'n', sequence: 91_021 }, { column: 'ID', sequence: 91_021 }] },
  { oid: 91_020, name: 'stock_id_seq', kind: 'sequence' as const, columns: ['last_value'], triggers: [] },
  { oid: 91_021, name: 'Other', kind: 'sequence' as const, columns: ['last_value'], triggers: [] },
  { oid: 91_013, name: 'unnamed', columns: ['id'], triggers: [trigger('added', 'insert', 91_000, {})] },
  { oid: 91_014, name: 'kept', columns: ['id'], triggers: [trigger('added', 'insert', 91_004, { newTable: 'added' })] },
  // Under the second trigger the same function reads the table that is called so.
  { oid: 91_015, name: 'first', columns: ['id'], triggers: [trigger('added', 'insert', 91_005, { newTable: 'added' })] },
  { oid: 91_016, name: 'second', columns: ['id'], triggers: [trigger('added', 'insert', 91_005, { newTable: 'others' })] },
].map(({ columns, ...one }) => ({
  schema: 'watched', kind: 'table', columns: columns.map((name, i) => ({ number: i + 1, name, type: 'text' })), keys: [['id']], referencedBy: [], children: [], views: [], rules: [], rowSecurity: false, code: [], ...one,
}));
