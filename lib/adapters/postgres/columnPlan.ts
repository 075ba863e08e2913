// How one mapped column is read on one side: `hash` goes into the row's digest, `token` is the text that is compared,
// `text` is what a person is shown. Each is SQL over the expression given, so that images of events take the same way.
import pg from 'pg';
import type { ColumnMapping } from '../../core/migration/definition.ts';
import type { CatalogueColumn } from './catalogue.ts';
import { pairForm, type TokenSql } from './columnForm.ts';
import { lossOf } from './columnLoss.ts';
import type { MappingFinding } from './mappingFinding.ts';
import type { HashedField } from './rowHash.ts';

/** SQL of a column on one side, as functions of the expression that holds its value. */
export interface ColumnSql {
  readonly name: string;
  /** What of table alias t is hashed: the value itself where its own hash is exact. */
  readonly hash: HashedField;
  readonly token: TokenSql;
  readonly type: string;
  readonly base: string;
  readonly category: string;
  /** True if the value is an expression's: there is no such column to write to. */
  readonly derived: boolean;
}

export interface ColumnPlan {
  /** Both sides of the pair; null if it is refused. */
  readonly sides: { readonly source: ColumnSql; readonly target: ColumnSql } | null;
  readonly findings: readonly MappingFinding[];
}

/** A mapped value as the catalogue, or the type of its expression, describes it. */
export interface MappedValue {
  readonly column: CatalogueColumn;
  readonly derived: boolean;
}

/** Decides how a pair of columns is compared; `sameMajor`: both servers hash values alike. */
export function planColumn(
  mapping: Pick<ColumnMapping, 'from' | 'compare'>,
  source: MappedValue,
  target: MappedValue,
  sameMajor: boolean,
): ColumnPlan {
  const column = mapping.from;
  const form = pairForm(mapping.compare, source.column, target.column);
  if (form.kind === 'none') {
    return { sides: null, findings: [{ column, severity: 'refused', reason: form.reason, fix: form.fix }] };
  }
  const side = ({ column: own, derived }: MappedValue, token: TokenSql): ColumnSql => {
    const value = columnOf(own.name);
    const hasCollation = own.category === 'S' || own.category === 'A';
    const { sql, by } = (sameMajor ? form.hashed : null) ?? { sql: token, by: 'text' };
    return {
      name: own.name,
      // A collation that is not deterministic would hash unequal texts alike, those in arrays too.
      hash: { sql: hasCollation && !own.byteOrder ? `${sql(value)} collate "C"` : sql(value), by },
      token,
      type: own.type,
      base: own.base,
      category: own.category,
      derived,
    };
  };
  const findings: MappingFinding[] = [];
  const flag = (reason: string, fix: string) => findings.push({ column, severity: 'flagged', reason, fix });
  if (form.caution !== null) flag(form.caution, 'derive one side where that is not what is meant');
  // A derived value is what somebody wrote down on purpose.
  const loss = source.derived || target.derived ? null : lossOf(source.column, target.column);
  if (loss !== null) flag(loss, `widen the target's column to ${source.column.declared}`);
  return {
    sides: { source: side(source, form.source), target: side(target, form.target) },
    findings,
  };
}

/** A quoted column of the table alias `t`. */
export function columnOf(name: string): string {
  return `t.${pg.escapeIdentifier(name)}`;
}
