export const environments = ['production', 'staging', 'development', 'local', 'unspecified'] as const;
export type Environment = (typeof environments)[number];

export const protocols = ['postgres', 'mysql', 'http', 'mcp', 'ssh', 'hook'] as const;
export type Protocol = (typeof protocols)[number];

/** `observe` decides and records, and forwards what it would have refused; loud everywhere. */
export type Mode = 'enforce' | 'observe';

export interface Target {
  readonly name: string;
  readonly protocol: Protocol;
  readonly environment: Environment;
  readonly mode: Mode;
}
