import { Reader } from '../../wire/reader.ts';
import type { Dialogue, Frame } from './dialogue.ts';
import { decodeClose, decodeDescribe } from './messages/statement-or-portal.ts';
import type { Refusals } from './refusals.ts';

/** Describe and Close: what becomes of a name, without a command. */
export class Names {
  readonly #talk: Dialogue;
  readonly #refusals: Refusals;
  readonly #relay: (frame: Frame) => void;
  readonly #afterwards: (wait: Promise<void>, frame: Frame) => Promise<void>;

  /** `afterwards`: handles the message anew when that which its name depends on is settled. */
  constructor(talk: Dialogue, refusals: Refusals, relay: (frame: Frame) => void, afterwards: (wait: Promise<void>, frame: Frame) => Promise<void>) {
    this.#talk = talk;
    this.#refusals = refusals;
    this.#relay = relay;
    this.#afterwards = afterwards;
  }

  describe(frame: Frame): void | Promise<void> {
    const talk = this.#talk;
    const { kind, name } = decodeDescribe(new Reader(frame.buffer, frame.start + 5, frame.end));
    const unsure = talk.unsure(undefined, name !== '');
    if (unsure !== undefined) return this.#afterwards(unsure, frame);
    const known = name === '' ? (kind === 'S' ? talk.unnamedStatement : talk.unnamedPortal).latest?.prepared : talk.session.held(kind === 'S' ? 'prepared' : 'cursors', name);
    if (known === undefined && kind === 'S') return this.#refusals.unknown('26000', name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`);
    // A simple Query that failed leaves the portal that it ran in, which has no name, until the transaction ends.
    const left = name === '' && talk.transaction(true) === 'failed';
    if (known === undefined && !left) return this.#refusals.unknown('34000', `portal "${name}" does not exist`);
    talk.joinBatch();
    const item = talk.expect('describe');
    if (kind === 'S') item.describes = known;
    this.#relay(frame);
    return undefined;
  }

  close(frame: Frame): void | Promise<void> {
    const talk = this.#talk;
    const { kind, name } = decodeClose(new Reader(frame.buffer, frame.start + 5, frame.end));
    const unsure = talk.unsure(undefined, name !== '');
    if (unsure !== undefined) return this.#afterwards(unsure, frame);
    talk.joinBatch();
    const item = talk.expect('close');
    this.#relay(frame);
    if (name !== '') talk.nameChanged(item, talk.session.hold(kind === 'S' ? 'prepared' : 'cursors', name, undefined));
    else talk.rename(kind === 'S' ? talk.unnamedStatement : talk.unnamedPortal, undefined, item);
    return undefined;
  }
}
