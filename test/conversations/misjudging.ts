import type { Effect } from '../../src/core/effect.ts';
import type { Interpretation, Interpreter, Shaper, Statement } from '../../src/core/interpretation.ts';

/** An interpreter with a fault: functions whose name begins with `misjudged` seem to do nothing. What catches that is under test. */
export function misjudging(inner: Interpreter & Partial<Shaper>): Interpreter & Partial<Shaper> {
  return {
    language: inner.language,
    interpret: (...asked) => {
      const read = inner.interpret(...asked);
      return read instanceof Promise ? read.then(wrong) : wrong(read);
    },
    ...(inner.shapeKey === undefined ? {} : { shapeKey: (text: string) => inner.shapeKey?.(text) }),
  };
}

function wrong(read: Interpretation): Interpretation {
  if (!read.statements.some(({ effects }) => effects.some(isMisjudged))) return read;
  const { shape, nextState, literalsThatMatter, readsSession, statements } = read;
  return { shape, nextState, literalsThatMatter, readsSession, statements: statements.map(misjudge) };
}

function isMisjudged({ verb, resource }: Effect): boolean { return verb === 'opaque' && resource.kind === 'function' && resource.path.at(-1)?.startsWith('misjudged') === true; }

function misjudge(statement: Statement): Statement {
  const effects = statement.effects.filter((effect) => !isMisjudged(effect));
  return { ...statement, effects, readOnly: effects.every(({ verb, sink }) => verb === 'read' || sink === 'client') ? 'yes' : 'no' };
}
