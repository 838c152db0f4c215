import { once } from 'node:events';
import { isatty } from 'node:tty';
import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

/** Where a verb reads and writes. stdout carries what was asked for, stderr what is said about it. */
export interface Terminal {
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsTerminal: boolean;
  /** stdout is a terminal: a person reads, and no file or pipe keeps what is printed. */
  readonly interactive: boolean;
  /** Of stdout, in columns; infinite where it is no terminal. */
  readonly width: number;
  readonly colour: Colours;
  /** Of stderr. */
  readonly noteColour: Colours;
  /** To stdout, as it is; resolves when the reader keeps up. */
  write(text: string): Promise<void>;
  /** To stderr, as it is. */
  note(text: string): void;
}

/** Narrower than this, a screen is scrolled sideways rather than cut. */
const leastWidth = 40;
/** Of a terminal that does not say how wide it is. */
const usualWidth = 80;

function coloured(descriptor: number, environment: NodeJS.ProcessEnv): Colours {
  // https://no-color.org: present and not empty.
  // `isTTY` of a stream is undefined where there is no terminal: picocolors would take that for "find out", and go by what CI systems set.
  const wanted = isatty(descriptor) && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return pc.createColors(wanted);
}

/** The terminal of this process. A reader that goes away (`| head`) ends the process without a word. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Nobody reads what is said about it: that is no reason to stop.
  stderr.on('error', () => undefined);
  return {
    input: stdin, inputIsTerminal: isatty(0), interactive: isatty(1),
    get width() { return stdout.isTTY ? Math.max(leastWidth, stdout.columns || usualWidth) : Number.POSITIVE_INFINITY; },
    colour: coloured(1, env), noteColour: coloured(2, env),
    write: async (text) => { if (!stdout.write(text)) await once(stdout, 'drain'); },
    note: (text) => { stderr.write(text); },
  };
}
