import { keyValues } from '../../core/consistency/keyText.ts';
import { differingColumns, divergenceKind, type RowImage, shownRow } from '../../core/consistency/row.ts';
import { formatCount, formatSpan } from '../../core/format/figure.ts';
import type { TableMapping } from '../../core/migration/definition.ts';
import type { DiffProgress, DiffResult } from '../../services/diffTables.ts';
import type { SettledKey } from '../../services/settleKeys.ts';
import { barOf, CLEARED, type ProgressStream, redraw } from './terminalBar.ts';

const LINE_EVERY_MS = 5_000;
const BAR_EVERY_MS = 100;

/**
 * A key in the sense of diff(1), from the first table to the second: `- key` for a row of the first that the second does
 * not hold so, `+ key` for a row of the second that the first does not hold so, both for a row that differs; `? key`
 * for one that did not stand still.
 */
export function textLines({ key, state, source, target }: SettledKey): readonly string[] {
  // A line is a key: one that would break it is written as JSON does.
  const shown = /\p{Cc}/u.test(key) ? JSON.stringify(key) : key;
  if (state === 'unsettled') return [`? ${shown}`];
  return [...(source.length > 0 ? [`- ${shown}`] : []), ...(target.length > 0 ? [`+ ${shown}`] : [])];
}

/** A key as one JSON object, with the values of both sides; names are the first table's. */
export function jsonLine(found: SettledKey, mapping: TableMapping, settleMs: number): string {
  const { key, state } = found;
  const columns = mapping.columns.map((column) => column.from);
  const names = mapping.source.key;
  const [source, target] = [rowOf(found.source), rowOf(found.target)];
  return JSON.stringify({
    key: Object.fromEntries(keyValues(key, names.length).map((value, i) => [names[i] ?? '', value])),
    state,
    kind: divergenceKind(source, target) ?? 'different',
    columns: differingColumns(source, target, columns),
    a: shownRow(source, columns),
    b: shownRow(target, columns),
    ...(found.target.length > 1 ? { rowsInB: found.target.length } : {}),
    ...(state === 'different' ? { unchangedMs: settleMs } : {}),
  });
}

function rowOf(rows: readonly RowImage[]): RowImage | null {
  const [first] = rows;
  return first === undefined ? null : { ...first, copies: rows.length };
}

/** What a comparison found, in words. */
export function summaryText(result: DiffResult, settleMs: number, tookMs: number): string {
  const count = (n: number, word: string) => `${formatCount(n)} ${word}${n === 1 ? '' : 's'}`;
  const rate = formatCount(Math.round(Number(result.rows) / (Math.max(1, tookMs) / 1000)));
  const rows = `${count(Number(result.rows), 'row')} compared in ${formatSpan(tookMs)}, ${rate} a second`;
  const still = `a key is called different only if its row in A was not written for ${settleMs / 1000} s`;
  const open = `${count(result.unsettled, 'key')} unsettled (written again and again)`;
  const found =
    result.different === 0 && result.unsettled === 0
      ? 'no difference'
      : [`${count(result.different, 'key')} different`, ...(result.unsettled === 0 ? [] : [open])].join(', ');
  if (!result.complete) return `stopped after ${rows}: ${found} so far, nothing is known about the rest`;
  return `${rows}: ${found}; ${still}`;
}

/** Shows how far a comparison is: a bar on a terminal, else a line every few seconds. `now` is in ms, monotonic. */
export class DiffProgressLine {
  readonly #out: ProgressStream;
  readonly #now: () => number;
  readonly #rowsExpected: number | null;
  readonly #startedMs: number;
  #shownMs: number;
  #drawn = false;

  constructor(out: ProgressStream, now: () => number, rows: number | null) {
    this.#out = out;
    this.#now = now;
    this.#rowsExpected = rows;
    this.#startedMs = now();
    this.#shownMs = this.#startedMs;
  }

  show(progress: DiffProgress): void {
    const nowMs = this.#now();
    const terminal = this.#out.isTTY === true;
    if (nowMs - this.#shownMs < (terminal ? BAR_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownMs = nowMs;
    const line = this.#line(progress, nowMs - this.#startedMs);
    if (terminal) redraw(this.#out, `${this.#bar(progress)}${line}`);
    else this.#out.write(`${line}\n`);
    this.#drawn = terminal;
  }

  /** Takes the bar away, so that what follows begins a line. */
  clear(): void {
    if (this.#drawn) this.#out.write(CLEARED);
    this.#drawn = false;
  }

  #line({ rows, compared, waiting, different, unsettled }: DiffProgress, tookMs: number): string {
    const done = Number(rows);
    const perSec = done / (Math.max(1, tookMs) / 1000);
    const left = this.#rowsExpected === null || done === 0 ? null : (this.#rowsExpected - done) / perSec;
    const walk = compared
      ? `all ${formatCount(done)} rows compared`
      : `${formatCount(done)}${this.#rowsExpected === null ? '' : ` of about ${formatCount(Math.round(this.#rowsExpected))}`} rows, ${formatCount(Math.round(perSec))} a second${left === null || left < 0 ? '' : `, ${formatSpan(left * 1000)} left`}`;
    const keys = `${formatCount(different)} different, ${formatCount(waiting)} settling`;
    return `${walk}; ${keys}${unsettled === 0 ? '' : `, ${formatCount(unsettled)} unsettled`}`;
  }

  #bar({ rows, compared }: DiffProgress): string {
    if (this.#rowsExpected === null) return '';
    const share = compared ? 1 : Math.min(0.99, Number(rows) / Math.max(1, this.#rowsExpected));
    return `${barOf(share)} ${Math.floor(share * 100)} % `;
  }
}
