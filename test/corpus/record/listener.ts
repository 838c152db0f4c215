import type { Bind } from '../../../src/connectors/postgres/messages/bind.ts';
import type { Parse } from '../../../src/connectors/postgres/messages/parse.ts';

/** One text that a client sent, with the values of its first Bind. */
export interface Heard {
  readonly text: string;
  /** Type oids as the client declared them; 0 where the server is to infer. */
  readonly types: readonly number[];
  /** Text, or `\x` and hexadecimal digits of binary values. Absent: never bound. */
  parameters?: readonly (string | null)[];
  failed: boolean;
}

type Awaited = { readonly kind: 'execute'; readonly heard: Heard | undefined } | { readonly kind: 'sync' };

/** Puts together what one connection's messages say. */
export class Listener {
  readonly heard: Heard[] = [];
  readonly #statements = new Map<string, Heard>();
  readonly #portals = new Map<string, Heard | undefined>();
  readonly #awaited: Awaited[] = [];

  query(text: string): void {
    const heard: Heard = { text, types: [], failed: false };
    this.heard.push(heard);
    this.#awaited.push({ kind: 'execute', heard }, { kind: 'sync' });
  }

  parse({ name, text, parameterTypes }: Parse): void {
    const heard: Heard = { text, types: parameterTypes, failed: false };
    this.heard.push(heard);
    this.#statements.set(name, heard);
  }

  bind({ portal, statement, parameters, parameterFormats }: Bind): void {
    const heard = this.#statements.get(statement);
    this.#portals.set(portal, heard);
    if (heard === undefined || heard.parameters !== undefined) return;
    heard.parameters = parameters.map((value, i) => {
      const format = parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[i];
      return value === null ? null : format === 1 ? `\\x${value.toString('hex')}` : value.toString();
    });
  }

  execute(portal: string): void { this.#awaited.push({ kind: 'execute', heard: this.#portals.get(portal) }); }

  sync(): void { this.#awaited.push({ kind: 'sync' }); }

  functionCall(): void { this.#awaited.push({ kind: 'sync' }); }

  /** A message of the server's, by type (section 54.7): ErrorResponse, ReadyForQuery; the rest ends one Execute at most. */
  answer(type: string): void {
    const [first] = this.#awaited;
    if (type === 'E' && first?.kind === 'execute' && first.heard !== undefined) first.heard.failed = true;
    if (type === 'Z') this.#awaited.splice(0, this.#awaited.findIndex(({ kind }) => kind === 'sync') + 1);
    else if ('CIs'.includes(type) && first?.kind === 'execute' && this.#awaited[1]?.kind !== 'sync') this.#awaited.shift();
  }
}
