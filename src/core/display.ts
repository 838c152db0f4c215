/**
 * Text from outside, made safe for a person, a model or a terminal to read: control characters (so terminal escapes too), bidirectional
 * overrides and isolates, zero-width and tag characters, and lone surrogates become visible `\u{..}`. Newline and tab stay when `lines`.
 * Against "Trojan Source" (CVE-2021-42574) and terminal escape injection. What it shows never hides what would run.
 */
export function display(text: string, options: { readonly lines?: boolean } = {}): string {
  const keep = options.lines === true ? '\n\t' : '';
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0\u2800\u{E0000}-\u{E0FFF}]/gu, (c) =>
    keep.includes(c) ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Shortened to at most `width` code points, with an ellipsis. */
export function truncate(text: string, width: number): string {
  const points = Array.from(text);
  return points.length <= width ? text : `${points.slice(0, Math.max(0, width - 1)).join('')}…`;
}
