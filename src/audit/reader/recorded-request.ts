import { z } from 'zod';
import { type Effect, extents, opaqueReasons, sinks, verbs } from '../../core/effect.ts';
import { parseResourceText } from '../../core/format.ts';
import { type Language, languages } from '../../core/interpretation.ts';
import type { LogRecord } from '../../core/log-record.ts';
import type { PrincipalRef } from '../../core/principal.ts';
import { entityKinds, type EntityRef, partRoles, thingKinds } from '../../core/resource.ts';
import { environments, protocols, type Target } from '../../core/target.ts';

/** What a decision was asked about, as far as the record keeps it: names where the gate had principals and purposes. */
export interface RecordedRequest {
  readonly principal: PrincipalRef;
  readonly target: Target;
  readonly database: string | undefined;
  readonly purpose: string;
  readonly language: Language;
  readonly effects: readonly Effect[];
}

const kinds = [...entityKinds, ...thingKinds] as const;

const resource = z.string().transform((text, context): Pick<EntityRef, 'kind' | 'path'> => {
  const parsed = parseResourceText(text);
  const kind = kinds.find((kind) => kind === parsed?.kind);
  if (parsed !== undefined && kind !== undefined) return { kind, path: parsed.path };
  context.addIssue({ code: 'custom', message: 'is no resource' });
  return z.NEVER;
});

/** The places in the text are not on record, and no policy sees them. */
const nowhere = { start: 0, end: 0 };
/** Fields that say how much of a list was left out; a decision about the rest would be one about something else. */
const whole = z.undefined().optional();

/** As src/audit/ocsf/effect.ts writes it. */
const effect = z.object({
  verb: z.enum(verbs), resource, system: z.boolean().default(false), resource_id: z.string().optional(), part_as: z.enum(partRoles).optional(), part_of: z.array(resource).default([]), part_of_left_out: whole, extent: z.enum(extents),
  columns: z.union([z.literal('all'), z.array(z.string())]), columns_left_out: whole, reversible: z.boolean(), via: z.array(resource).default([]), via_left_out: whole,
  sink: z.enum(sinks).optional(), reason: z.enum(opaqueReasons).optional(), outside_transaction: z.boolean().optional(),
}).transform(({ verb, resource: ref, system, resource_id: id, part_as: as, part_of: wholes, extent, columns, reversible, via, sink, reason, outside_transaction: outsideTransaction }): Effect => ({
  verb, extent, columns, reversible, span: nowhere,
  resource: { ...ref, system, ...(id === undefined ? {} : { id }), ...(as === undefined ? {} : { partOf: { as, wholes: wholes.map((one) => ({ ...one, system: false })) } }) },
  via: via.map((one) => ({ ...one, system: false })),
  ...(sink === undefined ? {} : { sink }), ...(reason === undefined ? {} : { reason }), ...(outsideTransaction === undefined ? {} : { outsideTransaction }),
}));

const principalKinds = { user: 'User', agent: 'Agent', service: 'Service' } as const;

const principal = z.string().transform((text, context): PrincipalRef => {
  const match = /^(user|agent|service):(.+)$/s.exec(text);
  const kind = match?.[1];
  if (kind === 'user' || kind === 'agent' || kind === 'service') return { kind: principalKinds[kind], name: match?.[2] ?? '' };
  context.addIssue({ code: 'custom', message: 'is no principal' });
  return z.NEVER;
});

const decision = z.object({
  metadata: z.object({ is_truncated: whole }),
  dst_endpoint: z.object({ svc_name: z.enum(protocols) }),
  unmapped: z.object({ guardrails: z.object({
    principal, database: z.string().optional(), purpose: z.string(), language: z.enum(languages), effects: z.array(effect), effects_left_out: whole,
    target: z.object({ name: z.string(), environment: z.enum(environments), mode: z.enum(['enforce', 'observe']) }),
  }) }),
});

/** Undefined where the record does not hold all of it: it was cut to its limits, or another version wrote it. */
export function recordedRequest(record: Pick<LogRecord, 'text'>): RecordedRequest | undefined {
  const read = decision.safeParse(JSON.parse(record.text));
  if (!read.success) return undefined;
  const { database, ...rest } = read.data.unmapped.guardrails;
  const target: Target = { ...rest.target, protocol: read.data.dst_endpoint.svc_name };
  return { principal: rest.principal, target, purpose: rest.purpose, language: rest.language, effects: rest.effects, database };
}
