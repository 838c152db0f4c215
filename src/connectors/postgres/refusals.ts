import { type Refusal, refusal } from '../../core/refusal.ts';
import { MalformedMessage } from '../../wire/reader.ts';
import type { Dialogue } from './dialogue.ts';
import { LARGEST } from './frames.ts';
import { encodeErrorResponse, errorFieldsOf } from './messages/error-response.ts';
import { encodeParse } from './messages/parse.ts';
import { encodeQuery } from './messages/query.ts';
import { encodeReadyForQuery } from './messages/ready-for-query.ts';

/**
 * What the target gets in the place of a refused message: a text that no grammar reads, so that the error, the state of the transaction and
 * the skipping up to Sync are the server's own (a refusal that merely left a message out would let the rest of its batch commit).
 * As a Parse it has a name that no client's statement has, so that the unnamed statement stays.
 */
const POISON = '\u0001 refused by the gate';
const poisonQuery = encodeQuery(POISON);
const poisonParse = encodeParse({ name: '\u0001guardrails', text: POISON, parameterTypes: [] });

/** How one session's refusals reach its client, and keep the target in the state that the client will believe it in. */
export class Refusals {
  readonly #talk: Dialogue;
  /** After a refusal inside a batch: what comes is left out until Sync, as the server does after an error. */
  dropping = false;
  /** The refusal was answered here and the server knows nothing of it: the Sync is answered here, too. */
  localSync = false;

  constructor(talk: Dialogue) {
    this.#talk = talk;
  }

  query(refused: Refusal, text: string | undefined): void {
    const talk = this.#talk;
    const error = talk.error(refused, text);
    if (talk.quiet) {
      talk.tell(error);
      talk.tell(encodeReadyForQuery('I'));
      return;
    }
    const item = talk.expect('poison-query');
    item.answer = error;
    talk.door.say(poisonQuery);
    talk.mayEndBatch(item);
  }

  batch(refused: Refusal, text: string | undefined): void { this.#batchWith(this.#talk.error(refused, text)); }

  /** As the server itself would say it: drivers look for these codes and prepare again. */
  unknown(sqlstate: string, message: string): void { this.#batchWith(encodeErrorResponse(errorFieldsOf('ERROR', sqlstate, message, {}))); }

  /** A batch that may not be made final is made to fail. */
  poisonBatch(error: Buffer): void {
    this.#talk.expect('poison-parse').answer = error;
    this.#talk.readOnly?.asked();
    this.#talk.door.say(poisonParse);
  }

  /** `length`: as the message claims. Throws `MalformedMessage` when none may be so long. */
  tooLarge(length: number, kind: 'query' | 'parse'): void {
    if (length > LARGEST) throw new MalformedMessage('a message claims to be longer than any may be');
    const refused = refusal('message-too-large', `a statement of ${length} bytes is longer than the gate reads`, 'send the data as parameters or with COPY, or raise limits.text of the target');
    if (kind === 'query') this.query(refused, undefined);
    else this.batch(refused, undefined);
  }

  /** The Sync behind a refusal that was answered here. */
  answerSync(): void {
    this.localSync = false;
    this.dropping = false;
    this.#talk.tell(encodeReadyForQuery('I'));
  }

  #batchWith(error: Buffer): void {
    this.dropping = true;
    if (this.#talk.quiet) {
      this.localSync = true;
      this.#talk.tell(error);
    } else this.poisonBatch(error);
  }
}

export function invalidEncoding(): Refusal {
  return refusal('invalid-encoding', 'the statement is not valid UTF-8', 'send text as UTF-8; the gate and the target must read the same characters');
}

/** The second wall has caught what the first let pass. */
export function misread(): Refusal {
  return refusal('misread', 'the gate took this for a read, and the target found that it writes: nothing of it was done',
    'report it: the gate should have known; until that is mended an administrator can set enforce_reads of the target to off');
}
