import { keyValues } from '../../core/consistency/keyText.ts';
import { textArray } from '../binaryArray.ts';
import { columnOf } from './columnPlan.ts';
import { type Parameters, type SidePlan, tableOf } from './tablePlan.ts';

/** The keys as relation u: a text k0, k1, ... for each key column, and n, their place. */
export function keyArrays(columns: number, keys: readonly string[], parameters: Parameters): string {
  const values = keys.map((key) => keyValues(key, columns));
  const places = Array.from({ length: columns }, (_, at) => at);
  const arrays = places.map((at) => `${parameters.add(textArray(values.map((value) => value[at] ?? null)))}::text[]`);
  return `unnest(${arrays.join(', ')}) with ordinality u(${places.map((at) => `k${at}`).join(', ')}, n)`;
}

/** The keys, and table t's rows of each. */
export function keyJoin(plan: SidePlan, keys: readonly string[], parameters: Parameters): string {
  const same = plan.key.map(({ name, sql }, at) => {
    const own = sql.by === 'column' || sql.cast !== 'text' ? columnOf(name) : sql.text(columnOf(name));
    return `${own} = u.k${at}::${sql.cast}`;
  });
  return `${keyArrays(plan.key.length, keys, parameters)} join ${tableOf(plan)} on ${same.join(' and ')}`;
}
