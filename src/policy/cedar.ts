import type { CheckParseAnswer, Context, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { display, truncate } from '../core/display.ts';
import { Engine, Trap, type Cedar } from './engine.ts';
import { texts, type PolicySet } from './policy.ts';
import { firstAbsent } from './slice.ts';

/** Where a parsed policy set and its schema stand. */
export interface Slot {
  readonly engine: Engine;
}

/** Names inside an instance. What is parsed under one is replaced, never added to. */
const names = { schema: 'schema', policies: 'policies', observed: 'observed' } as const;

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

/** Two slots, for one decision point's life: one in force, one to load the next set into. Each is of its own, so that nothing of a set that is tried reaches the one in force. */
export function slotPair(): readonly [Slot, Slot] {
  return [{ engine: new Engine() }, { engine: new Engine() }];
}

type Parsed = Pick<PolicySet, 'schema' | 'policies' | 'traits'>;

/** The schema that stands in an instance. It is the gateway's own and seldom another, and takes longer than a set of twenty policies. */
const schemas = new WeakMap<Cedar, string>();

function words(answer: CheckParseAnswer): string | undefined {
  return answer.type === 'failure' ? answer.errors.map((error) => error.message).join('; ') : undefined;
}

type Step = (cedar: Cedar) => string | undefined;

/** What makes an instance ready for a set, in parts of some milliseconds each. */
function steps({ schema, policies, traits }: Parsed): readonly Step[] {
  return [
    (cedar) => {
      if (schemas.get(cedar) === schema) return undefined;
      schemas.delete(cedar);
      const fault = words(cedar.preparseSchema(names.schema, schema));
      if (fault === undefined) schemas.set(cedar, schema);
      return fault;
    },
    (cedar) => words(cedar.preparsePolicySet(names.policies, { staticPolicies: texts(policies, 'enforce') })),
    ...(traits.observes ? [(cedar: Cedar) => words(cedar.preparsePolicySet(names.observed, { staticPolicies: texts(policies, 'observe') }))] : []),
  ];
}

function parse(cedar: Cedar, set: Parsed): string | undefined {
  for (const step of steps(set)) {
    const fault = step(cedar);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function attempt({ engine }: Slot, step: Step): string | undefined {
  try {
    return engine.use(step);
  } catch (error) {
    return error instanceof Trap ? safe(error) : `cedar threw: ${safe(error)}`;
  }
}

/** Parses into the slot. Says what went wrong: then nothing can be asked of the slot before another set stands in it. Whatever was thrown is such a fault too. */
export function prepare(slot: Slot, set: Parsed): string | undefined {
  slot.engine.keep(() => {});
  const fault = attempt(slot, (cedar) => parse(cedar, set));
  if (fault === undefined) slot.engine.keep((cedar) => { parse(cedar, set); });
  return fault;
}

/** The same with a turn of the event loop between its parts, so that others' commands go on. The slot MUST NOT be asked anything meanwhile. */
export async function prepareInTurns(slot: Slot, set: Parsed): Promise<string | undefined> {
  slot.engine.keep(() => {});
  const { traps } = slot.engine;
  // The first makes the instance, where there is none yet.
  for (const step of [(): undefined => undefined, ...steps(set)]) {
    const fault = attempt(slot, step);
    if (fault !== undefined) return fault;
    await new Promise<void>((resolve) => { setImmediate(resolve); });
  }
  if (slot.engine.traps !== traps) return 'the evaluator was replaced meanwhile';
  slot.engine.keep((cedar) => { parse(cedar, set); });
  return undefined;
}

type Evaluated =
  | { readonly failed: false; readonly allow: boolean; readonly reasons: readonly string[]; readonly errors: readonly { readonly id: string; readonly note: string }[] }
  | { readonly failed: true; readonly note: string };

function evaluate({ engine }: Slot, policies: string, request: CedarRequest): Evaluated {
  try {
    const absent = firstAbsent(request.entities, [request.principal, request.resource], request.context);
    if (absent !== undefined) return { failed: true, note: safe(`the slice is not closed: ${absent} is named and absent`) };
    const answer = engine.use((cedar) => cedar.statefulIsAuthorized({
      principal: request.principal, action: { type: 'Action', id: request.action }, resource: request.resource, context: request.context, entities: request.entities,
      preparsedSchemaName: names.schema, validateRequest: true, preparsedPolicySetId: policies,
    }));
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
  const answer = evaluate(slot, names.policies, request);
  if (answer.failed) return { ...answer, policies: [] };
  // An erroring forbid is skipped by Cedar, so that an `allow` beside an error means nothing.
  if (answer.errors.length > 0) return { failed: true, note: safe(answer.errors.map(({ note }) => note).join('; ')), policies: answer.errors.map(({ id }) => id) };
  return { failed: false, allow: answer.allow, reasons: answer.reasons };
}

/** Which observed policies refuse the request, and which cannot be evaluated. Total. For a slot whose set observes; what fails as a whole has failed `ask` before. */
export function watch(slot: Slot, request: CedarRequest): { readonly refusing: readonly string[]; readonly erring: readonly string[] } {
  const answer = evaluate(slot, names.observed, request);
  return answer.failed ? { refusing: [], erring: [] } : { refusing: answer.reasons, erring: answer.errors.map(({ id }) => id) };
}

/** Cedar quotes names from outside in its messages; a person will read them. */
export function safe(error: unknown): string {
  let text: string;
  try { text = error instanceof Error ? error.message : String(error); } catch { text = 'unknown error'; }
  return truncate(display(text), noteWidth);
}
