/** Closed; why a change of identities was refused. Nothing was changed. */
export type RegistryErrorCode =
  | 'invalid-name' | 'name-taken' | 'unknown-principal' | 'unknown-group' | 'unknown-grant' | 'owner-not-user' | 'owner-disabled' | 'invalid-expiry'
  | 'invalid-duration' | 'unknown-verb' | 'invalid-resource' | 'invalid-unmask' | 'invalid-target' | 'other-target' | 'unknown-target' | 'unknown-purpose' | 'unknown-label' | 'holder-ended' | 'invalid-text' | 'group-ring' | 'not-agent' | 'no-change';

/** One line, lower-case start, user input in backticks; `mend` says what to do. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly mend: string;
  constructor(code: RegistryErrorCode, message: string, mend: string) { super(message); this.code = code; this.mend = mend; }
}
