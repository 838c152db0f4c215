/** Steps of one command whose time is measured. `intent`: text to effects; `policy`: effects to decision; `record`: waiting for the disk; `target`: sent to answered. */
export type Step = 'intent' | 'policy' | 'record' | 'target';

/** Add one for each. */
export interface CommandCounter { value: number }

/** What the gate and the connectors count. Called on the path of every command: must cost well below a microsecond. */
export interface Meter {
  /** The counter of such commands: whoever counts many keeps it. */
  commands(target: string, outcome: 'permit' | 'hold' | 'deny', code: string | undefined): CommandCounter;
  /** The counter of commands that such a policy, in observe mode, would not have let pass. */
  observed(target: string, policy: string, would: 'hold' | 'deny' | 'error'): CommandCounter;
  step(step: Step, milliseconds: number): void;
  session(target: string, change: 1 | -1): void;
  authenticationFailed(target: string): void;
  /** A command that was decided as reads was refused by the target because it writes. */
  misread(target: string): void;
  bytes(target: string, direction: 'in' | 'out', count: number): void;
}
