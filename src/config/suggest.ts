/** Longer words are never near misses of a key, and the distance is quadratic. */
const longest = 40;

/** Optimal string alignment: insert, delete, replace, swap of neighbours (Damerau 1964). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

function plain(text: string): string { return text.toLowerCase().replaceAll(/[-_ ]/g, ''); }

/** The one of `known` that was probably meant; undefined when none is near. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > longest) return undefined;
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const between = distance(plain(word), plain(candidate));
    // A short key has many neighbours: a third of its letters may be wrong, not more.
    if (between < least && between <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      least = between;
    }
  }
  return best;
}
