import type { PolicyRef } from '../core/decision.ts';
import type { Mode } from '../core/target.ts';
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Naming } from './reach.ts';

/** Evidence that a person can add; what `@hold` may name. */
export const evidenceKinds = ['approval', 'justification'] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** One policy, as it stands in a file. */
export interface Policy {
  /** `pack/id`, and what a refusal shows of it. */
  readonly ref: PolicyRef;
  readonly effect: 'permit' | 'forbid';
  /** `observe`: it is evaluated and takes no part in the verdict. Only of forbids. */
  readonly mode: Mode;
  /** Empty for what no evidence lifts. */
  readonly hold: readonly EvidenceKind[];
  /** Groups, with the hold `approval`. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly text: string;
  readonly json: PolicyJson;
  readonly file: string;
  /** Of its first byte in the file. */
  readonly offset: number;
  /** The same place as people count, from 1. */
  readonly line: number;
  readonly column: number;
}

/** What a set reads, derived from its policies; what a reused answer depends on. */
export interface Traits {
  /** Resources that a policy names (`Table::"prod-db/public.users"`): whether one of them contains the resource is part of a class. */
  readonly named: ReadonlySet<string>;
  /** The same as names, for those that are names of something, and the kinds that policies tell apart: what an effect may reach unnamed. */
  readonly naming: Naming;
  /** Policies that speak of functions, and of what is done with them when they are called: only these are asked about a call. */
  readonly ofCalls: ReadonlySet<string>;
  /** Labels that policies name. */
  readonly labels: readonly string[];
  /** Verbs that policies look for in a grant or purpose, beside the one that is asked; undefined when they look at such a set as a whole. */
  readonly verbs: ReadonlySet<string> | undefined;
  /** Forbids whose answer may differ from grant to grant. */
  readonly readsGrant: ReadonlySet<string>;
  readonly readsNow: boolean;
  /** Some policies are only observed: every question is put to them, too. */
  readonly observes: boolean;
  /** Moments written in policies, ms. */
  readonly moments: readonly number[];
  /** Nothing may be reused: a policy computes with the time. */
  readonly volatile: boolean;
}

/** A file that was read: policies, a schema, golden cases. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/** A set that parsed, validated and passed the lints. */
export interface PolicySet {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly schema: string;
  readonly traits: Traits;
  /** `sha256:` over names and contents of all policy files and the schema. */
  readonly version: string;
  readonly goldens: readonly SourceFile[];
}

/** Ids to texts, as cedar-wasm takes them: of the policies in that mode, or of all. */
export function texts(policies: ReadonlyMap<string, Policy>, mode?: Mode): Record<string, string> {
  return Object.fromEntries([...policies].flatMap(([id, policy]) => (mode === undefined || policy.mode === mode ? [[id, policy.text]] : [])));
}

/** Cedar gives null for an annotation without a value: `@title`. */
export function annotationsOf(json: PolicyJson): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(Object.entries(json.annotations ?? {}).map(([name, value]: [string, string | null]) => [name, value ?? '']));
}
