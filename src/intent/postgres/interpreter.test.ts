import { join } from 'node:path';
import { afterAll } from 'vitest';
import { dataDriven, type DataCase } from '../../../test/support/datadriven.ts';
import { noCatalog } from '../../core/catalog.ts';
import { formatEffect } from '../../core/format.ts';
import { type BoundValue, initialState, type Interpretation, type SessionState } from '../../core/interpretation.ts';
import { createPostgresInterpreter } from './interpreter.ts';
import { shopCatalog } from './testdata/catalog.ts';

const interpreter = await createPostgresInterpreter({ clock: () => Date.UTC(2026, 5, 1) });
afterAll(async () => { await interpreter.close(); });

function stateOf(args: ReadonlyMap<string, string>): SessionState {
  const path = args.get('path');
  return {
    ...initialState,
    ...args.has('encoding') ? { encoding: 'other' as const } : {},
    ...args.has('strings') ? { standardConformingStrings: 'off' as const } : {},
    ...path === undefined ? {} : { searchPath: path === 'unknown' ? 'unknown' as const : path.split(',') },
  };
}

/** `int4:5;text:a%20b;2024-01-01;NULL;?`: with a type or as the server infers it; `?` is not NULL and else not known. */
function valuesOf(args: ReadonlyMap<string, string>): readonly BoundValue[] {
  return (args.get('values')?.split(';') ?? []).map((written) => {
    const [, type, text = ''] = /^(?:([a-z]\w*):)?(.*)$/u.exec(decodeURIComponent(written)) ?? [];
    return { type, text: text === 'NULL' ? null : text === '?' ? undefined : text };
  });
}

function show(interpretation: Interpretation): string {
  return interpretation.statements.map(({ effects, kind }) => effects.length === 0 ? `none (${kind})` : effects.map(formatEffect).join('\n')).join('\n');
}

/** Held names, own relations and the path, as a line each. */
function showState(state: SessionState): string {
  return [
    `path ${state.searchPath === 'unknown' ? 'unknown' : state.searchPath.join(', ')}`,
    ...state.role === 'changed' ? ['role changed'] : [], ...state.encoding === 'UTF8' ? [] : ['encoding other'],
    ...state.standardConformingStrings === 'on' ? [] : ['strings off'],
    ...[...state.prepared.keys()].map((name) => `prepared ${name}`), ...[...state.cursors.keys()].map((name) => `cursor ${name}`),
    ...[...state.ownRelations].map((name) => `own ${name}`),
  ].join('\n');
}

dataDriven(join(import.meta.dirname, 'testdata'), '.effects', async ({ command, args, input }: DataCase) => {
  const version = args.get('server');
  const known = args.has('catalog') ? shopCatalog : noCatalog;
  const catalog = version === undefined ? known : { ...known, serverVersion: Number(version) };
  const interpretation = await interpreter.interpret(input, catalog, stateOf(args), valuesOf(args));
  switch (command) {
    case 'effects': return show(interpretation);
    case 'shape': return interpretation.shape;
    case 'state': return showState(interpretation.nextState);
    case 'literals': return interpretation.literalsThatMatter.map(({ start, end }) => Buffer.from(input).toString('utf8', start, end)).join('\n');
    default: throw new Error(`no such command: ${command}`);
  }
});
