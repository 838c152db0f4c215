import { EventEmitter } from 'node:events';
import pc from 'picocolors';
import type { Cli } from '../cli.ts';
import type { Tools } from '../tools.ts';

export interface TestCli { readonly cli: Cli; readonly out: () => string; readonly err: () => string }

function absent(): never { throw new Error('this test has no such tool'); }

const noTools: Tools = { version: '1.2.3', baseline: '/nowhere', serve: absent, identities: absent, explainer: absent, record: absent, policies: absent, catalogs: absent, replay: absent };

async function* nothing(): AsyncGenerator<Uint8Array> { yield* []; }

/** Verbs with a terminal that only remembers, and those tools alone that a test gives. */
export function testCli(options: { readonly interactive?: boolean; readonly width?: number; readonly tools?: Partial<Tools>; readonly input?: AsyncIterable<Uint8Array>; readonly now?: () => number } = {}): TestCli {
  let out = '';
  let err = '';
  const plain = pc.createColors(false);
  return {
    out: () => out, err: () => err,
    cli: {
      tools: { ...noTools, ...options.tools }, now: options.now ?? (() => Date.UTC(2026, 0, 31, 12)), signals: new EventEmitter(),
      terminal: {
        input: options.input ?? nothing(), inputIsTerminal: false, interactive: options.interactive ?? false, width: options.width ?? 120, colour: plain, noteColour: plain,
        write: async (text) => { out += text; }, note: (text) => { err += text; },
      },
    },
  };
}
