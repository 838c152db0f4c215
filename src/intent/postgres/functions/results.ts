import { names } from './names.ts';

/** Built-in functions of which each form gives one value that has no name of its own, in every version from PostgreSQL 12 to 18. */
const unnamed: ReadonlySet<string> = new Set(names(`
  generate_series generate_subscripts json_object_keys jsonb_object_keys regexp_matches regexp_split_to_array regexp_split_to_table string_to_array string_to_table pg_ls_dir
  pg_tablespace_databases now clock_timestamp statement_timestamp transaction_timestamp version current_database array_length array_to_string to_json to_jsonb json_build_object jsonb_build_object
  to_char to_date to_timestamp length substr replace concat concat_ws format md5 gen_random_uuid random jsonb_path_query jsonb_path_query_tz jsonb_path_query_array jsonb_path_query_first
`));

/** The same of those that have columns, or one value with a name. */
const named: { readonly [name: string]: readonly string[] | undefined } = {
  json_array_elements: ['value'], jsonb_array_elements: ['value'], json_array_elements_text: ['value'], jsonb_array_elements_text: ['value'],
  json_each: ['key', 'value'], jsonb_each: ['key', 'value'], json_each_text: ['key', 'value'], jsonb_each_text: ['key', 'value'],
  ts_parse: ['tokid', 'token'], ts_stat: ['word', 'ndoc', 'nentry'], ts_token_type: ['tokid', 'alias', 'description'], aclexplode: ['grantor', 'grantee', 'privilege_type', 'is_grantable'],
  pg_options_to_table: ['option_name', 'option_value'], pg_partition_tree: ['relid', 'parentrelid', 'isleaf', 'level'], pg_partition_ancestors: ['relid'],
};

/** Columns of a call in FROM; `alone` is what a value without a name is called there. Undefined: not known. */
export function builtinResult(name: string, alone: string): readonly string[] | undefined {
  return unnamed.has(name) ? [alone] : Object.hasOwn(named, name) ? named[name] : undefined;
}

export const knownResults: readonly string[] = [...unnamed, ...Object.keys(named)];
