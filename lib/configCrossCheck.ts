import type { CrossProblem } from './configCrossProblem.ts';
import { invariantProblems } from './configInvariantCheck.ts';
import type { ParsedConfig, ParsedContext } from './configSchema.ts';
import { tableProblems } from './configTableCheck.ts';
import { planOf, stagePlanOf } from './core/verdict/plan.ts';
import { type Criterion, STAGE_IDS, type StageId } from './core/verdict/verdict.ts';
import { migrationOf } from './migrationOf.ts';

type Override = NonNullable<ParsedContext['criteria'][StageId]>[string];

/** What one field can't know of another: references that lead nowhere, ids twice, overrides that don't fit the plan. */
export function crossCheck(settings: ParsedConfig): CrossProblem[] {
  return [
    ...repeatedIds(settings.contexts, ['contexts']),
    ...repeatedIds(settings.alerts.endpoints, ['alerts', 'endpoints']),
    ...settings.contexts.flatMap((context, index) => {
      const path = ['contexts', index];
      return [
        ...repeatedIds(context.routes, [...path, 'routes']),
        ...repeatedIds(context.tables, [...path, 'tables']),
        ...repeatedIds(context.sagas, [...path, 'sagas']),
        ...context.tables.flatMap((table, t) =>
          tableProblems(table, Object.keys(settings.databases)).map((problem) => ({
            ...problem,
            path: [...path, 'tables', t, ...problem.path],
          })),
        ),
        ...repeatedIds(context.invariants, [...path, 'invariants']),
        ...context.invariants.flatMap((invariant, i) =>
          invariantProblems(invariant, context.tables, Object.keys(settings.databases)).map((problem) => ({
            ...problem,
            path: [...path, 'invariants', i, ...problem.path],
          })),
        ),
        ...selfTestProblems(context, path),
        ...criteriaProblems(context, path),
        ...waiverProblems(context, path),
      ];
    }),
    ...secondLimits(settings),
  ];
}

function repeatedIds(list: readonly { readonly id: string }[], path: readonly PropertyKey[]): CrossProblem[] {
  return list.flatMap((item, index) =>
    list.findIndex((other) => other.id === item.id) === index
      ? []
      : [{ path: [...path, index, 'id'], found: `${item.id} a second time`, expected: 'an id of its own' }],
  );
}

function selfTestProblems({ selfTest, tables }: ParsedContext, path: readonly PropertyKey[]): CrossProblem[] {
  if (selfTest === undefined || tables.some(({ id }) => id === selfTest.table)) return [];
  const expected = `a mapped table of the context: ${tables.map(({ id }) => id).join(', ') || 'none is'}`;
  return [{ path: [...path, 'selfTest', 'table'], found: selfTest.table, expected }];
}

/** The criteria of a stage before any override. */
function plannedOf(stage: StageId): readonly Criterion[] {
  return stagePlanOf({ criteria: {} }, stage).criteria;
}

function unknownCriterion(path: readonly PropertyKey[], stage: StageId, found: string): CrossProblem {
  const known = plannedOf(stage).map((criterion) => criterion.id);
  return { path, found, expected: `a criterion of ${stage}: ${known.join(', ')}` };
}

function criteriaProblems(context: ParsedContext, path: readonly PropertyKey[]): CrossProblem[] {
  return STAGE_IDS.flatMap((stage) =>
    Object.entries(context.criteria[stage] ?? {}).flatMap(([id, override]) => {
      const at = [...path, 'criteria', stage, id];
      const criterion = plannedOf(stage).find((planned) => planned.id === id);
      return criterion === undefined
        ? [unknownCriterion(at, stage, id)]
        : overrideProblems(criterion, override).map((problem) => ({ ...problem, path: [...at, ...problem.path] }));
    }),
  );
}

function overrideProblems(criterion: Criterion, override: Override): CrossProblem[] {
  const problems: CrossProblem[] = [];
  for (const field of ['below', 'above'] as const) {
    const limit = override[field];
    if (limit === undefined) continue;
    const expected = expectedLimit(criterion, field, limit);
    if (expected !== null) problems.push({ path: [field], found: limit.text, expected });
  }
  if (override.quantile !== undefined && criterion.kind !== 'quantile') {
    const expected = `no quantile: ${criterion.id} is a ${criterion.kind}`;
    problems.push({ path: ['quantile'], found: String(override.quantile), expected });
  }
  return problems;
}

/** What should stand there instead of this limit, or null where it is right. */
function expectedLimit(
  criterion: Criterion,
  field: 'below' | 'above',
  limit: NonNullable<Override['below']>,
): string | null {
  if (criterion.op === 'eq') return `no limit: that of ${criterion.id} is ${criterion.limitWords ?? 'fixed'}`;
  const right = criterion.op === 'lt' ? 'below' : 'above';
  if (field !== right) return `\`${right}\` instead of \`${field}\`: ${criterion.id} must stay ${right} its limit`;
  if (criterion.unit === 'ms') {
    return limit.kind === 'duration' && limit.value > 0 ? null : 'a duration above 0, for example 50ms';
  }
  // A ratio to something else, such as errors against legacy, may be above 1; a share may not.
  const isShare = criterion.kind === 'proportion' || criterion.kind === 'census';
  const fits = limit.kind === 'number' && limit.value > 0 && (!isShare || limit.value < 1);
  if (fits) return null;
  return isShare ? 'a ratio between 0 and 1, for example 0.99' : 'a number above 0, for example 1.1';
}

function waiverProblems(context: ParsedContext, path: readonly PropertyKey[]): CrossProblem[] {
  return context.waivers.flatMap(({ stage, criterion }, index) =>
    plannedOf(stage).some((planned) => planned.id === criterion)
      ? []
      : [unknownCriterion([...path, 'waivers', index, 'criterion'], stage, criterion)],
  );
}

/** Observations are counted against one limit an indicator, so a later stage can't judge by another. */
function secondLimits(settings: ParsedConfig): CrossProblem[] {
  return migrationOf(settings).contexts.flatMap((context, index) => {
    const timed = planOf(context).flatMap((stage) =>
      stage.criteria.filter((criterion) => criterion.unit === 'ms').map((criterion) => ({ stage, criterion })),
    );
    return timed.flatMap(({ stage, criterion }) => {
      const first = timed.find((other) => other.criterion.indicator === criterion.indicator);
      if (first === undefined || first.criterion.limitUs === criterion.limitUs) return [];
      return [
        {
          path: ['contexts', index, 'criteria', stage.id, criterion.id, 'below'],
          found: `${criterion.target}ms`,
          expected:
            `${first.criterion.target}ms as in ${first.stage.id}: ` +
            `${criterion.id} is counted against one limit in all stages`,
        },
      ];
    });
  });
}
