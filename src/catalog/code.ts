import type { CastInfo, CatalogSnapshot, OperatorInfo, SingleValue, StoredCode, TypeInfo } from '../core/catalog.ts';
import type { CodeRow } from './code-rows.ts';
import type { Operators } from './rule-operands.ts';
import { singleOfDomain } from './single.ts';
import type { MadeRows, TypeRow } from './made-rows.ts';
import { triggerEvents } from './trigger-events.ts';

type Events = StoredCode['events'];

const changes: Events = ['insert', 'update'];
/** Foreign keys compare on both sides. */
const bothSides: Events = ['insert', 'update', 'delete'];
const all: Events = ['select', 'insert', 'update', 'delete'];

/** Of a policy, by its command; what may be read limits also what can be changed, and what RETURNING gives. */
const policyEvents: { readonly [command: string]: Events | undefined } = {
  'r': all, 'a': changes, 'w': changes, 'd': ['delete'],
};

/** A virtual column is computed where it is read. */
const virtual = 'v';

/** Members in the order of snapshot-file.ts. */
export function storedCode([, , kind, name, flag, functions, builtins, types, read]: CodeRow): StoredCode {
  const rest = { functions, builtins, types, reads: read.map(([relation, columns]) => ({ relation, columns })) };
  if (kind === 'default' && flag !== '') return { kind: 'generated', name, events: flag === virtual ? ['select', ...changes] : changes, ...rest };
  return { kind, name, events: kind === 'condition' ? triggerEvents(Number(flag)) : kind === 'policy' ? policyEvents[flag] ?? all : kind === 'key' ? bothSides : kind === 'statistics' ? [] : changes, ...rest };
}

const typeKinds = { b: 'base', p: 'base', c: 'composite', d: 'domain', e: 'enum', r: 'range', m: 'range' } as const;
const contexts = { e: 'explicit', a: 'assignment', i: 'implicit' } as const;

export type Made = Pick<CatalogSnapshot, 'operators' | 'casts' | 'operatorClasses' | 'eventTriggers'>;

export function typeOf([oid, schema, name, written, kind, extension, functions, builtins, parts, compares, [base, checks, labels]]: TypeRow, operators: Operators): TypeInfo {
  const single: SingleValue | undefined = labels === 1 ? { of: 'column', value: 'label' } : singleOfDomain(checks, operators);
  return { oid, schema, name, written, kind: typeKinds[kind], compares, ...base === null ? {} : { base }, ...single === undefined ? {} : { single }, functions, builtins, types: parts, ...(extension === null ? {} : { extension }) };
}

export function madeObjects({ operators, casts, operatorClasses, eventTriggers }: MadeRows): Made {
  return {
    operators: operators.map(([schema, name, left, right, functions, builtins]): OperatorInfo => ({
      schema, name, ...(left === null ? {} : { left }), ...(right === null ? {} : { right }), calls: { functions, builtins, types: [] },
    })),
    casts: casts.map(([source, target, context, functions, builtins]): CastInfo => ({ source, target, context: contexts[context], calls: { functions, builtins, types: [] } })),
    operatorClasses: operatorClasses.map(([schema, name, functions]) => ({ schema, name, calls: { functions, builtins: [], types: [] } })),
    eventTriggers: eventTriggers.map(([name, event, tags, fn, enabled]) => ({ name, event, tags: tags ?? [], function: fn, enabled })),
  };
}
