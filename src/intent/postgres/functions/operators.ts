import { names } from './names.ts';

/** Of pg_catalog (pg_operator, PostgreSQL 15 and 18). */
const builtin = new Set(names(`
  !! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / < <-> << <<= <<| <= <> <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?||
  @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~* !=
`));

/** Of the extensions that come with PostgreSQL, of pgvector and of PostGIS, which compute on their operands. */
const ofExtensions = new Set(names(`
  #<# #<=# #= #># #>=# %# %% %> %>> <#> <% <->> <->>> <<% <<-> <<<-> <=> ?<@ ?@ ?@> ?~ ^<@ ^? ^@> ^~ ~>
  <+> <~> <%> &&& &/& <<#>> |=| @@@ ~~= <<->> &<> ~== <~>
`));

/**
 * Whether an operator, as it is written, is one that computes and does nothing else. Another one is a function of somebody's, which an
 * expression does not show: `1 OPERATOR(pg_temp.@@@) 2` may delete.
 */
export function isKnownOperator(written: readonly string[]): boolean {
  const name = written.at(-1) ?? '';
  if (written.length === 1) return builtin.has(name) || ofExtensions.has(name);
  return written[0] === 'pg_catalog' ? builtin.has(name) : written[0]?.startsWith('pg_temp') === false && ofExtensions.has(name);
}
