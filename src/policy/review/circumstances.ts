/** What a command may vary, as far as policies see it. */
export const facetNames = ['extent', 'sink', 'reversible', 'derived', 'columns'] as const;
export type Facet = (typeof facetNames)[number];

/** Under what something is decided: each facet has one of these values; a facet that is not there makes no difference. */
export interface Circumstances {
  readonly purpose: ReadonlySet<string>;
  /** Only from that moment on (milliseconds since the epoch); undefined: now. */
  readonly from: number | undefined;
  readonly facets: ReadonlyMap<Facet, ReadonlySet<string>>;
}

function parts({ purpose, from, facets }: Circumstances): readonly (readonly [string, ReadonlySet<string>])[] {
  return [['purpose', purpose], ['from', new Set([String(from)])], ...facets];
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

/** One for both, when they differ in one part alone: then that part has either's values. */
function joined(a: Circumstances, b: Circumstances): Circumstances | undefined {
  const others = new Map(parts(b));
  const differing = parts(a).filter(([name, values]) => !isSame(values, others.get(name) ?? new Set()));
  const only = differing[0]?.[0];
  if (differing.length !== 1 || only === undefined || only === 'from') return undefined;
  if (only === 'purpose') return { ...a, purpose: a.purpose.union(b.purpose) };
  return { ...a, facets: new Map([...a.facets].map(([facet, values]) => [facet, facet === only ? values.union(b.facets.get(facet) ?? new Set()) : values])) };
}

/** As few as it takes to say just these. A facet that has as many values as `counts` says there are makes no difference, and is left out. */
export function merged(all: readonly Circumstances[], counts: ReadonlyMap<Facet, number>): readonly Circumstances[] {
  const kept: Circumstances[] = [];
  for (const one of all) {
    let whole = one;
    for (let at = 0; at < kept.length;) {
      const other = kept[at];
      const both = other === undefined ? undefined : joined(other, whole);
      if (both === undefined) { at += 1; continue; }
      kept.splice(at, 1);
      whole = both;
      at = 0;
    }
    kept.push(whole);
  }
  return kept.map((one) => ({ ...one, facets: new Map([...one.facets].filter(([facet, values]) => values.size !== counts.get(facet))) }));
}
