/** Who logs in where, on loopback without TLS. */
export interface Login { readonly port: number; readonly user: string; readonly password: string; readonly database: string }

export const pathNames = ['direct', 'relay', 'pgbouncer', 'gateway'] as const;
export type PathName = (typeof pathNames)[number];

/** A way to the same server. */
export interface Path { readonly name: PathName; readonly login: Login; readonly pid: number | undefined }
