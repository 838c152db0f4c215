import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs';
import { safe } from './cedar.ts';
import { levels, mostBrackets, mostLevels, tooDeepAt } from './depth.ts';
import { reader, Trap } from './engine.ts';
import { digest, readOwnSchema, readPack, type Pack } from './files.ts';
import { placeOf, positionAt, type PolicyIssue } from './issue.ts';
import { lint } from './lint.ts';
import { annotationsOf, evidenceKinds, texts, type SourceFile, type Policy, type PolicySet } from './policy.ts';
import { traits } from './traits.ts';

/** Each takes some 5 ms to be checked, in a thread where a gateway reloads them, and 0.15 ms to be taken up, which it spends on nothing else. */
const mostPolicies = 500;

/** `set` only when there is no error. Warnings do not keep a set from coming into force. */
export interface Loaded {
  readonly set: PolicySet | undefined;
  readonly errors: readonly PolicyIssue[];
  readonly warnings: readonly PolicyIssue[];
  readonly ids: readonly string[];
}

/** Reads, parses, validates and lints packs as one set. Never throws. Does not run their tests. */
export function loadPolicies(folders: readonly string[], options: { readonly validate?: boolean } = {}): Loaded {
  const errors: PolicyIssue[] = [];
  const warnings: PolicyIssue[] = [];
  const policies = new Map<string, Policy>();
  try {
    const packs: Pack[] = [];
    for (const folder of folders) {
      const { pack, issues, warnings: others } = readPack(folder);
      errors.push(...issues);
      warnings.push(...others);
      if (pack === undefined) continue;
      if (packs.some((other) => other.name === pack.name)) errors.push(whole(folder, `there are two packs named \`${pack.name}\``, 'rename one of the folders: ids are pack/id'));
      packs.push(pack);
    }
    if (folders.length === 0) errors.push(whole('policies', 'no policy folder was given', 'name at least one; `guardrails init` writes the baseline'));
    const schema = chooseSchema(packs, warnings);
    for (const pack of packs) {
      for (const source of pack.cedar) {
        for (const policy of parse(pack.name, source, errors)) {
          const earlier = policies.get(policy.ref.id);
          if (earlier !== undefined) {
            errors.push({ ...placeOf(policy), message: `policy id \`${policy.ref.id}\` is used twice, first at ${earlier.file}:${earlier.line}`, mend: 'give each its own @id: the second would replace the first' });
          } else policies.set(policy.ref.id, policy);
          const found = lint(policy);
          errors.push(...found.errors);
          warnings.push(...found.warnings);
        }
      }
    }
    if (policies.size > mostPolicies) errors.push(tooMany(folders.join(', '), policies.size));
    const ids = [...policies.keys()].toSorted();
    if (policies.size > 0 && policies.size <= mostPolicies && options.validate !== false) validateAll(packs, policies, schema, errors, warnings);
    if (errors.length > 0) return { set: undefined, errors, warnings, ids };
    const set: PolicySet = { policies, schema: schema.text, traits: traits(policies.values()), version: digest(packs, schema.text), goldens: packs.flatMap((pack) => pack.goldens) };
    return { set, errors, warnings, ids };
  } catch (error) {
    return { set: undefined, errors: [...errors, whole(folders.join(', '), `cannot be loaded: ${safe(error)}`, 'see docs/errors/policy-load.md')], warnings, ids: [] };
  }
}

function whole(file: string, message: string, mend: string): PolicyIssue {
  return { file, line: 0, column: 0, message, mend };
}

function tooMany(file: string, count: number): PolicyIssue {
  return whole(file, `there are ${count} policies, and at most ${mostPolicies} are read`, 'grants are data, not policies: `guardrails grant add`; join policies that differ in a name by a set of names');
}

function sourceOf(packs: readonly Pack[], file: string): string {
  for (const pack of packs) for (const source of pack.cedar) if (source.file === file) return source.text;
  return '';
}

/** A pack may bring a copy of the schema, so that editors find it; only the gateway's own is used, since its code builds entities for that one. */
function chooseSchema(packs: readonly Pack[], warnings: PolicyIssue[]): SourceFile {
  const own = readOwnSchema();
  for (const { schema } of packs) {
    if (schema !== undefined && schema.text !== own.text) {
      warnings.push({ file: schema.file, line: 1, column: 1, message: 'differs from the schema of this gateway, which is used instead', mend: 'copy the gateway\'s own policies/baseline/schema.cedarschema over it, or remove it: the gateway knows its own' });
    }
  }
  return own;
}

function fault(source: SourceFile, error: DetailedError, base: number): PolicyIssue {
  const at = error.sourceLocations?.[0];
  return { file: source.file, ...positionAt(source.text, base + (at?.start ?? 0)), message: safe(error.message), mend: error.help ?? 'see docs/errors/policy-load.md' };
}

function words(note: string | undefined): string[] {
  return (note ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Cedar returns slices of the file without their places, and not in its order. The longest are placed first: a shorter one may stand inside. */
function placed(source: string, slices: readonly string[]): readonly (readonly [string, number])[] {
  const taken: [number, number][] = [];
  return slices.toSorted((a, b) => b.length - a.length).map((text) => {
    let start = source.indexOf(text);
    for (let inside = true; inside && start !== -1;) {
      const at = start;
      const other = taken.find(([from, to]) => at < to && at + text.length > from);
      inside = other !== undefined;
      if (other !== undefined) start = source.indexOf(text, Math.max(at + 1, other[1]));
    }
    if (start !== -1) taken.push([start, start + text.length]);
    return [text, start === -1 ? 0 : Buffer.byteLength(source.slice(0, start))] as const;
  });
}

function parse(pack: string, source: SourceFile, errors: PolicyIssue[]): Policy[] {
  // What turns the direction of text shows a reviewer another policy than the one that is read (CVE-2021-42574).
  const turning = /[\u202a-\u202e\u2066-\u2069]/.exec(source.text)?.index;
  if (turning !== undefined) {
    errors.push({ file: source.file, ...positionAt(source.text, Buffer.byteLength(source.text.slice(0, turning))), message: 'has a character that turns the direction of text', mend: 'take it out: what is read is not what is seen' });
    return [];
  }
  const deep = tooDeepAt(source.text);
  if (deep !== undefined) {
    errors.push({ file: source.file, ...positionAt(source.text, Buffer.byteLength(source.text.slice(0, deep))), message: `has more than ${mostBrackets} brackets within each other`, mend: 'write it flatter: a set and `contains`, or several policies' });
    return [];
  }
  // What is deep in another way ends the parser, and with it all that it has read.
  try { return parsed(pack, source, errors); } catch (error) {
    if (!(error instanceof Trap)) throw error;
    errors.push(whole(source.file, safe(error), 'write it flatter: a set and `contains`, or several policies'));
    return [];
  }
}

function parsed(pack: string, source: SourceFile, errors: PolicyIssue[]): Policy[] {
  const parts = reader.use((cedar) => cedar.policySetTextToParts(source.text));
  if (parts.type === 'failure') {
    errors.push(...parts.errors.map((error) => fault(source, error, 0)));
    return [];
  }
  if (parts.policy_templates.length > 0) errors.push(whole(source.file, 'has a template', 'write a policy: grants are entities here, and nothing links templates'));
  if (parts.policies.length > mostPolicies) {
    errors.push(tooMany(source.file, parts.policies.length));
    return [];
  }
  const policies: Policy[] = [];
  for (const [text, offset] of placed(source.text, parts.policies)) {
    const parsed = reader.use((cedar) => cedar.policyToJson(text));
    if (parsed.type === 'failure') {
      errors.push(...parsed.errors.map((error) => fault(source, error, offset)));
      continue;
    }
    if (levels(parsed.json) > mostLevels) {
      errors.push({ file: source.file, ...positionAt(source.text, offset), message: 'policy joins more conditions than can be evaluated', mend: 'write it flatter: a set and `contains`, or several policies' });
      continue;
    }
    const notes = annotationsOf(parsed.json);
    const id = notes['id'];
    if (id === undefined || !/^[a-z0-9][a-z0-9-]*$/.test(id)) {
      errors.push({ file: source.file, ...positionAt(source.text, offset), message: id === undefined ? 'policy has no @id' : `\`${id}\` is no id`, mend: 'give it an @id of small letters, digits and hyphens: refusals and records name it' });
      continue;
    }
    const mend = notes['mend'];
    policies.push({
      ref: { id: `${pack}/${id}`, title: notes['title'] ?? '', ...(mend === undefined ? {} : { mend }), controls: words(notes['controls']) },
      effect: parsed.json.effect, mode: notes['mode'] === 'observe' ? 'observe' : 'enforce',
      hold: evidenceKinds.filter((kind) => words(notes['hold']).includes(kind)),
      approvers: words(notes['approvers']), quorum: /^[1-9]$/.test(notes['quorum'] ?? '') ? Number(notes['quorum']) : Number.NaN,
      text, json: parsed.json, file: source.file, offset, ...positionAt(source.text, offset),
    });
  }
  return policies.toSorted((a, b) => a.offset - b.offset);
}

function validateAll(packs: readonly Pack[], policies: ReadonlyMap<string, Policy>, schema: SourceFile, errors: PolicyIssue[], warnings: PolicyIssue[]): void {
  const answer = reader.use((cedar) => cedar.validate({ validationSettings: { mode: 'strict' }, schema: schema.text, policies: { staticPolicies: texts(policies) } }));
  if (answer.type === 'failure') {
    errors.push(...answer.errors.map((error) => whole(schema.file, safe(error.message), error.help ?? 'see docs/errors/policy-load.md')));
    return;
  }
  const seen = new Set<string>();
  for (const [found, into] of [[answer.validationErrors, errors], [answer.validationWarnings, warnings]] as const) {
    for (const { policyId, error } of found) {
      const policy = policies.get(policyId);
      const at = error.sourceLocations?.[0]?.start;
      // The same fault for each of twenty actions is one fault.
      const place = `${policyId} ${at}`;
      if (seen.has(place)) continue;
      seen.add(place);
      if (policy === undefined) into.push(whole(schema.file, safe(error.message), error.help ?? 'see docs/errors/policy-load.md'));
      else into.push({ ...fault({ file: policy.file, text: sourceOf(packs, policy.file) }, error, policy.offset), message: `policy \`${policyId}\`: ${safe(error.message)}` });
    }
  }
}
