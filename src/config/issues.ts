import type { z } from 'zod';
import type { Document, Finding, Path } from './document.ts';
import { allKeys, keysAt } from './keys.ts';
import { secretMend } from './schema.ts';
import { suggest } from './suggest.ts';

/** What to write where a key is missing, by the key's own name; the rest is said in general. */
const missing: Record<string, string> = {
  version: 'add `version: 1`',
  targets: 'add a target: `targets:`, a name under it, and under that protocol, listen, upstream, password, environment',
  protocol: 'add `protocol: postgres`',
  listen: 'add the address for clients: `listen: 127.0.0.1:6432`',
  upstream: 'add the real server: `upstream: postgres://ROLE@HOST:5432/DATABASE`',
  verbs: 'add what the purpose may do: `verbs: [read]`',
  trusted: 'add the balancers\' addresses: `trusted: [10.0.0.0/8]`',
};

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** `problem; mend`, as schema.ts writes them. */
function split(message: string): readonly [string, string] {
  const at = message.indexOf('; ');
  return at === -1 ? [message, 'see docs/guide/configure.md'] : [message.slice(0, at), message.slice(at + 2)];
}

function unknownKey(document: Document, at: Path, key: string): Finding {
  const path = [...at, key];
  const offset = document.keyAt(path);
  // `password: { hunter2 }` reads as a key named `hunter2`.
  if (at.at(-1) === 'password') return { offset, path: at, problem: 'a secret is never written in this file', mend: secretMend };
  const here = suggest(key, keysAt(at));
  if (here !== undefined) return { offset, path, problem: 'is not a key that is known', mend: `did you mean \`${here}\`?` };
  const place = allKeys().find((known) => known.path.at(-1) === key);
  if (place !== undefined) return { offset, path, problem: 'does not belong here', mend: place.path.length === 1 ? 'it stands at the top of the file' : `it belongs under \`${place.path.slice(0, -1).join('.')}\`` };
  const known = keysAt(at);
  return { offset, path, problem: 'is not a key that is known', mend: known.length === 0 ? 'take it away' : `known here: ${known.join(', ')}` };
}

function general(issue: z.core.$ZodIssue, value: unknown): readonly [string, string] {
  if (issue.code === 'invalid_value') {
    const options = issue.values.map(String);
    const near = typeof value === 'string' ? suggest(value, options) : undefined;
    return ['is not a value that is known', near === undefined ? `write ${options.join(', ')}`.replace(/, ([^,]*)$/, ' or $1') : `did you mean \`${near}\`?`];
  }
  if (issue.code === 'invalid_type') return [`expected a ${issue.expected}`, 'see docs/guide/configure.md'];
  return ['is not a value that is known', 'see docs/guide/configure.md'];
}

/** True for a text that is one of this project's own, see schema.ts `says`. Zod's own begin with a capital. */
function isOurs(message: string): boolean { return message.includes('; ') && !/^[A-Z]/.test(message); }

/** Zod's issues in the words of the file's writer. None of them repeats a value. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], document: Document): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(document, path, key));
    if (issue.code === 'invalid_key') {
      const [problem, mend] = split(issue.issues[0]?.message ?? '');
      return [{ offset: document.keyAt(path), path, problem, mend }];
    }
    const value = valueAt(document.value, path);
    const last = path.at(-1);
    if (value === undefined && path.length > 0) {
      return [{ offset: document.keyAt(path), path, problem: 'is missing', mend: missing[String(last)] ?? `add \`${String(last)}\`` }];
    }
    if (issue.code === 'invalid_union') {
      // The branch that took the value's type says more than "neither": a list with one bad item, a number out of range.
      const deep = issue.errors.flat().filter((inner) => inner.path.length > 0);
      if (deep.length > 0) return findingsOf(deep.map((inner) => ({ ...inner, path: [...path, ...inner.path] })), document);
      const parsed = issue.errors.flat().find((inner) => inner.code === 'custom');
      if (parsed !== undefined) return findingsOf([{ ...parsed, path: [...path] }], document);
    }
    const [problem, mend] = isOurs(issue.message) ? split(issue.message) : general(issue, value);
    return [{ offset: document.valueAt(path), path, problem, mend }];
  });
}
