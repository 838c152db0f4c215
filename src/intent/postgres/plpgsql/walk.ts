/** What a PL/pgSQL body holds that can act. */
export interface PlpgsqlBody {
  readonly fragments: readonly { readonly sql: string; readonly kind: 'statement' | 'expression' }[];
  readonly computed: readonly { readonly line: number; readonly constant: string | undefined }[];
  readonly commits: boolean;
  readonly unknownNodes: readonly string[];
}

/** Total over whatever `parsePlPgSQL` of libpg-query answered. */
export function walkPlpgsql(tree: unknown): PlpgsqlBody {
  void tree;
  return { fragments: [], computed: [], commits: false, unknownNodes: ['not walked'] };
}
