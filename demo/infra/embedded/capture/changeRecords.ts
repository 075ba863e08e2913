import type { CaptureRecord } from './captureRecord.ts';
import type { ValueModes } from './columnValue.ts';
import { type EventSource, envelopeJson, keyJson, keyOnlyRowJson, rowJson, sourceJson } from './envelope.ts';
import type { PgoutputMessage } from './pgoutputMessage.ts';
import type { TableDescription } from './tableDescription.ts';

export type RowChange = Extract<PgoutputMessage, { tag: 'insert' | 'update' | 'delete' }>;

export interface ChangeContext {
  readonly table: TableDescription;
  readonly source: EventSource;
  readonly modes: ValueModes;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowUs: bigint;
}

/**
 * The messages of one row change: c, u, or d with its tombstone; a changed primary key is d and tombstone under the
 * old key, then c under the new one, each with a header that names the other.
 */
export function changeRecords(change: RowChange, context: ChangeContext): CaptureRecord[] {
  const { table, source, modes, headers, nowUs } = context;
  const topic = `${source.connector}.${table.schema}.${table.table}`;
  const place = sourceJson(source, table);
  const removed = (key: string | null, before: string, extra: Record<string, string>): CaptureRecord[] => {
    const all = { ...extra, ...headers };
    const deleted = { topic, key, value: envelopeJson('d', before, null, place, nowUs), headers: all };
    return key === null ? [deleted] : [deleted, { topic, key, value: null, headers: all }];
  };
  switch (change.tag) {
    case 'insert': {
      const after = rowJson(table, change.after, modes);
      const value = envelopeJson('c', null, after, place, nowUs);
      return [{ topic, key: keyJson(table, change.after, modes), value, headers }];
    }
    case 'delete': {
      const before = change.isFull ? rowJson(table, change.before, modes) : keyOnlyRowJson(table, change.before, modes);
      return removed(keyJson(table, change.before, modes), before, {});
    }
    case 'update': {
      const key = keyJson(table, change.after, modes);
      const oldKey = change.before === undefined ? key : keyJson(table, change.before, modes);
      const full = change.isFull && change.before !== undefined ? change.before : undefined;
      // An unchanged TOASTed value is not sent again, but a full old row holds it.
      const values = change.after.map((value, i) => (value === undefined ? full?.[i] : value));
      const after = rowJson(table, values, modes);
      const before = full === undefined ? null : rowJson(table, full, modes);
      if (key === null || oldKey === null || oldKey === key)
        return [{ topic, key, value: envelopeJson('u', before, after, place, nowUs), headers }];
      const gone = before ?? keyOnlyRowJson(table, change.before ?? change.after, modes);
      return [
        ...removed(oldKey, gone, { '__debezium.newkey': key }),
        {
          topic,
          key,
          value: envelopeJson('c', null, after, place, nowUs),
          headers: { '__debezium.oldkey': oldKey, ...headers },
        },
      ];
    }
    default:
      return change satisfies never;
  }
}
