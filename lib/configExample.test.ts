import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeProblems, parseConfig } from './config.ts';
import { configFieldNames } from './configFieldNames.ts';
import { migrationOf } from './migrationOf.ts';

// The first configuration that a user gets: what it leaves out stands in it as comments, which must be right too.
const example = readFileSync(new URL('../banyan.example.yaml', import.meta.url), 'utf8').split('\n');
const begin = example.indexOf('version: 1');

/** Columns before the text of a line of comment; null for another line, and for the words above the first field. */
function indentOf(at: number): number | null {
  const comment = at < begin ? null : /^( *)#( +)/.exec(example[at] ?? '');
  return comment === null ? null : (comment[1] ?? '').length + (comment[2] ?? '').length - 1;
}

/** A commented setting: its first line, and those below that are indented deeper. */
const settings = example.flatMap((line, at) => {
  const own = indentOf(at);
  if (own === null || own > line.indexOf('#')) return [];
  let end = at + 1;
  for (let next = indentOf(end); next !== null && next > own; next = indentOf(end)) end += 1;
  return [{ name: line.trim().split(/[ :]+/)[1] ?? '', at, end }];
});

const uncommented = (from: number, to: number) =>
  example.map((line, at) => (at >= from && at < to ? line.replace(/^( *)# /, '$1') : line)).join('\n');

function parsed(text: string) {
  const result = parseConfig(text, {});
  if ('problems' in result) throw new Error(describeProblems('banyan.example.yaml', result.problems));
  return result.settings;
}

it.each(settings)('takes $name where it stands in the example as a comment', ({ name, at, end }) => {
  const text = uncommented(at, end);
  expect(text).toMatch(new RegExp(`^ *${name}:`, 'm'));
  parsed(text);
});

const whole = uncommented(begin, example.length);

it('takes all of them together', () => {
  const [table] = migrationOf(parsed(whole)).contexts[0]?.tables ?? [];
  expect(table?.reverse).toMatchObject({ connector: 'inventory', heartbeat: { everyMs: 5_000 } });
  expect(table?.ownership?.target).toBe(table?.ownership?.source);
});

it.each([
  // The registry is read by nothing yet.
  { path: [], but: ['registry'] },
  // One plan is known, and targets are relaxed in rehearsals alone.
  { path: ['contexts', 0], but: ['plan', 'relaxed'] },
  { path: ['contexts', 0, 'tables', 0], but: [] },
  { path: ['contexts', 0, 'tables', 0, 'reverse'], but: [] },
  { path: ['contexts', 0, 'selfTest'], but: [] },
  { path: ['verify'], but: [] },
])('shows each field of $path', ({ path, but }) => {
  const document: unknown = parse(whole);
  const shown = path.reduce((node, part) => Object(node)[part], document);
  const wanted = configFieldNames(path).filter((name) => !but.some((other) => other === name));
  expect(Object.keys(Object(shown)).toSorted()).toEqual(wanted.toSorted());
});
