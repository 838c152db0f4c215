import { encodeBind } from './messages/bind.ts';
import { encodeExecute } from './messages/execute.ts';
import { encodeFunctionCall } from './messages/function-call.ts';
import { encodeParse } from './messages/parse.ts';
import { encodeQuery } from './messages/query.ts';
import { encodeClose } from './messages/statement-or-portal.ts';
import type { OutstandingKind } from './outstanding.ts';

/** Something that the gate says of itself. `answers`: of steps inside a batch, how many messages answer it when all goes well. */
export interface Own {
  readonly kind: OutstandingKind & ('own-query' | 'own-steps');
  readonly answers: number;
  readonly bytes: Buffer;
}

/** pg_catalog.set_config(text, text, boolean), src/include/catalog/pg_proc.dat. */
const SET_CONFIG = 2078;
const SETTING = 'default_transaction_read_only';

/**
 * As calls, since a Query would drop the unnamed statement and portal that the client may have; and the text of a Query would stand in the server's
 * statistics of statements. NULL is RESET: pg_settings then shows the value to come from where it came from before.
 */
export const onCall = encodeFunctionCall(SET_CONFIG, [SETTING, 'on', 'false']);
export const offCall = encodeFunctionCall(SET_CONFIG, [SETTING, 'off', 'false']);
export const resetCall = encodeFunctionCall(SET_CONFIG, [SETTING, null, 'false']);

/** No client's statement, portal or savepoint has this name. */
const NAME = '\u0001guardrails';

/** One statement in the middle of a batch, which leaves nothing behind. Answered by ParseComplete, BindComplete, CommandComplete and two CloseCompletes. */
function step(text: string): Buffer {
  return Buffer.concat([
    encodeParse({ name: NAME, text, parameterTypes: [] }),
    encodeBind({ portal: NAME, statement: NAME, parameterFormats: [], parameters: [], resultFormats: [] }),
    encodeExecute({ portal: NAME, maxRows: 0 }), encodeClose({ kind: 'P', name: NAME }), encodeClose({ kind: 'S', name: NAME }),
  ]);
}

const SAVEPOINT = `SAVEPOINT "${NAME}"`;
const READ_ONLY = 'SET TRANSACTION READ ONLY';
const RELEASE = `RELEASE "${NAME}"`;

/** Not SET TRANSACTION: outside of a block that has a warning in the server's log. It holds until the transaction ends all the same. */
export const onSteps: Own = { kind: 'own-steps', answers: 5, bytes: step('SET transaction_read_only = on') };
export const enterSteps: Own = { kind: 'own-steps', answers: 10, bytes: Buffer.concat([step(SAVEPOINT), step(READ_ONLY)]) };
export const leaveSteps: Own = { kind: 'own-steps', answers: 5, bytes: step(RELEASE) };
export const enterQuery: Own = { kind: 'own-query', answers: 0, bytes: encodeQuery(`${SAVEPOINT};${READ_ONLY}`) };
export const leaveQuery: Own = { kind: 'own-query', answers: 0, bytes: encodeQuery(RELEASE) };
