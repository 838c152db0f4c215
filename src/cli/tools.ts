import type { LogFilter, LogRecord } from '../core/log-record.ts';
import type { Config } from '../config/config.ts';
import type { Decision, Need, PolicyRef } from '../core/decision.ts';
import type { Verb } from '../core/effect.ts';
import type { Interpretation } from '../core/interpretation.ts';
import type { Principal, PrincipalKind, Purpose } from '../core/principal.ts';
import type { Refusal, RefusalCode } from '../core/refusal.ts';
import type { EntityRef } from '../core/resource.ts';
import type { FreezeRecord, GrantRecord, GroupRecord, Holder, PrincipalRecord } from '../core/state.ts';
import type { Environment, Mode, Target } from '../core/target.ts';

/**
 * What the verbs need of the rest of the house, in the words of core and config; main.ts hands it to them. Each is loaded when first asked for,
 * so that a verb starts no part that it does not need. What rejects carries a `mend` beside its message, where there is one.
 */
export interface Tools {
  readonly version: string;
  /** Folder of the baseline policies that ship. */
  readonly baseline: string;
  serve(config: Config, digest: string, workerArgs: readonly string[]): Promise<Serving>;
  identities(config: Config): Promise<Identities>;
  explainer(wish: ExplainWish): Promise<Explainer>;
  record(data: string): Promise<RecordReader>;
  policies(): Promise<Policies>;
  catalogs(): Promise<Catalogs>;
  /** Of two sets of policies, each of folders. Rejects when one does not load. */
  replay(config: Config, before: readonly string[], after: readonly string[]): Promise<Replay>;
}

export interface Serving {
  readonly listening: readonly { readonly target: string; readonly host: string; readonly port: number }[];
  readonly admin: { readonly host: string; readonly port: number } | undefined;
  readonly policyVersion: string | undefined;
  stop(why: string): Promise<void>;
}

export interface NewAgent {
  readonly name: string;
  readonly owner: string;
  readonly purpose: string | undefined;
  readonly scope: GrantWish;
}

/** `for`: a duration such as `8h`. `resources`: text forms; none is the whole target. */
export interface GrantWish {
  readonly target: string;
  readonly verbs: readonly string[];
  readonly for: string;
  readonly resources: readonly string[];
  readonly unmask: readonly string[];
  readonly why: string | undefined;
}

export type ListedPrincipal = PrincipalRecord & { readonly secret: boolean; readonly groups: readonly string[] };
export type ListedGroup = GroupRecord & { readonly members: readonly Holder[] };

export interface Listing {
  readonly principals: readonly ListedPrincipal[];
  readonly groups: readonly ListedGroup[];
  readonly grants: readonly GrantRecord[];
}

/** Users, agents, services, groups, grants and freezes of one gateway. A change and its record are committed together; a gateway sees it within a second. */
export interface Identities {
  createUser(name: string): Promise<{ readonly secret: string }>;
  createService(name: string, owner: string): Promise<{ readonly secret: string }>;
  createAgent(agent: NewAgent): Promise<{ readonly secret: string; readonly grant: GrantRecord; readonly until: number }>;
  setEnabled(name: string, enabled: boolean): Promise<void>;
  rotate(name: string): Promise<{ readonly secret: string }>;
  /** Resolves with the new end, milliseconds since the epoch. */
  extend(name: string, duration: string): Promise<number>;
  /** Ends an agent and its sessions now, and takes its secret away. */
  revoke(name: string): Promise<void>;
  createGroup(name: string): Promise<void>;
  addToGroup(group: string, member: Holder): Promise<void>;
  removeFromGroup(group: string, member: Holder): Promise<void>;
  grant(holder: Holder, scope: GrantWish): Promise<GrantRecord>;
  revokeGrant(id: string): Promise<void>;
  /** Without agents and grants that ended before `endedAfter` (milliseconds since the epoch). */
  list(endedAfter: number): Promise<Listing>;
  /** From now on nothing but reads passes there; `changed` is false when it was frozen before, by whom `record` says. */
  freeze(target: string, why: string): Promise<{ readonly record: FreezeRecord; readonly changed: boolean }>;
  /** Resolves with the freeze that was; undefined when there was none. */
  unfreeze(target: string): Promise<FreezeRecord | undefined>;
  freezes(): Promise<readonly FreezeRecord[]>;
  /** With owner, groups and grants resolved. */
  principal(kind: PrincipalKind, name: string): Promise<Principal | undefined>;
  close(): Promise<void>;
}

export interface ExplainWish {
  readonly policies: readonly string[];
  /** The catalog of a live target, of a file, or none: names are then taken as written. */
  readonly catalog: { readonly kind: 'none' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'live'; readonly config: Config };
  readonly target: { readonly name: string; readonly environment: Environment; readonly mode: Mode } | undefined;
  /** Whom to decide for; undefined is someone who is granted everything. */
  readonly as: { readonly principal: Principal; readonly config: Config } | undefined;
}

export interface Explanation {
  readonly interpretation: Interpretation;
  readonly decision: Decision;
  /** What a client would be told; undefined of a permit. */
  readonly refusal: Refusal | undefined;
  readonly code: RefusalCode | undefined;
}

export interface Explainer {
  /** Total. Each text is read as the first of its session. */
  explain(text: string): Explanation | Promise<Explanation>;
  close(): Promise<void>;
}

export interface RecordReader {
  read(wish: LogFilter, follow: AbortSignal | undefined): AsyncIterable<LogRecord>;
  /** One line, safe for a terminal. */
  format(entry: LogRecord): string;
  lastRefusal(wish: LogFilter): LogRecord | undefined;
  find(id: string): LogRecord | undefined;
  outcomeOf(decision: LogRecord): LogRecord | undefined;
}

/** Could this principal ever do that? Without a principal: someone who is granted everything there. */
export interface CouldWish {
  readonly principal: Principal | undefined;
  readonly target: Target;
  readonly database: string | undefined;
  /** Those that a session may choose from. */
  readonly purposes: readonly Purpose[];
  readonly verb: Verb;
  readonly resource: EntityRef;
}

export interface CouldCase {
  readonly outcome: 'permit' | 'hold' | 'deny';
  readonly reason: 'forbidden' | 'no-permit' | 'indeterminate' | undefined;
  readonly needs: readonly Need[];
  readonly policies: readonly string[];
  /** Policies in observe mode that would not have let it pass. */
  readonly observed: readonly string[];
  /** Not the resource itself, but what reaches it too, such as its schema; only where that fares better. */
  readonly through: EntityRef | undefined;
  /** Under any of these. `from`: only from that moment on, milliseconds since the epoch. A facet that is not there makes no difference. */
  readonly when: readonly { readonly purposes: readonly string[]; readonly from: number | undefined; readonly facets: Readonly<Record<string, readonly string[]>> }[];
}

export interface CouldPolicy {
  readonly id: string;
  readonly title: string;
  readonly says: 'permits' | 'refuses' | 'holds' | 'would refuse';
  /** What is left of its condition; undefined: nothing, it says so always. */
  readonly where: string | undefined;
  /** Only in sessions of these purposes; undefined: in all that were asked about. */
  readonly purposes: readonly string[] | undefined;
}

export interface Could {
  readonly answer: 'yes' | 'with-evidence' | 'never' | 'undecided';
  readonly cases: readonly CouldCase[];
  readonly policies: readonly CouldPolicy[];
  /** Where nothing permits it: what it would be with a grant of it. */
  readonly granted: Could | undefined;
  readonly notes: readonly string[];
}

/** Texts of findings are `file:line:col: what; mend`. */
export interface Policies {
  /** `targets`: those that there are, so that a policy that names another is found. `notes` are facts, not faults. */
  check(folders: readonly string[], targets?: readonly string[]): { readonly errors: readonly Finding[]; readonly warnings: readonly Finding[]; readonly notes: readonly Finding[]; readonly ids: readonly string[] };
  could(folders: readonly string[], wish: CouldWish): Could | { readonly errors: readonly Finding[] };
  test(folders: readonly string[]): { readonly passed: number; readonly failed: readonly { readonly file: string; readonly line: number; readonly expected: string; readonly got: string }[] };
  rewrite(folders: readonly string[]): readonly string[];
  /** The schema that this gateway builds its questions for, as text. */
  schema(): string;
  /** Those of the ids that the folders hold now. */
  named(folders: readonly string[], ids: readonly string[]): readonly PolicyRef[];
}

/** What a set of policies says today to what was asked then. */
export interface Redecided {
  /** `permit`, `hold`, `deny`; `permit, would deny` where a policy in observe mode would not have let it pass. */
  readonly outcome: string;
  readonly policies: readonly PolicyRef[];
}

/** Why a recorded decision cannot be made again. */
export type NotRedecided = 'principal is gone' | 'purpose is gone' | 'record was cut';

export interface Replay {
  /** As recorded: effects, target, purpose, time. As it is now: what the principal is, its groups and grants, what the purpose allows. */
  redecide(record: LogRecord): { readonly before: Redecided; readonly after: Redecided } | { readonly not: NotRedecided };
}

export interface Finding { readonly file: string; readonly line: number; readonly column: number; readonly message: string; readonly mend: string }

export interface CatalogCounts {
  readonly database: string;
  readonly serverVersion: number;
  readonly version: string;
  readonly role: string | undefined;
  /** By kind, such as `table`. */
  readonly relations: Readonly<Record<string, number>>;
  readonly functions: number;
  readonly extensionFunctions: number;
  readonly triggers: number;
}

export interface Catalogs {
  /** Reads a live target's database; `text` is the content of a snapshot file. */
  save(config: Config, target: string, database: string | undefined): Promise<{ readonly text: string; readonly counts: CatalogCounts }>;
  counts(text: string): Promise<CatalogCounts>;
  /** Those of the tables, schemas, sequences and functions that the target's own database does not have. Undefined where it could not be asked, within two seconds; never rejects. */
  lacking(config: Config, target: string, resources: readonly EntityRef[]): Promise<readonly EntityRef[] | undefined>;
}
