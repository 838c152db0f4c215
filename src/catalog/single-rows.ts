import * as z from 'zod';
import { among, type Among, names, oid, oids, question, questionAbout, type Question } from './question.ts';

/**
 * What says which values a column may have, as trees: the server's texts of them would lock relations to be written, and show another state than
 * the transaction's. Whether a check has been validated, or is enforced, is not asked: of one that is not, rows may well be as it says.
 */
const rule = z.tuple([
  oid, z.enum(['check', 'generated', 'bound']), z.int(), z.string(),
  z.tuple([/** Numbers of the columns that the key is made of; 0 for an expression. */ z.array(z.int()), z.string().nullable(), z.array(z.tuple([z.int(), z.int()])).nullable()]).nullable(),
]);
export type RuleRow = z.infer<typeof rule>;

/** A column of the parent, as the number of that of its name, which is always there. */
const own = (parent: string): string => `SELECT a.attnum FROM pg_attribute k JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = k.attname AND NOT a.attisdropped WHERE k.attrelid = p.partrelid AND k.attnum = ${parent}`;

/** The key of a partition's parent never changes while it is one, and its columns have the same names: so all is said by rows of the partition. */
export function rulesOf(owners: Among): Question<RuleRow> {
  return questionAbout(
    owners, rule,
    `SELECT json_build_array(k.conrelid::int8, 'check', 0, k.conbin::text, NULL)::text
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'c' AND c.relpersistence <> 't' AND ${among('k.conrelid', owners)}
     UNION ALL
     SELECT json_build_array(d.adrelid::int8, 'generated', d.adnum, d.adbin::text, NULL)::text
     FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid
     WHERE a.attgenerated <> '' AND c.relpersistence <> 't' AND ${among('d.adrelid', owners)}
     UNION ALL
     SELECT json_build_array(c.oid::int8, 'bound', 0, c.relpartbound::text, json_build_array(
         ARRAY(SELECT coalesce((${own('u.number')}), 0) FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS u (number, place) ORDER BY u.place), p.partexprs::text,
         CASE WHEN p.partexprs IS NOT NULL THEN (SELECT json_agg(json_build_array(e.attnum, (${own('e.attnum')})) ORDER BY e.attnum) FROM pg_attribute e WHERE e.attrelid = p.partrelid AND e.attnum > 0 AND NOT e.attisdropped) END))::text
     FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_partitioned_table p ON p.partrelid = i.inhparent
     WHERE c.relispartition AND c.relpartbound IS NOT NULL AND c.relpersistence <> 't' AND ${among('c.oid', owners)}`,
  );
}

/** Operators that the rules are made of: what each is called. */
export const operatorNames = question(
  z.tuple([z.string(), oids]),
  `SELECT json_build_array(oprname, array_agg(oid::int8))::text FROM pg_operator WHERE oprname IN ('=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '||') GROUP BY oprname`,
);

/** Of types that were made in the database: the type that a domain is of, its checks, the number of an enum's labels. */
export const typeRules = z.tuple([z.string().nullable(), names, z.int()]);

export const typeRulesSql = (type: string): string => `json_build_array(
  CASE WHEN ${type}.typtype = 'd' THEN format_type(${type}.typbasetype, NULL) END,
  ARRAY(SELECT k.conbin::text FROM pg_constraint k WHERE k.contypid = ${type}.oid AND k.contype = 'c' ORDER BY k.oid),
  CASE WHEN ${type}.typtype = 'e' THEN (SELECT count(*) FROM pg_enum e WHERE e.enumtypid = ${type}.oid) ELSE 0 END)`;
