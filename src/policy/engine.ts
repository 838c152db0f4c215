import { createRequire } from 'node:module';
import type * as cedarWasm from '@cedar-policy/cedar-wasm/nodejs';

/** The functions of one instance of cedar-wasm. */
export type Cedar = typeof cedarWasm;

const packageName = '@cedar-policy/cedar-wasm/nodejs';

/** The evaluator gave up in the middle: what it was asked is nested too deep for its stack, or met a fault of its own. */
export class Trap extends Error {
  override readonly name = 'Trap';
}

/** The package makes one instance when it is loaded; loaded anew it makes another, with memory of its own. Some 50 ms. */
function instance(): Cedar {
  // Through a `require` of its own, which would otherwise keep every instance that it has loaded.
  const require = createRequire(import.meta.url);
  const path = require.resolve(packageName);
  Reflect.deleteProperty(require.cache, path);
  const cedar: Cedar = require(path);
  Reflect.deleteProperty(require.cache, path);
  return cedar;
}

/**
 * An instance that is replaced when it traps. WebAssembly does not unwind: after a trap the stack pointer stays where it was and every later call traps too, so that a
 * policy in a file that was never in force could end all decisions of the process.
 */
export class Engine {
  #cedar: Cedar | undefined;
  #setUp: (cedar: Cedar) => void = () => {};
  #traps = 0;

  /** How often it trapped. */
  get traps(): number { return this.#traps; }

  /** What must stand in every new instance. The one there is has it already. */
  keep(setUp: (cedar: Cedar) => void): void { this.#setUp = setUp; }

  /** Throws what cedar-wasm throws, and `Trap`: then the next use has a new instance. */
  use<Result>(work: (cedar: Cedar) => Result): Result {
    let cedar = this.#cedar;
    try {
      if (cedar === undefined) {
        cedar = instance();
        this.#setUp(cedar);
        this.#cedar = cedar;
      }
      return work(cedar);
    } catch (error) {
      // A RangeError is the same end of the stack, met in JavaScript.
      if (!(error instanceof Error) || (error.name !== 'RuntimeError' && error.name !== 'RangeError')) throw error;
      this.#cedar = undefined;
      this.#traps += 1;
      throw new Trap(`Cedar gave up (${error.message}); what it was given is nested too deep`, { cause: error });
    }
  }
}

/** For what is read, checked and reviewed; never for decisions. */
export const reader = new Engine();
