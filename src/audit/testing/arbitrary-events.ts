import fc, { type Arbitrary } from 'fast-check';
import type { Need } from '../../core/decision.ts';
import { extents, opaqueReasons, sinks, verbs, type Effect } from '../../core/effect.ts';
import type { AuditEvent, DecisionEvent, OutcomeEvent, SessionFacts } from '../../core/event.ts';
import { languages } from '../../core/interpretation.ts';
import { refusalCodes } from '../../core/refusal.ts';
import { entityKinds, partRoles, thingKinds, type EntityRef } from '../../core/resource.ts';
import { environments, protocols, type Target } from '../../core/target.ts';

/** Text as an attacker would choose it: lone surrogates, controls, quotes, things that look like our own fields, and too long. */
export const hostileText: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.string() },
  { weight: 4, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 4, arbitrary: fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)) },
  { weight: 4, arbitrary: fc.constantFrom('', '\ud800', '","sequence":1,"uid":"x', '\u0000\u001b[2J', '\u202e', '01938e6c-0000-7000-8000-000000000000') },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('a', '\u0001', '\u{1f512}', '"', 'é'), fc.nat(40_000)).map(([unit, count]) => unit.repeat(count)) },
);

const name = fc.oneof({ weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 12 }) }, { weight: 1, arbitrary: hostileText });
const maybe = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
/** Mostly short lists; now and then far too long ones. */
const several = <T>(arbitrary: Arbitrary<T>): Arbitrary<readonly T[]> => fc.oneof(
  { weight: 20, arbitrary: fc.array(arbitrary, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.tuple(arbitrary, fc.nat(400)).map(([item, count]) => Array.from({ length: count }, () => item)) },
);

const client = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('0000:0000:0000:0000:0000:0000:100.100.100.100'), name), port: fc.integer({ min: -1, max: 70_000 }) });
const target: Arbitrary<Target> = fc.record({
  name, protocol: fc.constantFrom(...protocols), environment: fc.constantFrom(...environments), mode: fc.constantFrom('enforce', 'observe'),
});

export const session: Arbitrary<SessionFacts> = fc.record({
  id: name, principal: fc.record({ kind: fc.constantFrom('User', 'Agent', 'Service'), name }), owner: maybe(name), target, database: maybe(name), purpose: name, client, application: maybe(name),
});

const plain: Arbitrary<EntityRef> = fc.record({ kind: fc.constantFrom(...entityKinds, ...thingKinds), path: several(name), system: fc.boolean(), id: name }, { requiredKeys: ['kind', 'path', 'system'] });
const resource: Arbitrary<EntityRef> = fc.tuple(plain, maybe(fc.record({ as: fc.constantFrom(...partRoles), wholes: several(plain) }))).map(([ref, partOf]) => (partOf === undefined ? ref : { ...ref, partOf }));

export const effect: Arbitrary<Effect> = fc.record({
  verb: fc.constantFrom(...verbs), resource, extent: fc.constantFrom(...extents), columns: fc.oneof(fc.constant('all' as const), several(name)), reversible: fc.boolean(),
  span: fc.record({ start: fc.nat(), end: fc.nat() }), via: several(resource),
  sink: fc.constantFrom(...sinks), reason: fc.constantFrom(...opaqueReasons), note: hostileText, outsideTransaction: fc.boolean(),
}, { requiredKeys: ['verb', 'resource', 'extent', 'columns', 'reversible', 'span', 'via'] });

const need: Arbitrary<Need> = fc.oneof(
  fc.record({ kind: fc.constant('approval' as const), approvers: several(name), quorum: fc.nat() }),
  fc.record({ kind: fc.constant('justification' as const) }),
);

export const decision: Arbitrary<DecisionEvent> = fc.record({
  type: fc.constant('decision' as const), session, language: fc.constantFrom(...languages), shape: hostileText, effects: several(effect),
  outcome: fc.constantFrom('permit', 'hold', 'deny'), enforced: fc.boolean(), code: maybe(fc.constantFrom(...refusalCodes)),
  reason: maybe(fc.constantFrom('forbidden', 'no-permit', 'indeterminate')), policies: several(fc.record({ id: name, title: name })), policyVersion: name,
  observed: several(fc.record({ id: name, title: name, would: fc.constantFrom('hold', 'deny', 'error') })), needs: several(need),
});

export const outcome: Arbitrary<OutcomeEvent> = fc.record({
  type: fc.constant('outcome' as const), status: fc.constantFrom('ok', 'error', 'cancelled', 'skipped', 'misread', 'lost'),
  rows: fc.oneof(fc.nat(100), fc.maxSafeNat()), bytes: fc.oneof(fc.nat(100_000), fc.maxSafeNat()), sqlstate: maybe(fc.oneof(fc.constantFrom('42501', '23505'), name)),
});

/** One for every type of event: a new type does not compile until it is here. */
export const eventsByType: { readonly [T in AuditEvent['type']]: Arbitrary<Extract<AuditEvent, { type: T }>> } = {
  'decision': decision,
  'gateway-started': fc.record({ type: fc.constant('gateway-started'), version: name, configDigest: name, policyVersion: name, targets: several(name), binaries: several(fc.record({ name, sha256: name })) }),
  'gateway-stopped': fc.record({ type: fc.constant('gateway-stopped'), why: hostileText }),
  'session-opened': fc.record({ type: fc.constant('session-opened'), session, method: name, tls: fc.boolean() }),
  'session-refused': fc.record({ type: fc.constant('session-refused'), user: hostileText, target, client, code: fc.constantFrom(...refusalCodes), why: hostileText }),
  'session-closed': fc.record({ type: fc.constant('session-closed'), session, why: hostileText, commands: fc.nat(), refused: fc.nat() }),
  'policy-changed': fc.record({ type: fc.constant('policy-changed'), from: name, to: name, ids: several(name), added: several(name), changed: several(name), removed: several(name) }),
  'policy-rejected': fc.record({ type: fc.constant('policy-rejected'), inForce: name, errors: several(hostileText) }),
  'config-changed': fc.record({ type: fc.constant('config-changed'), from: name, to: name }),
  'target-frozen': fc.record({ type: fc.constant('target-frozen'), target: name, by: name, why: hostileText }),
  'target-examined': fc.record({ type: fc.constant('target-examined'), target: name, database: name, weaknesses: fc.array(name, { maxLength: 20 }) }),
  'target-unfrozen': fc.record({ type: fc.constant('target-unfrozen'), target: name, by: name, since: fc.maxSafeNat() }),
  'identity-changed': fc.record({
    type: fc.constant('identity-changed'), action: fc.constantFrom('create', 'update', 'delete', 'disable', 'rotate'),
    what: fc.constantFrom('user', 'agent', 'service', 'group', 'grant', 'credential'), name, by: name, detail: hostileText,
  }),
  'recording-failed': fc.record({ type: fc.constant('recording-failed'), error: hostileText }),
  'recording-recovered': fc.record({ type: fc.constant('recording-recovered'), missed: fc.nat(), detail: hostileText }),
};
