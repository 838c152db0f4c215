import { extents, opaqueReasons, sinks, verbs, type Verb } from '../core/effect.ts';
import { parseResourceText, partWords } from '../core/format.ts';
import { languages, type Language } from '../core/interpretation.ts';
import type { Principal, PrincipalKind } from '../core/principal.ts';
import { entityKinds, partRoles, thingKinds, type EntityRef } from '../core/resource.ts';
import { environments, protocols, type Protocol } from '../core/target.ts';
import type { ApprovalRequest } from './approve.ts';
import { besideWay, heldBy } from './kin.ts';
import { noRun, worstFacts, type Asker, type Question, type QuestionVerb } from './question.ts';

/** 2026-01-01T00:00:00Z: the moment at which every golden case is decided. */
export const goldenNow = 1_767_225_600_000;

const hourMs = 3_600_000;
const kinds = [...entityKinds, ...thingKinds] as const;
const asked = [...verbs, 'unmask'] as const;
const languageOf: Record<Protocol, Language> = { postgres: 'sql/postgres', mysql: 'sql/mysql', http: 'http', mcp: 'mcp', ssh: 'shell', hook: 'shell' };

/** `name=value` and bare words. */
interface Words { readonly values: ReadonlyMap<string, string>; readonly flags: ReadonlySet<string> }

function tokens(text: string): readonly string[] {
  return text.match(/(?:[^\s"]|"(?:[^"]|"")*")+/g) ?? [];
}

function words(parts: readonly string[], known: readonly string[]): Words {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (const part of parts) {
    const at = part.indexOf('=');
    const name = at === -1 ? part : part.slice(0, at);
    // A misspelt word would silently test something else.
    if (!known.includes(at === -1 ? name : `${name}=`)) throw new Error(`\`${part}\` is not a word here; there are ${known.join(' ')}`);
    if (at === -1) flags.add(name); else values.set(name, part.slice(at + 1));
  }
  return { values, flags };
}

function oneOf<Word extends string>(options: readonly Word[], text: string): Word {
  const found = options.find((option) => option === text);
  if (found === undefined) throw new Error(`\`${text}\` is none of ${options.join(' ')}`);
  return found;
}

function list(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

/** `+8h`, `-1h`, `0h`: from the golden moment. */
function moment(text: string): number {
  const match = /^([+-]?\d+)h$/.exec(text);
  if (match === null) throw new Error(`\`${text}\` is no time; write hours from now, such as +8h`);
  return goldenNow + Number(match[1]) * hourMs;
}

function number(text: string): number {
  const value = Number(text);
  if (text === '' || Number.isNaN(value)) throw new Error(`\`${text}\` is no number`);
  return value;
}

/** `\u{d800}` is that code unit or character: what a file in UTF-8 cannot hold, a name from the wire can. */
function unescaped(part: string): string {
  return part.replaceAll(/\\u\{([0-9a-f]{1,6})\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

function resource(text: string, system: boolean): EntityRef {
  const parsed = parseResourceText(text);
  if (parsed === undefined) throw new Error(`\`${text}\` is no resource; write kind:part.part`);
  return { kind: oneOf(kinds, parsed.kind), path: parsed.path.map(unescaped), system };
}

/** The question as it would come from who forgets a fact, or has a word that policies do not know. */
function spoilt(question: Question, forgotten: readonly string[], other: string | undefined): Question {
  const facts = { ...question.facts };
  const whole: Record<string, unknown> = { ...question, facts };
  for (const name of forgotten) {
    if (!(name in whole) && !(name in facts)) throw new Error(`\`${name}\` is no fact of a question`);
    Reflect.deleteProperty(whole, name);
    Reflect.deleteProperty(facts, name);
  }
  const [name = '', value = ''] = other?.split(':') ?? [];
  if (other !== undefined) whole[name] = value;
  return whole as unknown as Question; // that it is none is what the case is about
}

function verbsOf(text: string | undefined): readonly (Verb | 'unmask')[] {
  return text === undefined || text === 'all' ? asked : list(text).map((verb) => oneOf(asked, verb));
}

function principalOf(text: string): { readonly kind: PrincipalKind; readonly name: string } {
  const [kind, name] = text.split(':');
  return { kind: oneOf(['User', 'Agent', 'Service'] as const, (kind ?? '').replace(/^./, (first) => first.toUpperCase())), name: name ?? '' };
}

const askerWords = [
  'as=', 'owner=', 'no-owner', 'no-end', 'groups=', 'disabled', 'owner-disabled', 'expires=', 'can=', 'cannot', 'on=', 'granted-on=', 'unmask=', 'grant-until=', 'purpose=', 'purpose-labels=', 'env=', 'protocol=',
  'language=', 'database=', 'presence=', 'approved-by=', 'count=', 'saw-counts', 'owner-approved', 'approval-until=', 'words=', 'ticket=', 'show-until',
];

function principal({ values, flags }: Words, target: string): Principal {
  const ref = principalOf(values.get('as') ?? 'agent:bot');
  const grant = {
    id: 'g1', target: values.get('granted-on') ?? target, resources: list(values.get('on')).map((text) => resource(text, false)), verbs: verbsOf(values.get('can')),
    unmask: list(values.get('unmask')), until: moment(values.get('grant-until') ?? '+8h'),
  };
  return {
    ref, enabled: !flags.has('disabled'), groups: list(values.get('groups')), strongAuth: false, grants: flags.has('cannot') ? [] : [grant],
    ...(ref.kind === 'User' || flags.has('no-owner') ? {} : { owner: { name: values.get('owner') ?? 'ada', enabled: !flags.has('owner-disabled') } }),
    ...(ref.kind === 'Agent' && !flags.has('no-end') ? { until: moment(values.get('expires') ?? '+24h') } : {}),
  };
}

/** The rest of a `decide` command: who asks, with what evidence. */
export function goldenAsker(command: string): { readonly asker: Asker; readonly evidence: Question['evidence']; readonly showUntil: boolean } {
  const read = words(tokens(command).slice(1), askerWords);
  const { values, flags } = read;
  const protocol = oneOf(protocols, values.get('protocol') ?? 'postgres');
  const name = protocol === 'hook' ? 'laptop' : 'db';
  const language = values.get('language');
  const approvedBy = values.get('approved-by');
  const length = values.get('words');
  const asker: Asker = {
    principal: principal(read, name),
    target: { name, protocol, environment: oneOf(environments, values.get('env') ?? 'production'), mode: 'enforce' },
    database: values.get('database'), language: language === undefined ? languageOf[protocol] : oneOf(languages, language),
    purpose: { name: 'work', verbs: verbsOf(values.get('purpose')), labels: list(values.get('purpose-labels')) }, presence: oneOf(['human', 'unattended', 'unknown'] as const, values.get('presence') ?? 'unknown'), now: goldenNow,
  };
  const evidence = {
    ...(approvedBy === undefined ? {} : {
      approval: {
        id: 'a1', groups: list(approvedBy), count: number(values.get('count') ?? '1'), owner: flags.has('owner-approved'), sawCounts: flags.has('saw-counts'), until: moment(values.get('approval-until') ?? '+1h'),
      },
    }),
    ...(length === undefined ? {} : { justification: { ticket: values.get('ticket') ?? '', verified: values.has('ticket'), length: number(length) } }),
  };
  return { asker, evidence: Object.keys(evidence).length === 0 ? undefined : evidence, showUntil: flags.has('show-until') };
}

const effectWords = [
  'extent=', 'columns=', 'sink=', 'reason=', 'irreversible', 'outside-transaction', 'system',
  'partition-of=', 'child-of=', 'with-parts-of=', 'parts=', 'labels=', 'classes=', 'carries=', 'amount=', 'run=', 'workspace', 'recoverable', 'known', 'pinned', 'method=', 'forget=', 'other=',
];

function resources(text: string): readonly EntityRef[] {
  return list(text).map((one) => resource(one, false));
}

/** With what it is part of, and the parts of it that are no effects of their own. */
function withKin(ref: EntityRef, { values }: Words): EntityRef {
  const partOf = partRoles.flatMap((as) => { const text = values.get(partWords[as]); return text === undefined ? [] : [{ as, wholes: resources(text) }]; })[0];
  const parts = values.get('parts');
  return { ...ref, ...(partOf === undefined ? {} : { partOf }), ...(parts === undefined ? {} : { parts: resources(parts) }) };
}

/** One input line: an effect as core/format writes it (without a span), and facts about its resource that no effect carries. */
export function goldenQuestion(line: string, asker: Asker, evidence: Question['evidence']): Question {
  const [verb = '', name = '', ...rest] = tokens(line);
  const via = rest.indexOf('via');
  const read = words(via === -1 ? rest : rest.slice(0, via), effectWords);
  const { values, flags } = read;
  const reason = values.get('reason');
  if (reason !== undefined) oneOf(opaqueReasons, reason);
  const amount = values.get('amount');
  const run = list(values.get('run'));
  const known: QuestionVerb = oneOf(asked, verb);
  const named = { resource: withKin(resource(name, flags.has('system')), read), via: via === -1 ? [] : rest.slice(via + 1).map((text) => resource(text, false)) };
  const question: Question = {
    asker, evidence, verb: known, resource: besideWay(named), heldBy: heldBy(named), extent: oneOf(extents, values.get('extent') ?? 'none'),
    columns: values.get('columns') === '*' ? 'all' : list(values.get('columns')),
    reversible: !flags.has('irreversible'), derived: via !== -1, sink: oneOf(sinks, values.get('sink') ?? 'none'),
    facts: {
      ...worstFacts, labels: list(values.get('labels')), classes: list(values.get('classes')), workspace: flags.has('workspace'), recoverable: flags.has('recoverable'),
      known: flags.has('known'), pinned: flags.has('pinned'), method: values.get('method') ?? '',
    },
    carries: list(values.get('carries')), amount: amount === undefined ? undefined : { rows: number(amount), exact: false },
    run: values.has('run') ? { ...noRun, known: true, id: 'r1', untrusted: run.includes('untrusted'), secrets: run.includes('secrets') } : noRun,
  };
  return values.has('forget') || values.has('other') ? spoilt(question, list(values.get('forget')), values.get('other')) : question;
}

/** The rest of an `approve` command. */
export function goldenApproval(command: string): ApprovalRequest {
  const { values, flags } = words(tokens(command).slice(1), ['as=', 'groups=', 'disabled', 'requester=', 'beneficiary=', 'approvers=', 'weak']);
  const approver: Principal = { ref: principalOf(values.get('as') ?? 'user:ada'), enabled: !flags.has('disabled'), groups: list(values.get('groups')), grants: [], strongAuth: true };
  return {
    approver, requester: values.get('requester') ?? 'bob', beneficiary: values.get('beneficiary') ?? 'bob', approvers: list(values.get('approvers')), strongAuth: !flags.has('weak'), channel: 'console', now: goldenNow,
  };
}
