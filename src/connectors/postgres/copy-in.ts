import type { Dialogue, Frame } from './dialogue.ts';
import { encodeCopyFail } from './messages/copy-fail.ts';
import type { Refusals } from './refusals.ts';

const copyMisuse = encodeCopyFail('another message came in the middle of COPY');

/** What a client sends as the data of COPY ... FROM STDIN. */
export class CopyIn {
  readonly #talk: Dialogue;
  readonly #refusals: Refusals;

  constructor(talk: Dialogue, refusals: Refusals) {
    this.#talk = talk;
    this.#refusals = refusals;
  }

  /** Data of a COPY that was admitted, or left over from one that failed: the server ignores those, and so nothing else is asked of it. */
  get #passes(): boolean { return !this.#refusals.dropping && (this.#talk.copyIn || this.#talk.queue.length > 0); }

  /** Does the message pass? Then its rest does, too. */
  data({ buffer, start, end }: Frame): boolean {
    const passes = this.#passes;
    if (passes) this.#talk.door.relay(buffer, start, end);
    return passes;
  }

  end({ buffer, start, end }: Frame): void {
    if (!this.#passes) return;
    this.#over();
    this.#talk.door.relay(buffer, start, end);
  }

  /** The server would fail the COPY over any other message, and read that message no further. */
  misuse(): void {
    this.#over();
    this.#talk.door.say(copyMisuse);
  }

  #over(): void {
    this.#talk.copyIn = false;
    this.#talk.copyEnds++;
  }
}
