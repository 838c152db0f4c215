import { formatResource } from '../core/format.ts';
import type { EntityRef } from '../core/resource.ts';
import type { Question } from './question.ts';
import { isMany, sameSetting } from './reach.ts';

function holdsRows({ partOf }: EntityRef, whole: string): boolean {
  return partOf !== undefined && partOf.wholes.some((ref) => formatResource(ref) === whole);
}

/** The way on where a policy refuses for what the effect reaches and does not name, before the policy's own. */
export function mendThrough({ verb, resource }: Pick<Question, 'verb' | 'resource'>, reached: EntityRef, own: string | undefined): string {
  const [it, other] = [formatResource(resource), formatResource(reached)];
  if (sameSetting(resource, reached)) return own ?? 'leave the setting as it is';
  const why = verb === 'opaque' ? `what is not understood may reach \`${other}\`: write it so that it can be read`
    : reached.kind === resource.kind && isMany(resource) ? `\`${it}\` may be \`${other}\`: write the name out, with its schema`
      : holdsRows(resource, other) ? `\`${it}\` holds rows of \`${other}\``
        : `\`${it}\` reaches \`${other}\`: name only what you mean`;
  return own === undefined ? why : `${why}; ${own}`;
}

/** A call stands in no effect, so that the refusal names it here. */
export function mendOfCall({ resource }: Pick<Question, 'resource'>, own: string | undefined): string {
  const why = `it runs \`${formatResource(resource)}\``;
  return own === undefined ? `${why}: do without it` : `${why}; ${own}`;
}
