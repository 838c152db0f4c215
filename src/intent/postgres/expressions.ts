import type { A_Expr, A_Expr_Kind, A_Indirection, ColumnRef, FuncCall, Node, SubLink } from '@pgsql/types';
import { as, kindOf, strings, type NodeKind, type NodeMap, type StatementKind } from './parser/grammar.ts';
import type { Reading } from './reading.ts';
import { thing } from './resources.ts';
import { readColumn, readWhole, resolveColumn, systemColumns, type RangeEntry, type Scope } from './scope.ts';
import { meantBy, readCall } from './calls.ts';
import { isChanged } from './changes.ts';
import { readImplied, readOperator, readOperatorClass } from './operators.ts';
import { readTypeName, wantJson } from './types.ts';

type PartKind = Exclude<NodeKind, StatementKind>;
type Walk<K extends NodeKind> = (node: NodeMap[K], scope: Scope, reading: Reading) => void;

/**
 * `leaf`: nothing inside can act. `inside`: what it does is what its parts do. `analysed`: made by the server's analysis, never by the
 * parser, so its coming up would mean that we do not know the grammar.
 */
type Treatment<K extends PartKind> = 'leaf' | 'inside' | 'analysed' | Walk<K>;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** All nodes below, wherever they stand: a field that is new in a grammar is walked too. */
function inside(value: object, scope: Scope, reading: Reading): void {
  for (const [key, child] of Object.entries(value)) {
    if (!isObject(child)) continue;
    if (key === 'typeName') {
      readTypeName(child, reading);
      continue;
    }
    // A node is an object whose one key is its kind, which starts with a capital; other fields do not.
    const first = key.charCodeAt(0);
    if (first >= 65 && first <= 90) walkExpression(value as Node, scope, reading); // recognised by its key
    else reading.descend(() => { inside(child, scope, reading); });
  }
}

function sinceServer(version: number): Walk<NodeKind> {
  return (node, scope, reading) => {
    const server = reading.catalog.serverVersion;
    // On an older server these are calls of ordinary functions of that name (reference/postgres.md C12).
    if (server > 0 && server < version) {
      const location = 'location' in node && typeof node.location === 'number' ? node.location : undefined;
      reading.opaque('server-version', thing('statement', ['expression']), 'this syntax means something else on the older server', reading.at(location));
    }
    inside(node, scope, reading);
  };
}

/** What it makes JSON of has a type that may say how. */
function intoJson(version?: number): Walk<NodeKind> {
  return (node, scope, reading) => {
    wantJson(reading);
    if (version === undefined) inside(node, scope, reading);
    else sinceServer(version)(node, scope, reading);
  };
}

function readReference(ref: ColumnRef, scope: Scope, reading: Reading): void {
  const fields = ref.fields ?? [];
  const last = fields[fields.length - 1];
  if (fields.length === 1 && last !== undefined && 'A_Star' in last) {
    for (const entry of scope.entries) readWhole(entry);
    return;
  }
  const found = resolveColumn(ref, scope);
  switch (found.kind) {
    case 'column':
      if (isCall(found.entry, found.column) || (fields.length > 1 && found.certain && mayBeCall(found.entry, found.column, reading))) readNotation(found.column, ref, scope, reading);
      readColumn(found.entry, found.column);
      noteOuter(found.scope, 'yes', scope, reading);
      if (!found.certain) noteOuter(undefined, 'maybe', scope, reading);
      break;
    case 'row':
      readWhole(found.entry);
      noteOuter(found.scope, 'yes', scope, reading);
      break;
    case 'ambiguous':
      for (const entry of found.entries) readWhole(entry);
      noteOuter(undefined, 'maybe', scope, reading);
      break;
    case 'none': {
      // In a function in SQL it may be a parameter's (src/backend/executor/functions.c, sql_fn_post_column_ref).
      const name = last === undefined || fields.length === 1 ? undefined : as(last, 'String')?.sval;
      if (name !== undefined && reading.inFunction && isFunctionName(name, reading)) readNotation(name, ref, scope, reading);
      noteOuter(undefined, 'maybe', scope, reading);
      break;
    }
  }
}

/** Of a relation that is known and has no such column, `t.f` is a call of f with the row. */
function isCall(entry: RangeEntry, column: string): boolean {
  return entry.info !== undefined && entry.columns?.includes(column) === false && !systemColumns.has(column);
}

/** The same of what is no relation: of a query or a function in FROM, whose one value its row may be, and of a relation whose columns are not known. */
function mayBeCall(entry: RangeEntry, column: string, reading: Reading): boolean {
  if (entry.info !== undefined || entry.columns?.includes(column) === true || (entry.read !== undefined && systemColumns.has(column))) return false;
  return isFunctionName(column, reading) || (entry.columns !== undefined && reading.searchPath === 'unknown' && reading.catalog.known);
}

/** Is there a function of that name that does something, or may there be? */
function isFunctionName(name: string, reading: Reading): boolean {
  const { own, builtin } = meantBy(oneArgument(name), reading);
  return own.length > 0 || (builtin !== undefined && 'effects' in builtin) || isChanged('function', name, reading);
}

function oneArgument(name: string): FuncCall {
  return { funcname: [{ String: { sval: name } }], args: [{ ColumnRef: {} }] };
}

function readNotation(name: string, arg: ColumnRef, scope: Scope, reading: Reading): void {
  readCall({ funcname: [{ String: { sval: name } }], args: [{ ColumnRef: arg }], location: arg.location ?? 0 }, scope, reading);
}

/** `(row).f` is a field, or a call where there is a function of that name. */
function readIndirection(node: A_Indirection, scope: Scope, reading: Reading): void {
  reading.expression(node.arg, scope);
  for (const step of node.indirection ?? []) {
    const name = as(step, 'String')?.sval;
    const path = reading.searchPath;
    if (name === undefined) reading.expression(step, scope);
    else if (isFunctionName(name, reading) || (path !== 'unknown' && reading.catalog.functions({ schema: undefined, name }, path).length > 0)) readNotation(name, {}, scope, reading);
  }
}

/** Marks the queries below `until` as depending on a row of an outer one. */
function noteOuter(until: Scope | undefined, how: 'yes' | 'maybe', scope: Scope, reading: Reading): void {
  for (let level: Scope | undefined = scope; level?.parent !== undefined && level !== until; level = level.parent) {
    if (level.owner !== undefined && reading.correlated.get(level.owner) !== 'yes') reading.correlated.set(level.owner, how);
  }
}

/** Operators that a syntax stands for. */
const implied: { readonly [K in A_Expr_Kind]?: readonly string[] } = {
  AEXPR_BETWEEN: ['>=', '<='], AEXPR_NOT_BETWEEN: ['<', '>'], AEXPR_BETWEEN_SYM: ['>=', '<='], AEXPR_NOT_BETWEEN_SYM: ['<', '>'],
};

function readOperation(node: A_Expr, scope: Scope, reading: Reading): void {
  const { kind = 'AEXPR_OP', lexpr, rexpr } = node;
  const names = implied[kind];
  if (names === undefined) readOperator(node.name, lexpr, rexpr === undefined || 'List' in rexpr ? undefined : rexpr, node.location, scope, reading);
  else for (const name of names) readImplied(name, lexpr, undefined, scope, reading);
  // It makes a text of what it is given (textanycat and anytextcat, src/include/catalog/pg_proc.dat).
  if (strings(node.name).at(-1) === '||') readTypeName({ names: [{ String: { sval: 'text' } }] }, reading);
  reading.expression(lexpr, scope);
  reading.expression(rexpr, scope);
}

function readSubLink(link: SubLink, scope: Scope, reading: Reading): void {
  if (link.operName === undefined && link.testexpr !== undefined) readImplied('=', link.testexpr, undefined, scope, reading);
  else readOperator(link.operName, link.testexpr, undefined, link.location, scope, reading);
  reading.expression(link.testexpr, scope);
  const query = link.subselect;
  const select = as(query, 'SelectStmt');
  if (select !== undefined) reading.walks.select(select, scope, reading);
  else reading.expression(query, scope);
}

const readFunction: Walk<'FuncCall'> = (call: FuncCall, scope, reading) => {
  readCall(call, scope, reading);
  reading.expressions(call.args, scope);
  reading.expressions(call.agg_order, scope);
  reading.expression(call.agg_filter, scope);
  if (call.over !== undefined) inside(call.over, scope, reading);
};

/** The server's own in every release and on every machine, under which texts are equal when they are the same. */
const plainCollations = new Set(['C', 'POSIX', 'default', 'ucs_basic'].flatMap((name) => [name, `pg_catalog.${name}`]));

/** Items of FROM that stand where no FROM is: the grammar does not make these, but a range must never be passed over. */
const range: Walk<'RangeVar' | 'JoinExpr' | 'RangeSubselect' | 'RangeFunction' | 'RangeTableFunc' | 'RangeTableSample' | 'JsonTable'> =
  (_node, _scope, reading) => { reading.notModelled('a table reference in an expression'); };

const treatments: { readonly [K in PartKind]: Treatment<K> } = {
  ParseResult: 'analysed', ScanResult: 'analysed', Integer: 'leaf', Float: 'leaf', Boolean: 'leaf', String: 'leaf', BitString: 'leaf',
  List: 'inside', OidList: 'analysed', IntList: 'analysed', A_Const: 'leaf', Alias: 'leaf', RangeVar: range, TableFunc: 'analysed',
  IntoClause: 'analysed', Var: 'analysed', Param: 'analysed', Aggref: 'analysed', GroupingFunc: 'inside', WindowFunc: 'analysed',
  WindowFuncRunCondition: 'analysed', MergeSupportFunc: sinceServer(170_000), SubscriptingRef: 'analysed', FuncExpr: 'analysed',
  NamedArgExpr: 'inside', OpExpr: 'analysed', DistinctExpr: 'analysed', NullIfExpr: 'analysed', ScalarArrayOpExpr: 'analysed', BoolExpr: 'inside',
  SubLink: readSubLink, SubPlan: 'analysed', AlternativeSubPlan: 'analysed', FieldSelect: 'analysed', FieldStore: 'analysed',
  RelabelType: 'analysed', CoerceViaIO: 'analysed', ArrayCoerceExpr: 'analysed', ConvertRowtypeExpr: 'analysed', CollateExpr: 'analysed',
  CaseExpr: (node, scope, reading) => {
    if (node.arg !== undefined) readImplied('=', node.arg, undefined, scope, reading);
    inside(node, scope, reading);
  }, CaseWhen: 'inside', CaseTestExpr: 'analysed', ArrayExpr: 'analysed', RowExpr: 'inside', RowCompareExpr: 'analysed',
  CoalesceExpr: 'inside', MinMaxExpr: 'inside', SQLValueFunction: 'leaf', XmlExpr: 'inside', JsonFormat: 'leaf', JsonReturning: 'leaf',
  JsonValueExpr: 'inside', JsonConstructorExpr: 'analysed', JsonIsPredicate: sinceServer(160_000), JsonBehavior: 'inside', JsonExpr: 'analysed',
  JsonTablePath: 'analysed', JsonTablePathScan: 'analysed', JsonTableSiblingJoin: 'analysed', NullTest: 'inside', BooleanTest: 'inside',
  MergeAction: 'analysed', CoerceToDomain: 'analysed', CoerceToDomainValue: 'analysed', SetToDefault: 'leaf', CurrentOfExpr: 'leaf',
  NextValueExpr: 'analysed', InferenceElem: 'analysed', ReturningExpr: 'analysed', TargetEntry: 'analysed', RangeTblRef: 'analysed',
  JoinExpr: range, FromExpr: 'analysed', OnConflictExpr: 'analysed', Query: 'analysed', TypeName: 'leaf', ColumnRef: readReference,
  ParamRef: 'leaf', A_Expr: readOperation, TypeCast: (node, scope, reading) => {
    readTypeName(node.typeName, reading);
    reading.expression(node.arg, scope);
  },
  CollateClause: (node, scope, reading) => {
    if (!plainCollations.has(strings(node.collname).join('.'))) reading.collated = true;
    reading.expression(node.arg, scope);
  }, RoleSpec: 'leaf', FuncCall: readFunction, A_Star: 'leaf', A_Indices: 'inside', A_Indirection: readIndirection, A_ArrayExpr: 'inside',
  ResTarget: (node, scope, reading) => {
    reading.expressions(node.indirection, scope);
    reading.expression(node.val, scope);
  }, MultiAssignRef: (node, scope, reading) => {
    // The one source stands in each of its columns.
    if ((node.colno ?? 1) === 1) reading.expression(node.source, scope);
  }, SortBy: (node, scope, reading) => {
    readOperator(node.useOp, node.node, node.node, node.location, scope, reading);
    reading.expression(node.node, scope);
  }, WindowDef: 'inside', RangeSubselect: range, RangeFunction: range, RangeTableFunc: range,
  RangeTableFuncCol: 'inside', RangeTableSample: range, ColumnDef: 'inside', TableLikeClause: 'leaf', IndexElem: (node, scope, reading) => {
    readOperatorClass(node.opclass, reading);
    inside(node, scope, reading);
  }, DefElem: 'inside',
  LockingClause: 'leaf', XmlSerialize: 'inside', PartitionElem: (node, scope, reading) => {
    readOperatorClass(node.opclass, reading);
    inside(node, scope, reading);
  }, PartitionSpec: 'inside', PartitionBoundSpec: 'inside',
  PartitionRangeDatum: 'inside', PartitionCmd: 'leaf', RangeTblEntry: 'analysed', RTEPermissionInfo: 'analysed', RangeTblFunction: 'analysed',
  TableSampleClause: 'analysed', WithCheckOption: 'analysed', SortGroupClause: 'analysed', GroupingSet: 'inside', WindowClause: 'analysed',
  RowMarkClause: 'analysed', WithClause: 'analysed', InferClause: 'inside', OnConflictClause: 'inside', CTESearchClause: 'inside', CTECycleClause: 'inside',
  CommonTableExpr: 'analysed', MergeWhenClause: 'inside', ReturningOption: 'leaf', ReturningClause: 'inside', TriggerTransition: 'leaf',
  JsonOutput: 'inside', JsonArgument: intoJson(), JsonFuncExpr: sinceServer(170_000), JsonTablePathSpec: 'inside', JsonTable: range,
  JsonTableColumn: 'inside', JsonKeyValue: 'inside', JsonParseExpr: sinceServer(170_000), JsonScalarExpr: intoJson(170_000),
  JsonSerializeExpr: sinceServer(170_000), JsonObjectConstructor: intoJson(160_000), JsonArrayConstructor: intoJson(160_000),
  JsonArrayQueryConstructor: (node, scope, reading) => {
    intoJson(160_000)({}, scope, reading);
    reading.expression(node.query, scope);
  }, JsonAggConstructor: 'inside', JsonObjectAgg: intoJson(160_000),
  JsonArrayAgg: intoJson(160_000), RawStmt: 'analysed', SetOperationStmt: 'analysed', ReplicaIdentityStmt: 'leaf', AlterTableCmd: 'inside',
  ATAlterConstraint: 'leaf', ObjectWithArgs: 'leaf', AccessPriv: 'leaf', Constraint: (node, scope, reading) => {
    reading.expression(node.raw_expr, scope);
    reading.expression(node.where_clause, scope);
    reading.expressions(node.exclusions, scope);
  }, CreateOpClassItem: 'leaf', StatsElem: 'inside', FunctionParameter: (node, scope, reading) => { reading.expression(node.defexpr, scope); },
  InlineCodeBlock: 'analysed', CallContext: 'analysed', VacuumRelation: 'leaf', PublicationTable: 'inside', PublicationObjSpec: 'inside',
  ScanToken: 'analysed', SummaryResult: 'analysed', Table: 'analysed', Function: 'analysed', FilterColumn: 'analysed',
};

/** Walks an expression once: columns read, functions called, queries nested. */
export function walkExpression(node: Node, scope: Scope, reading: Reading): void {
  const kind = kindOf(node);
  if (kind === '') return;
  reading.enter();
  const content = (node as NodeMap)[kind]; // the key that was found
  const treatment = (treatments as { readonly [key: string]: Treatment<PartKind> | undefined })[kind]; // statements are not in it
  if (treatment === undefined) reading.walks.statement(node, scope, reading);
  else if (treatment === 'inside') inside(content, scope, reading);
  else if (treatment === 'analysed') reading.notModelled(kind);
  else if (treatment !== 'leaf') (treatment as Walk<NodeKind>)(content, scope, reading); // table and content share the key
  reading.leave();
}

