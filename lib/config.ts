import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAlias, isCollection, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { crossCheck } from './configCrossCheck.ts';
import { configFieldNames } from './configFieldNames.ts';
import { configSchema, type ParsedConfig } from './configSchema.ts';
import { nearestName } from './core/consistency/nearestName.ts';
import type { Migration } from './core/migration/definition.ts';
import { BanyanError, messageOf } from './errors.ts';
import { migrationOf } from './migrationOf.ts';
import { type Env, interpolate } from './secret.ts';

export interface Config {
  /** Path of the file, as given. */
  readonly file: string;
  /** SHA-256 of the file's text: names the configuration without showing it. */
  readonly digest: string;
  readonly settings: ParsedConfig;
  readonly migration: Migration;
}

/** One thing wrong with a configuration: where, what was found, what is expected. */
export interface ConfigProblem {
  readonly path: string;
  readonly line: number | null;
  readonly found: string;
  readonly expected: string;
}

/** Fields whose `${NAME}` is left alone until the role that uses them reads it. */
const SECRET_FIELDS = new Set(['password', 'secret', 'token', 'key']);
const isSecretPath = (path: readonly PropertyKey[]): boolean => {
  const last = path.at(-1);
  if (last === 'url') return path[0] === 'databases' || path.includes('selfTest');
  return typeof last === 'string' && SECRET_FIELDS.has(last) && !path.includes('tables');
};

/**
 * Reads and checks a configuration file.
 * @throws BanyanError `bad_config` whose message lists every problem with path, line, found and expected.
 */
export function loadConfig(file: string, env: Env = process.env): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BanyanError('bad_config', `${file} can't be read: ${messageOf(error)}`, {
      fix: 'name another file with --config, or write a first one with `banyan init`',
      cause: error,
    });
  }
  const result = parseConfig(text, env);
  if ('problems' in result) throw new BanyanError('bad_config', describeProblems(file, result.problems));
  const digest = createHash('sha256').update(text).digest('hex');
  return { file, digest, settings: result.settings, migration: migrationOf(result.settings) };
}

/** The list that a person reads: one line a problem. */
export function describeProblems(file: string, problems: readonly ConfigProblem[]): string {
  const lines = problems.map((p) => {
    const at = p.line === null ? file : `${file}:${p.line}`;
    return `  ${at}  ${p.path === '' ? '(top level)' : p.path}: expected ${p.expected}, found ${p.found}`;
  });
  return `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`;
}

/** Parses and checks a configuration text; every problem at once. */
export function parseConfig(text: string, env: Env): { settings: ParsedConfig } | { problems: ConfigProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
        path: '',
        line: error.linePos?.[0].line ?? null,
        found: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '',
        expected: 'YAML',
      })),
    };
  }
  const lineOf = (path: readonly PropertyKey[]): number | null => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && !isAlias(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return isCollection(document.contents) ? 1 : null;
  };
  const problems: ConfigProblem[] = [];
  const raw = fillIn(document.toJS(), [], env, (path, missing) =>
    problems.push({
      path: pathText(path),
      line: lineOf(path),
      found: `\${${missing}}, which is not set`,
      expected: `the environment variable ${missing}`,
    }),
  );
  const parsed = configSchema.safeParse(raw, { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(...problemsOf(issue, lineOf));
    return { problems: inFileOrder(problems) };
  }
  problems.push(...crossCheck(parsed.data).map((p) => ({ ...p, path: pathText(p.path), line: lineOf(p.path) })));
  return problems.length > 0 ? { problems: inFileOrder(problems) } : { settings: parsed.data };
}

const inFileOrder = (problems: readonly ConfigProblem[]) =>
  problems.toSorted((a, b) => (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY));

/** JSON Schema of banyan.yaml, for editors. */
export function configJsonSchema(): object {
  return { $id: 'banyan.schema.json', title: 'banyan.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}

function fillIn(
  value: unknown,
  path: readonly PropertyKey[],
  env: Env,
  onMissing: (path: readonly PropertyKey[], name: string) => void,
): unknown {
  if (typeof value === 'string') {
    if (isSecretPath(path)) return value;
    const { text, missing } = interpolate(value, env);
    for (const name of missing) onMissing(path, name);
    return text;
  }
  if (Array.isArray(value)) return value.map((item, index) => fillIn(item, [...path, index], env, onMissing));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fillIn(v, [...path, k], env, onMissing)]));
  }
  return value;
}

function problemsOf(issue: z.core.$ZodIssue, lineOf: (path: readonly PropertyKey[]) => number | null): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = configFieldNames(issue.path);
    return issue.keys.map((key) => {
      // A field of that very name belongs to another alternative.
      const near = nearestName(
        key,
        known.filter((name) => name !== key),
      );
      return {
        path: pathText([...issue.path, key]),
        line: lineOf([...issue.path, key]),
        found: 'a field that is not known here',
        expected: `no such field (${near === null ? 'see `banyan schema`' : `did you mean ${near}?`})`,
      };
    });
  }
  const expected = expectedText(issue);
  return [
    {
      path: pathText(issue.path),
      line: lineOf(issue.path),
      found: foundText(issue, isSecretPath(issue.path)),
      expected,
    },
  ];
}

function expectedText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union': {
      const options = issue.errors.flatMap((group) => group.filter((e) => e.path.length === 0).map(expectedText));
      return options.length > 0 ? [...new Set(options)].join(' or ') : issue.message;
    }
    default:
      return issue.message
        .replace(/^Invalid input: expected /, '')
        .replace(/^Too small: expected .* to have >=1 items?$/, 'at least one');
  }
}

function foundText(issue: z.core.$ZodIssue, isSecret: boolean): string {
  const { input } = issue;
  if (input === undefined) return 'nothing';
  if (isSecret) return 'a value that is not shown';
  if (input === null) return 'null';
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  return typeof input === 'object' ? 'an object' : JSON.stringify(input);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}
