import type { Evidence } from '../core/decision.ts';
import type { Extent, Sink, Verb } from '../core/effect.ts';
import type { Language } from '../core/interpretation.ts';
import type { Principal, Purpose } from '../core/principal.ts';
import type { EntityRef } from '../core/resource.ts';
import type { Target } from '../core/target.ts';

/** `unmask` is asked for a clear value; `none` for a command without effects. */
export type QuestionVerb = Verb | 'unmask' | 'none';

/** `classes` as labelled (`pii.email`); `labels` are the classes and all above them (`pii.email`, `pii`). */
export interface Labels {
  readonly labels: readonly string[];
  readonly classes: readonly string[];
}

/** Labels of a resource, by its identity; of a table with those of all of its columns, which an effect on whole rows does not name. Must be pure for as long as the catalog's version stays. */
export type Labelling = (ref: EntityRef) => Labels;

/** What only some kinds of resources have. Whoever does not know says what is worst. */
export interface ResourceFacts extends Labels {
  readonly workspace: boolean;
  readonly recoverable: boolean;
  readonly known: boolean;
  readonly pinned: boolean;
  readonly method: string;
}

/** What happened before in the same agent run. */
export interface RunFacts {
  readonly known: boolean;
  readonly id: string;
  readonly traced: boolean;
  readonly untrusted: boolean;
  readonly secrets: boolean;
  readonly destroyed: number;
  readonly changed: number;
  readonly backup: boolean;
}

/** Who asks, of what, and when: the same for every effect of a command. */
export interface Asker {
  readonly principal: Principal;
  readonly target: Target;
  readonly database: string | undefined;
  readonly language: Language;
  readonly purpose: Purpose;
  readonly presence: 'human' | 'unattended' | 'unknown';
  readonly now: number;
}

/** One question to Cedar: one class of resource, one verb. */
export interface Question {
  readonly asker: Asker;
  readonly verb: QuestionVerb;
  readonly resource: EntityRef;
  /** Tables of which the resource is a part, for permits: what covers them covers it. */
  readonly heldBy: readonly EntityRef[];
  readonly extent: Extent;
  /** As `Effect.columns`: what of a table is meant, where policies name its columns. */
  readonly columns: readonly string[] | 'all';
  readonly reversible: boolean;
  readonly derived: boolean;
  readonly sink: Sink;
  readonly facts: ResourceFacts;
  /** Labels of the values that would leave. */
  readonly carries: readonly string[];
  /** Rows, where they were counted or estimated. */
  readonly amount: { readonly rows: number; readonly exact: boolean } | undefined;
  readonly run: RunFacts;
  readonly evidence: Evidence | undefined;
  /** Of a call: only policies that speak of functions count, and nothing needs to permit it. */
  readonly isCall?: true;
}

export const noLabels: Labels = { labels: [], classes: [] };

/** What is not known of a resource counts as its worst: outside the workspace, not recoverable, unknown, not pinned. */
export const worstFacts: ResourceFacts = { ...noLabels, workspace: false, recoverable: false, known: false, pinned: false, method: '' };

/** No run is followed yet: `known: false` says so. */
export const noRun: RunFacts = { known: false, id: '', traced: false, untrusted: false, secrets: false, destroyed: 0, changed: 0, backup: false };
