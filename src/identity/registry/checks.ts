import { display, truncate } from '../../core/display.ts';
import { verbs } from '../../core/effect.ts';
import type { Verb } from '../../core/effect.ts';
import { resourceOf, scopeFault } from '../../core/grant-scope.ts';
import type { EntityRef } from '../../core/resource.ts';
import type { GroupRecord, IdentityState, PrincipalRecord } from '../../core/state.ts';
import { parseDuration } from '../duration.ts';
import type { Declared } from './context.ts';
import { RegistryError } from './error.ts';

/** Milliseconds. */
const longestLife = 365 * 86_400_000;
/** UTF-16 code units. */
const longestText = 500;
const mostResources = 1000;

export function quoted(text: string): string {
  return `\`${truncate(display(text), 80)}\``;
}

/** Names of principals and groups: what stands unescaped in URLs, connection strings, shells and Cedar. */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(name)) return name;
  throw new RegistryError('invalid-name', `${quoted(name)} cannot be a name`, 'use 1 to 63 of a-z, 0-9, `_` and `-`, a letter first');
}

/** A target's name, or a purpose's; whether there is such a one is config's business. */
export function checkTarget(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) return name;
  throw new RegistryError('invalid-target', `${quoted(name)} cannot be the name of a target or purpose`, 'use the name that stands in guardrails.yaml');
}

/** Words of a person, kept as they are. */
export function checkText(text: string): string {
  if (text.length <= longestText && text.isWellFormed() && !text.includes('\0')) return text;
  throw new RegistryError('invalid-text', `a reason is at most ${longestText} characters of text`, 'say it shorter');
}

/** `for`: a duration such as `8h`; `until`: milliseconds since the epoch. One of them. */
export type Life = { readonly for: string; readonly until?: never } | { readonly until: number; readonly for?: never };

/** Milliseconds since the epoch: in the future, and at most a year on. */
export function checkLife(life: Life, now: number): number {
  const until = life.until ?? now + durationOf(life.for ?? '');
  if (Number.isSafeInteger(until) && until > now && until - now <= longestLife) return until;
  throw new RegistryError('invalid-expiry', 'an expiry lies in the future, and at most a year on', 'give a duration from `1s` to `365d`, such as `8h`');
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw new RegistryError('invalid-duration', `${quoted(text)} is not a duration`, 'write a number and one of s, m, h, d, w: `15m`, `8h`, `30d`');
}

const grantable: readonly (Verb | 'unmask')[] = [...verbs, 'unmask'];

/** Sorted as in `verbs`, each once. */
export function checkVerbs(names: readonly string[]): readonly (Verb | 'unmask')[] {
  const unknown = names.find((name) => !grantable.some((verb) => verb === name));
  const mend = `use some of: ${grantable.join(', ')}`;
  if (unknown !== undefined) throw new RegistryError('unknown-verb', `there is no verb ${quoted(unknown)}`, mend);
  if (names.length === 0) throw new RegistryError('unknown-verb', 'a grant needs a verb', mend);
  return grantable.filter((verb) => names.includes(verb));
}

/** Labels in the clear need the verb `unmask`, and the verb needs labels: half of it would look like a grant and be none. */
export function checkUnmask(labels: readonly string[], granted: readonly (Verb | 'unmask')[]): readonly string[] {
  const bad = labels.find((label) => !/^[a-z][a-z0-9_.-]{0,62}$/.test(label));
  if (bad !== undefined) throw new RegistryError('invalid-unmask', `${quoted(bad)} is not a label`, 'write it as `pii.email`');
  if ((labels.length > 0) !== granted.includes('unmask'))
    throw new RegistryError('invalid-unmask', 'the verb `unmask` and the labels to unmask go together', 'give both or neither');
  return [...new Set(labels)].sort();
}

/** From their text form, `table:public.users`. What no command can be about is refused: a grant of it would look like one and cover nothing. */
export function checkResources(resources: readonly string[], target: string, verbs: readonly (Verb | 'unmask')[], declared: Declared | undefined): readonly EntityRef[] {
  if (resources.length > mostResources)
    throw new RegistryError('invalid-resource', `a grant names at most ${mostResources} resources`, 'grant what contains them, such as `schema:public`');
  const fault = scopeFault({ target, protocol: declared?.targets.get(target) ?? 'postgres', verbs, resources });
  if (fault !== undefined) throw new RegistryError(fault.code, display(fault.message), display(fault.mend));
  return resources.flatMap((text) => resourceOf(text) ?? []);
}

function one(names: Iterable<string>): string {
  return `name one of: ${[...names].join(', ')}`;
}

/** Is it in the config? A grant of anything else is one of nothing. */
export function checkDeclared({ target, unmask, purpose }: { readonly target?: string; readonly unmask?: readonly string[]; readonly purpose?: string }, declared: Declared | undefined): void {
  if (declared === undefined) return;
  if (target !== undefined && !declared.targets.has(target)) throw new RegistryError('unknown-target', `the config has no target ${quoted(target)}`, one(declared.targets.keys()));
  if (purpose !== undefined && !declared.purposes.has(purpose)) throw new RegistryError('unknown-purpose', `the config has no purpose ${quoted(purpose)}`, one(declared.purposes));
  const label = unmask?.find((label) => !declared.labels.has(label));
  if (label !== undefined) throw new RegistryError('unknown-label', `no purpose of the config covers the label ${quoted(label)}`, `add it to the labels of a purpose (purposes.NAME.labels)${declared.labels.size === 0 ? '' : `, or ${one(declared.labels)}`}`);
}

export function findPrincipal(state: IdentityState, name: string): PrincipalRecord {
  const record = state.principals.find((principal) => principal.name === name);
  if (record !== undefined) return record;
  throw new RegistryError('unknown-principal', `there is no user, agent or service ${quoted(name)}`, 'see `guardrails agent list`, or create it');
}

export function findGroup(state: IdentityState, name: string): GroupRecord {
  const record = state.groups.find((group) => group.name === name);
  if (record !== undefined) return record;
  throw new RegistryError('unknown-group', `there is no group ${quoted(name)}`, 'create the group first');
}

/** Names are never used again: what the log says of one must stay true. */
export function checkFree(state: IdentityState, name: string): void {
  const taken = state.principals.find((principal) => principal.name === name);
  if (taken !== undefined)
    throw new RegistryError('name-taken', `the name ${quoted(name)} belongs to a ${taken.kind.toLowerCase()}`, 'use another name, or extend, enable or rotate the one there is');
}

/** Answers for what it owns: a person who is there. */
export function checkOwner(state: IdentityState, name: string): string {
  const owner = findPrincipal(state, name);
  if (owner.kind !== 'User') throw new RegistryError('owner-not-user', `${quoted(name)} is not a user`, 'name a person as the owner');
  if (!owner.enabled) throw new RegistryError('owner-disabled', `the user ${quoted(name)} is disabled`, 'enable the user, or name another owner');
  return name;
}
