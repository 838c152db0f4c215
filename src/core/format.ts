import type { Effect, Span } from './effect.ts';
import type { PrincipalRef } from './principal.ts';
import type { EntityRef, PartOf } from './resource.ts';

/** A part needs quotes when reading it back would cut it elsewhere: `"`, `.`, white space, control, or nothing at all. */
const plainPart = /^[^\s".:@\p{Cc}]+$/u;

function part(text: string): string {
  return plainPart.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** `table:public.users`, `column:public.users.email`, `role:bob`. */
export function formatResource(ref: EntityRef): string {
  return `${ref.kind}:${ref.path.map(part).join('.')}`;
}

/** `agent:reporter`. */
export function formatPrincipal(ref: PrincipalRef): string {
  return `${ref.kind.toLowerCase()}:${ref.name}`;
}

export function formatSpan(span: Span): string {
  return `[${span.start},${span.end})`;
}

/** How a resource says what it is part of. */
export const partWords: Readonly<Record<PartOf['as'], string>> = { partition: 'partition-of', child: 'child-of', container: 'with-parts-of' };

/** One line: `delete table:public.orders extent=all irreversible via cascade:orders_customer_id_fkey [0,21)`. */
export function formatEffect(effect: Effect): string {
  return `${formatEffectAnywhere(effect)} ${formatSpan(effect.span)}`;
}

/** The same without the place: for what holds of every text of one shape. */
export function formatEffectAnywhere(effect: Effect): string {
  const words = [effect.verb, formatResource(effect.resource)];
  if (effect.extent !== 'none') words.push(`extent=${effect.extent}`);
  if (effect.columns === 'all') words.push('columns=*');
  else if (effect.columns.length > 0) words.push(`columns=${effect.columns.map(part).join(',')}`);
  if (effect.sink !== undefined && effect.sink !== 'none') words.push(`sink=${effect.sink}`);
  if (effect.reason !== undefined) words.push(`reason=${effect.reason}`);
  if (!effect.reversible) words.push('irreversible');
  if (effect.outsideTransaction === true) words.push('outside-transaction');
  if (effect.resource.system) words.push('system');
  const { partOf, parts } = effect.resource;
  if (partOf !== undefined) words.push(`${partWords[partOf.as]}=${partOf.wholes.map(formatResource).join(',')}`);
  if (parts !== undefined) words.push(`more-parts=${parts.length}`);
  if (effect.via.length > 0) words.push(`via ${effect.via.map(formatResource).join(' ')}`);
  return words.join(' ');
}

/** Reads back `kind:part.part`, as the CLI and config write resources. Undefined when it is not of that form. */
export function parseResourceText(text: string): { kind: string; path: string[] } | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  const path: string[] = [];
  let rest = text.slice(colon + 1);
  while (true) {
    const match = /^(?:"((?:[^"]|"")+)"|([^\s".:@\p{Cc}]+))(\.|$)/u.exec(rest);
    if (match === null) return undefined;
    path.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    rest = rest.slice(match[0].length);
    if (match[3] === '') return { kind: text.slice(0, colon), path };
  }
}
