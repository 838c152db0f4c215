import type { Path, PathName } from './path.ts';
import { type Bench, type Budget, met, type Row, type Unit } from './scenario.ts';
import { median, spread } from './statistics.ts';

export type Measurements<T> = Readonly<Record<PathName, readonly T[]>>;

/** Measures all paths once a round, each round beginning with another one, so that noise and warmth hit all alike. */
export async function inRounds<T>(paths: readonly Path[], rounds: number, measure: (path: Path) => Promise<T>): Promise<Measurements<T>> {
  const values: Record<PathName, T[]> = { direct: [], relay: [], pgbouncer: [], gateway: [] };
  for (let round = 0; round < rounds; round++) {
    for (const at of paths.keys()) {
      const path = paths[(at + round) % paths.length];
      if (path !== undefined) values[path.name].push(await measure(path));
    }
  }
  return values;
}

/** The gateway against one of the others, round by round. */
export function rowOf(scenario: string, unit: Unit, rounds: Measurements<number>, compare: { readonly with: 'relay' | 'direct'; readonly how: 'ratio' | 'difference' }, budget: Budget | undefined): Row {
  const others = rounds[compare.with];
  const compared = spread(rounds.gateway.map((value, round) => {
    const other = others[round] ?? Number.NaN;
    return compare.how === 'ratio' ? value / other : value - other;
  }));
  return {
    scenario, unit, values: medians(rounds), compared: { ...compare, spread: compared }, budget,
    met: budget === undefined ? undefined : met(compared.median, budget),
  };
}

function medians(rounds: Measurements<number>): Row['values'] {
  const values: Partial<Record<PathName, number>> = {};
  for (const name of ['direct', 'relay', 'pgbouncer', 'gateway'] as const) if (rounds[name].length > 0) values[name] = median(rounds[name]);
  return values;
}

/** A number of the gateway's own, compared with nothing but its budget. */
export function rowAlone(scenario: string, unit: Unit, value: number, budget: Budget): Row {
  return { scenario, unit, values: { gateway: value }, compared: undefined, budget, met: met(value, budget) };
}

export function only(bench: Bench, names: readonly PathName[]): readonly Path[] { return bench.paths.filter(({ name }) => names.includes(name)); }
