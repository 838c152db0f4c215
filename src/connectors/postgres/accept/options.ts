/** One setting in a startup packet's `options`, or a switch that is not a setting. */
export type OptionSwitch =
  | { readonly kind: 'setting'; readonly name: string; readonly value: string }
  | { readonly kind: 'other'; readonly word: string };

/** The characters of C's `isspace` in the C locale, which `pg_split_opts` uses. */
const space = /[ \t\n\v\f\r]/u;

/**
 * Reads `options` as the server does (`pg_split_opts` in src/backend/utils/init/postinit.c, then `process_postgres_switches` in
 * src/backend/tcop/postgres.c): words cut at white space, a backslash takes the next character as it is; `-c name=value`,
 * `-cname=value`, `--name=value`, with `-` in a name standing for `_`. Every other switch is handed back, never guessed at.
 */
export function parseOptions(options: string): OptionSwitch[] {
  const words = splitWords(options);
  const switches: OptionSwitch[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const setting = word === '-c' ? words[(at += 1)] : /^-[c-]([^]*)$/u.exec(word)?.[1];
    const equals = setting?.indexOf('=') ?? -1;
    if (setting === undefined || equals <= 0) switches.push({ kind: 'other', word });
    else switches.push({ kind: 'setting', name: setting.slice(0, equals).replaceAll('-', '_'), value: setting.slice(equals + 1) });
  }
  return switches;
}

function splitWords(options: string): string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let escaped = false;
  for (const character of options) {
    if (!escaped && space.test(character)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
      continue;
    }
    inWord = true;
    if (!escaped && character === '\\') { escaped = true; continue; }
    word += character;
    escaped = false;
  }
  if (inWord) words.push(word);
  return words;
}
