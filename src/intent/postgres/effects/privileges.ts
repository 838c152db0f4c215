import type { GrantStmt, Node, RoleSpec, VariableSetStmt } from '@pgsql/types';
import type { EntityRef } from '../../../core/resource.ts';
import { as, listItems, strings } from '../parser/grammar.ts';
import type { Reading } from '../reading.ts';
import { resolveRelation } from '../relations.ts';
import { objectKinds, objectPath, objectRef, thing } from '../resources.ts';
import type { Readers } from './context.ts';

function roleName(role: RoleSpec | undefined): string {
  const type = role?.roletype ?? 'ROLESPEC_CSTRING';
  switch (type) {
    case 'ROLESPEC_PUBLIC': return 'public';
    case 'ROLESPEC_CURRENT_ROLE': case 'ROLESPEC_CURRENT_USER': return 'current_user';
    case 'ROLESPEC_SESSION_USER': return 'session_user';
    case 'ROLESPEC_CSTRING': break;
  }
  return role?.rolename ?? '*';
}

function roles(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => roleName(as(node, 'RoleSpec')));
}

function privilegeColumns(statement: GrantStmt): string[] {
  const lists = (statement.privileges ?? []).map((node) => strings(as(node, 'AccessPriv')?.cols));
  // One privilege without columns is on the whole.
  return lists.some((list) => list.length === 0) ? [] : [...new Set(lists.flat())];
}

function grantedRefs(statement: GrantStmt, reading: Reading): { ref: EntityRef; location: number | undefined }[] {
  const { objects, objtype, targtype } = statement;
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') return (objects ?? []).map((node) => ({ ref: thing('schema', objectPath(node)), location: undefined }));
  return (objects ?? []).map((node) => {
    const range = as(node, 'RangeVar');
    if (range === undefined) return { ref: objectRef(objtype, node), location: undefined };
    const { ref, info } = resolveRelation(range, reading, objtype !== 'OBJECT_TABLE');
    return { ref: info === undefined && objtype !== undefined ? { ...ref, kind: objectKinds[objtype] } : ref, location: range.location };
  });
}

function readGrant(statement: GrantStmt, reading: Reading): void {
  const who = roles(statement.grantees).join(', ');
  const note = `${statement.is_grant === true ? 'rights for' : 'rights taken from'} ${who}`;
  const columns = privilegeColumns(statement);
  for (const { ref, location } of grantedRefs(statement, reading)) {
    reading.add('grant', ref, { extent: 'all', note, columns, span: reading.at(location) });
  }
}

/** The roles of one option of a statement. */
function roleOption(options: readonly Node[] | undefined, name: string): string[] {
  return (options ?? []).map((node) => as(node, 'DefElem')).filter((element) => element?.defname === name).flatMap((element) => roles(listItems(element?.arg)));
}

/** What ALTER ROLE and ALTER DATABASE set, or take back. */
export function laterSetting(statement: VariableSetStmt | undefined): EntityRef {
  return thing('setting', [statement?.name?.toLowerCase() ?? '*']);
}

export const privilegeReaders: Readers<
  'GrantStmt' | 'GrantRoleStmt' | 'AlterDefaultPrivilegesStmt' | 'AlterOwnerStmt' | 'CreateRoleStmt' | 'AlterRoleStmt' | 'AlterRoleSetStmt' | 'ReassignOwnedStmt' | 'SecLabelStmt'
> = {
  GrantStmt: (statement, _scope, reading) => { readGrant(statement, reading); },
  GrantRoleStmt: (statement, _scope, reading) => {
    const note = `${statement.is_grant === true ? 'a membership for' : 'a membership taken from'} ${roles(statement.grantee_roles).join(', ')}`;
    for (const node of statement.granted_roles ?? []) {
      const granted = as(node, 'AccessPriv');
      reading.add('grant', thing('role', [granted?.priv_name ?? '*']), { note });
    }
    // Who is made a member gets the rights of what it is a member of.
    for (const role of roles(statement.grantee_roles)) reading.add('grant', thing('role', [role]), { note: 'its memberships' });
  },
  AlterDefaultPrivilegesStmt: (statement, _scope, reading) => {
    const option = (statement.options ?? []).map((node) => as(node, 'DefElem')).find((element) => element?.defname === 'schemas');
    const schemas = strings(as(option?.arg, 'List')?.items);
    const note = `rights on what is made later, for ${roles(statement.action?.grantees).join(', ')}`;
    for (const schema of schemas) reading.add('grant', thing('schema', [schema]), { note });
    for (const maker of roleOption(statement.options, 'roles')) reading.add('grant', thing('role', [maker]), { note });
    if (schemas.length === 0) reading.add('grant', thing('database', [reading.catalog.database ?? '*']), { note });
  },
  AlterOwnerStmt: (statement, _scope, reading) => {
    const ref = statement.relation === undefined ? objectRef(statement.objectType, statement.object) : resolveRelation(statement.relation, reading).ref;
    reading.add('grant', ref, { note: `a new owner: ${roleName(statement.newowner)}` });
  },
  CreateRoleStmt: (statement, _scope, reading) => {
    const role = statement.role ?? '';
    reading.add('grant', thing('role', [role]), { note: 'a new role' });
    for (const joined of roleOption(statement.options, 'addroleto')) reading.add('grant', thing('role', [joined]), { note: `a membership for ${role}` });
    for (const name of ['rolemembers', 'adminmembers']) for (const member of roleOption(statement.options, name)) reading.add('grant', thing('role', [member]), { note: `a membership in ${role}` });
  },
  AlterRoleStmt: (statement, _scope, reading) => {
    reading.add('grant', thing('role', [roleName(statement.role)]), { span: reading.deed(statement.role?.location), note: 'its attributes, password or members' });
  },
  AlterRoleSetStmt: (statement, _scope, reading) => {
    reading.add('configure', thing('role', [statement.role === undefined ? '*' : roleName(statement.role)]), { note: 'settings of its later sessions' });
    reading.add('configure', laterSetting(statement.setstmt), { note: 'in later sessions' });
  },
  ReassignOwnedStmt: (statement, _scope, reading) => {
    for (const role of roles(statement.roles)) reading.add('grant', thing('role', [role]), { extent: 'all', note: `all it owns goes to ${roleName(statement.newrole)}` });
  },
  SecLabelStmt: (statement, _scope, reading) => { reading.add('grant', objectRef(statement.objtype, statement.object), { note: 'a security label' }); },
};
