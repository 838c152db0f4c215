import type { Client } from 'pg';
import { loadCatalog, type Loaded } from '../../src/catalog/load.ts';
import { catalogOf } from '../../src/catalog/snapshot.ts';
import type { Catalog } from '../../src/core/catalog.ts';
import type { Decision } from '../../src/core/decision.ts';
import { type Effect, type Extent, verbs } from '../../src/core/effect.ts';
import { formatResource } from '../../src/core/format.ts';
import { initialState, type SessionState } from '../../src/core/interpretation.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { Environment } from '../../src/core/target.ts';
import type { PostgresInterpreter } from '../../src/intent/postgres/interpreter.ts';
import type { CedarDecisionPoint } from '../../src/policy/decision-point.ts';
import type { CorpusStatement, Said } from './corpus.ts';

const forever = Number.POSITIVE_INFINITY;

/** A person who may do all that a grant can give, and an agent with `--can read,insert,update,delete`. */
const askers: { readonly [who in 'developer' | 'agent']: { readonly principal: Principal; readonly environment: Environment } } = {
  developer: {
    environment: 'development',
    principal: { ref: { kind: 'User', name: 'ada' }, enabled: true, groups: [], strongAuth: true, grants: [{ id: 'g1', target: 'shop', resources: [], verbs, unmask: [], until: forever }] },
  },
  agent: {
    environment: 'production',
    principal: {
      ref: { kind: 'Agent', name: 'bot' }, owner: { name: 'ada', enabled: true }, until: forever, enabled: true, groups: [], strongAuth: false,
      grants: [{ id: 'g2', target: 'shop', resources: [], verbs: ['read', 'insert', 'update', 'delete'], unmask: [], until: forever }],
    },
  },
};

/** `permit`; `hold:whole-resource-change`, by the first policy that asks for more; `deny:no-permit`, `deny:not-understood`. */
function word(decision: Decision): string {
  if (decision.outcome === 'permit') return 'permit';
  const first = decision.policies[0]?.id.replace('baseline/', '');
  return decision.outcome === 'hold' ? `hold:${first ?? '?'}` : `deny:${first ?? decision.reason}`;
}

const widths: readonly Extent[] = ['none', 'one', 'bounded', 'unknown', 'all'];

/**
 * The effects as a person would say them: one line for each verb and resource, with the widest extent. Reads of the server's own catalogs are one
 * word together. `indirectly`: only through a view, a function, a trigger or a cascade.
 */
export function inShort(effects: readonly Effect[]): string {
  const lines = new Map<string, { extent: Extent; direct: boolean; last: string }>();
  for (const { verb, resource, extent, via, reason, sink } of effects) {
    const catalog = verb === 'read' && resource.system && resource.kind === 'table';
    const name = catalog ? 'read catalog' : `${verb} ${formatResource(resource).replace(/^table:(?:public\.)?/, '')}`;
    const line = lines.get(name);
    const seen = catalog ? 'none' : extent;
    lines.set(name, {
      extent: line === undefined || widths.indexOf(seen) > widths.indexOf(line.extent) ? seen : line.extent, direct: via.length === 0 || line?.direct === true,
      last: reason ?? (sink === undefined || sink === 'none' ? '' : `to ${sink}`),
    });
  }
  return lines.size === 0 ? 'nothing' : [...lines].map(([name, { extent, direct, last }]) => [name, extent === 'none' ? '' : extent, direct ? '' : 'indirectly', last].filter((part) => part !== '').join(' ')).toSorted().join('\n');
}

/** Reads a tool's statements one after the other, as a gate would that sits before `client`'s database, and decides each for both askers. */
export class Judge {
  readonly #client: Client;
  readonly #interpreter: PostgresInterpreter;
  readonly #policy: CedarDecisionPoint;
  #loaded: Loaded | undefined;
  #catalog: Catalog | undefined;
  #state: SessionState = initialState;
  #session = 0;

  constructor(client: Client, interpreter: PostgresInterpreter, policy: CedarDecisionPoint) {
    this.#client = client;
    this.#interpreter = interpreter;
    this.#policy = policy;
  }

  async judge(statement: CorpusStatement): Promise<Said> {
    if (statement.session !== this.#session) this.#state = initialState;
    this.#session = statement.session;
    const catalog = this.#catalog ??= await this.#look();
    const { statements, nextState } = await this.#interpreter.interpret(statement.text, catalog, this.#state);
    const before = this.#state;
    // The gate reads the catalog after each transaction that changed it.
    this.#state = nextState.history?.begin === undefined ? { ...nextState, changed: initialState.changed } : nextState;
    const worst = statements.flatMap((one) => one.effects);
    // As the gate does: with the values that were bound only where it would refuse without.
    const passes = statement.values.length === 0 || (['developer', 'agent'] as const).every((who) => this.#decide(who, worst) === 'permit');
    const effects = passes ? worst : (await this.#interpreter.interpret(statement.text, catalog, before, statement.values)).statements.flatMap((one) => one.effects);
    if (statement.runs) {
      await this.#client.query(statement.text);
      this.#catalog = undefined;
    }
    return { developer: this.#decide('developer', effects), agent: this.#decide('agent', effects), effects: inShort(effects) };
  }

  async #look(): Promise<Catalog> {
    this.#loaded = await loadCatalog(this.#client, this.#loaded);
    return catalogOf(this.#loaded.snapshot);
  }

  #decide(who: 'developer' | 'agent', effects: readonly Effect[]): string {
    const { principal, environment } = askers[who];
    return word(this.#policy.decide({
      principal, target: { name: 'shop', protocol: 'postgres', environment, mode: 'enforce' }, database: 'shop', language: 'sql/postgres',
      purpose: { name: 'general', verbs, labels: [] }, presence: 'unknown', effects, now: Date.now(),
    }));
  }
}
