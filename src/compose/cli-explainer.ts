import { readFile } from 'node:fs/promises';
import { catalogOf } from '../catalog/snapshot.ts';
import type { Explainer, ExplainWish, Explanation } from '../cli/tools.ts';
import { generalPurpose } from '../config/config.ts';
import { type Catalog, noCatalog } from '../core/catalog.ts';
import type { AccessRequest } from '../core/decision.ts';
import { initialState, type Interpretation } from '../core/interpretation.ts';
import type { Target } from '../core/target.ts';
import { refusalCode, refusalOf } from '../gate/refusals.ts';
import { createPostgresInterpreter } from '../intent/postgres/interpreter.ts';
import { CedarDecisionPoint } from '../policy/decision-point.ts';
import { grantEverything } from '../policy/everything.ts';

/** Bytes; what a target has that says nothing of it. */
const DEFAULT_TEXT_LIMIT = 256 * 1024;

/** No target was named: nothing is known of it, and what is unspecified counts as production. */
const someTarget: Target = { name: 'target', protocol: 'postgres', environment: 'unspecified', mode: 'enforce' };

/** Someone with that name and those rights, on that target; the purpose is the one of a session that names none. */
function askerOf({ as }: ExplainWish, target: Target): Pick<AccessRequest, 'principal' | 'purpose' | 'presence'> {
  if (as === undefined) return grantEverything(target.name);
  const { principal, config } = as;
  const purpose = config.purposes.get(principal.purpose ?? generalPurpose) ?? { name: generalPurpose, verbs: [], labels: [] };
  return { principal, purpose, presence: principal.ref.kind === 'User' ? 'unknown' : 'unattended' };
}

async function catalogFor({ catalog, target }: ExplainWish): Promise<Catalog> {
  if (catalog.kind === 'none') return noCatalog;
  const { liveSnapshot, snapshotOf } = await import('./cli-catalogs.ts');
  return catalogOf(catalog.kind === 'live' ? await liveSnapshot(catalog.config, target?.name ?? '', undefined) : await snapshotOf(await readFile(catalog.path, 'utf8'), catalog.path));
}

/** The gate's own interpreter, decision point and words, with nothing behind them. `baseline` has passed its tests when it was packed. */
export async function openExplainer(wish: ExplainWish, baseline: string): Promise<Explainer> {
  const catalog = await catalogFor(wish);
  const tested = wish.policies.length === 1 && wish.policies[0] === baseline;
  const policy = new CedarDecisionPoint(wish.policies, { tested });
  const target: Target = wish.target === undefined ? someTarget : { ...wish.target, protocol: 'postgres' };
  const asker = askerOf(wish, target);
  const textLimit = wish.catalog.kind === 'live' ? wish.catalog.config.targets.find((one) => one.target.name === target.name)?.limits.text : undefined;
  const interpreter = await createPostgresInterpreter({ maxText: textLimit ?? DEFAULT_TEXT_LIMIT });

  const decided = (interpretation: Interpretation): Explanation => {
    const effects = interpretation.statements.flatMap((statement) => statement.effects);
    const request: AccessRequest = { ...asker, target, database: catalog.database, language: 'sql/postgres', effects, calls: interpretation.statements.flatMap((statement) => statement.calls ?? []), now: Date.now() };
    const decision = policy.decide(request);
    if (decision.outcome === 'permit') return { interpretation, decision, refusal: undefined, code: undefined };
    return { interpretation, decision, refusal: refusalOf(decision, request), code: refusalCode(decision, effects) };
  };

  return {
    explain: (text) => {
      const read = interpreter.interpret(text, catalog, initialState);
      return read instanceof Promise ? read.then(decided) : decided(read);
    },
    close: async () => { await interpreter.close(); },
  };
}
