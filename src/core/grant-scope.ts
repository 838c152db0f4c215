import type { Verb } from './effect.ts';
import { formatResource, parseResourceText } from './format.ts';
import { entityKinds, thingKinds, type EntityRef, type ResourceKind } from './resource.ts';
import type { Protocol } from './target.ts';

/** What a grant is to cover, as a person writes it. */
export interface GrantScope {
  readonly target: string;
  readonly protocol: Protocol;
  readonly verbs: readonly (Verb | 'unmask')[];
  /** Text forms, `table:public.users`; none is the whole target. */
  readonly resources: readonly string[];
}

/** Why it can never cover what it says. */
export interface ScopeFault { readonly code: 'other-target' | 'invalid-resource' | 'unknown-verb'; readonly message: string; readonly mend: string }

const kinds: readonly ResourceKind[] = [...entityKinds, ...thingKinds];

/** Undefined where the text is no resource. */
export function resourceOf(text: string): EntityRef | undefined {
  const parsed = parseResourceText(text);
  const kind = kinds.find((one) => one === parsed?.kind);
  return parsed === undefined || kind === undefined || !text.isWellFormed() ? undefined : { kind, path: parsed.path, system: false };
}

/** Kinds whose names go on inside, with slashes and dots of their own. */
const nested: ReadonlySet<ResourceKind> = new Set(['path', 'host', 'endpoint', 'tool', 'program']);
/** No command of the protocol is about these; `cascade` and `check` only ever say through what something came. */
const absent: Readonly<Partial<Record<Protocol, ReadonlySet<ResourceKind>>>> = { postgres: new Set(['endpoint', 'tool', 'cascade', 'check']) };
/** What stands in PostgreSQL's names before the last part: at most a schema, or a schema and a table. */
const mostParts: Partial<Record<ResourceKind, number>> = { target: 1, database: 1, schema: 1, role: 1, table: 2, column: 3 };
/** Kinds that have rows, bytes or a value; of the others nothing is inserted, updated or deleted. */
const withContents: ReadonlySet<ResourceKind> = new Set(['target', 'database', 'schema', 'table', 'sequence', 'channel', 'large-object', ...nested, 'function', 'statement', 'cascade', 'check']);
const ofContents: ReadonlySet<string> = new Set(['insert', 'update', 'delete']);
/** A column is what a table's effects name beside the table; by itself it is only made, changed, dropped or shown. */
const ofColumns: ReadonlySet<string> = new Set(['define', 'destroy', 'grant', 'unmask']);

/** Can a command of PostgreSQL do that to one of these? A verb that is let through here may still be done by none. */
export function mayDo(verb: Verb | 'unmask', kind: ResourceKind): boolean {
  if (verb === 'opaque') return true;
  if (kind === 'column') return ofColumns.has(verb);
  return !ofContents.has(verb) || withContents.has(kind);
}

/** `shop/public.orders`, as policies write it; in quotes it is a name with a slash in it. */
const targetInName = /^[a-z-]+:([A-Za-z0-9_.-]+)\/(.+)$/;
/** `orders_*`: a star that is not the whole part, and not in quotes. */
const starInPart = /(?:^|\.)(?!\*(?:\.|$))[^".]*\*[^".]*(?=\.|$)/;

function faultOf(text: string, { target, protocol, verbs }: GrantScope): ScopeFault | undefined {
  const ref = resourceOf(text);
  if (ref === undefined) return { code: 'invalid-resource', message: `\`${text}\` is not a resource`, mend: 'write it as `table:public.users` or `schema:public`' };
  const { kind, path } = ref;
  if (kind === 'target' && path[0] !== target) {
    return { code: 'other-target', message: `\`${text}\` is another target than that of the grant, \`${target}\``, mend: `make a grant for \`${path[0] ?? ''}\`, or leave the resource away: the whole of \`${target}\` is meant then` };
  }
  if (absent[protocol]?.has(kind) === true) return { code: 'invalid-resource', message: `\`${target}\` speaks ${protocol}, in which no command is about \`${text}\``, mend: 'name what it has: a schema, a table, a function, a sequence' };
  if (nested.has(kind) || protocol !== 'postgres') return undefined;
  const named = targetInName.exec(text);
  if (named !== null) {
    const [, other = '', rest = ''] = named;
    const mend = other === target ? `write \`${kind}:${rest}\`` : `make a grant for that target, and write \`${kind}:${rest}\``;
    return { code: other === target ? 'invalid-resource' : 'other-target', message: `\`${text}\` has a target in its name`, mend: `${mend}; a name with a slash in it goes in double quotes` };
  }
  const most = mostParts[kind];
  if (most !== undefined && path.length > most) {
    return { code: 'invalid-resource', message: `\`${text}\` has ${path.length} parts, and a ${kind} has ${most} at most`, mend: `write \`${formatResource({ ...ref, path: path.slice(-most) })}\`: databases are no part of names; a name with a dot in it goes in double quotes` };
  }
  if (kind === 'column' && path.length < 3) return { code: 'invalid-resource', message: `\`${text}\` does not say of which table`, mend: 'write it as `column:public.users.email`' };
  if (kind !== 'operator' && starInPart.test(text.slice(text.indexOf(':') + 1))) {
    return { code: 'invalid-resource', message: `\`${text}\` has a \`*\` that is not a whole name`, mend: 'write `table:public.*` for all of a schema; a name with a star in it goes in double quotes' };
  }
  if (!verbs.some((verb) => mayDo(verb, kind))) {
    return {
      code: 'unknown-verb', message: `nothing that \`${verbs.join(',')}\` stands for is done to \`${text}\``,
      mend: kind === 'column' ? `grant it on the table: \`table:${formatResource({ kind: 'table', path: path.slice(0, -1), system: false }).slice(6)}\`; which of its columns are read is for policies to say` : 'grant what is done to it: `define`, `destroy`, `configure`, `execute`, `read`',
    };
  }
  return undefined;
}

/** The first thing of a grant that could never cover anything. Which names there are, this does not know. */
export function scopeFault(scope: GrantScope): ScopeFault | undefined {
  for (const text of scope.resources) {
    const fault = faultOf(text, scope);
    if (fault !== undefined) return fault;
  }
  if (scope.resources.length === 0 || scope.protocol !== 'postgres') return undefined;
  const refs = scope.resources.flatMap((text) => resourceOf(text) ?? []);
  const idle = scope.verbs.find((verb) => !refs.some(({ kind }) => mayDo(verb, kind)));
  return idle === undefined ? undefined : { code: 'unknown-verb', message: `nothing that \`${idle}\` stands for is done to ${scope.resources.map((text) => `\`${text}\``).join(', ')}`, mend: `leave \`${idle}\` away, or name a table` };
}

/** Resources that hardly cover what is meant: of each why. */
export function scopeDoubts(resources: readonly string[]): readonly string[] {
  return resources.flatMap((text) => {
    const ref = resourceOf(text);
    if (ref?.kind !== 'table' || ref.path.length !== 1 || ref.path[0] === '*') return [];
    return [`\`${text}\` has no schema, and covers only what a command names where the schema is not known: write \`table:public.${text.slice(6)}\`, or \`table:*.${text.slice(6)}\` for whatever schema`];
  });
}
