import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { Context, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { display, truncate } from '../core/display.ts';
import { texts, type PolicySet } from './policy.ts';
import { firstAbsent } from './slice.ts';

/** Where a parsed policy set and its schema stand inside cedar-wasm. What is parsed under an id is never freed: ids are few, and swapped. */
export interface Slot {
  readonly schema: string;
  /** Those that decide. */
  readonly policies: string;
  /** Those that are only observed. Parsed for a set that has some. */
  readonly observed: string;
}

export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: string;
  readonly resource: TypeAndId;
  readonly context: Context;
  readonly entities: EntityJson[];
}

/** `reasons` are ids of the policies that determined it; empty for a deny that nothing permitted. */
export type Answer =
  | { readonly failed: false; readonly allow: boolean; readonly reasons: readonly string[] }
  | { readonly failed: true; readonly note: string; readonly policies: readonly string[] };

const noteWidth = 300;
let pairs = 0;

/** Two slots, for one decision point's life: one in force, one to load the next set into. */
export function slotPair(): readonly [Slot, Slot] {
  pairs += 1;
  const slot = (side: string): Slot => ({ schema: `schema-${pairs}-${side}`, policies: `policies-${pairs}-${side}`, observed: `observed-${pairs}-${side}` });
  return [slot('a'), slot('b')];
}

/** Parses into the slot. Says what went wrong; the slot then holds what it held. Whatever was thrown is such a fault too. */
export function prepare(slot: Slot, { schema, policies, traits }: Pick<PolicySet, 'schema' | 'policies' | 'traits'>): string | undefined {
  try {
    const answers = [preparseSchema(slot.schema, schema), preparsePolicySet(slot.policies, { staticPolicies: texts(policies, 'enforce') })];
    if (traits.observes) answers.push(preparsePolicySet(slot.observed, { staticPolicies: texts(policies, 'observe') }));
    for (const answer of answers) {
      if (answer.type === 'failure') return answer.errors.map((error) => error.message).join('; ');
    }
    return undefined;
  } catch (error) {
    return `cedar threw: ${safe(error)}`;
  }
}

type Evaluated =
  | { readonly failed: false; readonly allow: boolean; readonly reasons: readonly string[]; readonly errors: readonly { readonly id: string; readonly note: string }[] }
  | { readonly failed: true; readonly note: string };

function evaluate(schema: string, policies: string, request: CedarRequest): Evaluated {
  try {
    const absent = firstAbsent(request.entities, [request.principal, request.resource], request.context);
    if (absent !== undefined) return { failed: true, note: safe(`the slice is not closed: ${absent} is named and absent`) };
    const answer = statefulIsAuthorized({
      principal: request.principal, action: { type: 'Action', id: request.action }, resource: request.resource, context: request.context, entities: request.entities,
      preparsedSchemaName: schema, validateRequest: true, preparsedPolicySetId: policies,
    });
    if (answer.type === 'failure') return { failed: true, note: safe(answer.errors.map((error) => error.message).join('; ')) };
    const { decision, diagnostics } = answer.response;
    return {
      failed: false, allow: decision === 'allow', reasons: diagnostics.reason.toSorted(),
      errors: diagnostics.errors.map(({ policyId, error }) => ({ id: policyId, note: safe(error.message) })),
    };
  } catch (error) {
    return { failed: true, note: safe(error) };
  }
}

/** Total. Any error of any policy, a failure, an open slice or anything thrown (lone surrogates do) is `failed`, which the caller MUST refuse. */
export function ask(slot: Slot, request: CedarRequest): Answer {
  const answer = evaluate(slot.schema, slot.policies, request);
  if (answer.failed) return { ...answer, policies: [] };
  // An erroring forbid is skipped by Cedar, so that an `allow` beside an error means nothing.
  if (answer.errors.length > 0) return { failed: true, note: safe(answer.errors.map(({ note }) => note).join('; ')), policies: answer.errors.map(({ id }) => id) };
  return { failed: false, allow: answer.allow, reasons: answer.reasons };
}

/** Which observed policies refuse the request, and which cannot be evaluated. Total. For a slot whose set observes; what fails as a whole has failed `ask` before. */
export function watch(slot: Slot, request: CedarRequest): { readonly refusing: readonly string[]; readonly erring: readonly string[] } {
  const answer = evaluate(slot.schema, slot.observed, request);
  return answer.failed ? { refusing: [], erring: [] } : { refusing: answer.reasons, erring: answer.errors.map(({ id }) => id) };
}

/** Cedar quotes names from outside in its messages; a person will read them. */
export function safe(error: unknown): string {
  let text: string;
  try { text = error instanceof Error ? error.message : String(error); } catch { text = 'unknown error'; }
  return truncate(display(text), noteWidth);
}
