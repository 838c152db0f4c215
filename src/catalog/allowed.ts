/** One end of what is allowed. */
export interface End {
  /** Ends with the same text are the same. */
  readonly id: string;
  /** Where it can be reckoned with, on a scale of days, microseconds or whole numbers. */
  readonly at?: bigint;
  readonly scale?: Scale;
}
/** What is next to a value: another whole number or day; or nothing that could be told. */
export type Scale = 'whole' | 'days' | 'moments';

/** The values, besides NULL, that something may have; or those between two ends, which belong to it. Neither: any. */
export interface Allowed {
  readonly values?: ReadonlySet<string>;
  readonly low?: End;
  readonly high?: End;
}

/** By what is spoken of (`Subject`). */
export type Rules = ReadonlyMap<string, Allowed>;

export const noRules: Rules = new Map();

const onlyNull = (allowed: Allowed): boolean => allowed.values?.size === 0;

/** What both allow. */
function narrowed(a: Allowed, b: Allowed): Allowed {
  const values = a.values === undefined || b.values === undefined ? a.values ?? b.values : new Set([...a.values].filter((value) => b.values?.has(value) === true));
  const [low, high] = [tighter(a.low, b.low, 1), tighter(a.high, b.high, -1)];
  return { ...values === undefined ? {} : { values }, ...low === undefined ? {} : { low }, ...high === undefined ? {} : { high } };
}

/** The one further up, or further down. Of two that cannot be compared either limits. */
function tighter(a: End | undefined, b: End | undefined, up: 1 | -1): End | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.at === undefined || b.at === undefined || a.scale !== b.scale) return a;
  return (a.at > b.at) === (up === 1) ? a : b;
}

/** What one of the two allows. */
function widened(a: Allowed, b: Allowed): Allowed {
  if (onlyNull(a)) return b;
  if (onlyNull(b)) return a;
  const values = a.values === undefined || b.values === undefined ? undefined : new Set([...a.values, ...b.values]);
  const [low, high] = [looser(a.low, b.low, -1), looser(a.high, b.high, 1)];
  return { ...values === undefined ? {} : { values }, ...low === undefined ? {} : { low }, ...high === undefined ? {} : { high } };
}

function looser(a: End | undefined, b: End | undefined, up: 1 | -1): End | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a.id === b.id ? a : a.at === undefined || b.at === undefined || a.scale !== b.scale ? undefined : (a.at > b.at) === (up === 1) ? a : b;
}

/** All of these hold. */
export function every(list: readonly Rules[]): Rules {
  const [first = noRules, ...others] = list;
  if (others.length === 0) return first;
  const all = new Map(first);
  for (const rules of others) {
    for (const [subject, allowed] of rules) {
      const before = all.get(subject);
      all.set(subject, before === undefined ? allowed : narrowed(before, allowed));
    }
  }
  return all;
}

/** One of these holds. */
export function either(list: readonly Rules[]): Rules {
  const [first, ...others] = list;
  const common = new Map<string, Allowed>();
  for (const [subject, allowed] of first ?? noRules) {
    let wide: Allowed | undefined = allowed;
    for (const rules of others) {
      const theirs = rules.get(subject);
      wide = wide === undefined || theirs === undefined ? undefined : widened(wide, theirs);
    }
    if (wide !== undefined) common.set(subject, wide);
  }
  return common;
}

/** The one value that is allowed, as what tells it from others; undefined: there may be several. */
export function onlyValue({ values, low, high }: Allowed): string | undefined {
  if (values !== undefined && values.size <= 1) return [...values][0] ?? '';
  if (low === undefined || high === undefined) return undefined;
  return low.id === high.id || distance(low, high) <= 0n ? low.id : undefined;
}

const microsecondsPerDay = 86_400_000_000n;
/** As many as the longest unit of time that a condition may be cut down to and still picks rows: a month. */
const fewDays = 31n;

/** Values that a function may make the same one of: days or moments of one month. */
export function isNarrow({ low, high }: Allowed): boolean {
  if (low?.scale === undefined || low.scale === 'whole' || high === undefined) return false;
  return distance(low, high) <= (low.scale === 'days' ? fewDays : fewDays * microsecondsPerDay);
}

const endless = 2n ** 64n;

function distance(low: End, high: End): bigint {
  return low.at === undefined || high.at === undefined || low.scale !== high.scale ? endless : high.at - low.at;
}
