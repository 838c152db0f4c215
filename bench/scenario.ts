import type { Gateway } from './gateway.ts';
import type { Path, PathName } from './path.ts';
import type { Spread } from './statistics.ts';

/** What every scenario measures on. */
export interface Bench {
  /** In the order of `pathNames`; without pgbouncer where there is none. */
  readonly paths: readonly Path[];
  readonly gateway: Gateway;
  readonly rounds: number;
  /** Of one path in one round; whole. */
  readonly seconds: number;
  readonly short: boolean;
}

export type Unit = 'tx/s' | 'µs' | 'ms' | 'MB/s' | 'MiB' | 'KiB' | '1/s';

/** `least`: a ratio or number that must not be less; `most`: must not be more. */
export type Budget = { readonly least: number } | { readonly most: number };

/** One line of the table. */
export interface Row {
  readonly scenario: string;
  readonly unit: Unit;
  /** Medians over the rounds. */
  readonly values: Partial<Record<PathName, number>>;
  /** What the budget is about, over the rounds; in `unit` unless it is a ratio. */
  readonly compared: { readonly with: 'relay' | 'direct'; readonly how: 'ratio' | 'difference'; readonly spread: Spread } | undefined;
  readonly budget: Budget | undefined;
  readonly met: boolean | undefined;
}

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  run(bench: Bench): Promise<readonly Row[]>;
}

export function met(value: number, budget: Budget): boolean { return 'least' in budget ? value >= budget.least : value <= budget.most; }
