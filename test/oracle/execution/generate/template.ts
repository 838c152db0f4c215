import fc from 'fast-check';

export type Text = fc.Arbitrary<string>;

/** SQL whose holes are filled by what is drawn for them. */
export function sql(parts: TemplateStringsArray, ...holes: readonly (Text | string)[]): Text {
  return fc.tuple(...holes.map((hole) => (typeof hole === 'string' ? fc.constant(hole) : hole)))
    .map((filled) => parts.reduce((text, part, i) => `${text}${filled[i - 1] ?? ''}${part}`));
}

/** One of these; the first is the simplest, to which a counterexample shrinks. */
export function either(...choices: readonly (Text | string)[]): Text {
  return fc.oneof({ withCrossShrink: true }, ...choices.map((choice) => (typeof choice === 'string' ? fc.constant(choice) : choice)));
}

export function number(min: number, max: number): Text {
  return fc.integer({ min, max }).map(String);
}

/** Nothing, more often than not. */
export function maybe(text: Text | string): Text {
  return fc.oneof({ withCrossShrink: true }, { arbitrary: fc.constant(''), weight: 2 }, { arbitrary: typeof text === 'string' ? fc.constant(text) : text, weight: 1 });
}
