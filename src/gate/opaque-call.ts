import type { Interpretation, SessionState } from '../core/interpretation.ts';

/**
 * A call that is not text (FunctionCall, by oid): nothing to parse, so nothing understood. Policy decides about it like about any opaque
 * command. `what` names it for the record and holds no argument.
 */
export function opaqueCall(what: string, state: SessionState): Interpretation {
  const span = { start: 0, end: Buffer.byteLength(what) };
  return {
    statements: [{
      span, kind: 'Opaque', transaction: 'none',
      effects: [{
        verb: 'opaque', resource: { kind: 'statement', path: [what], system: false }, extent: 'unknown', columns: [], reversible: false, span, via: [],
        reason: 'function-call-protocol', note: 'a call by number cannot be read; call the function in a SELECT',
      }],
    }],
    nextState: state, literalsThatMatter: [], readsSession: false, shape: what,
  };
}
