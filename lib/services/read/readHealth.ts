import { partLiveness } from '../../core/verdict/partLiveness.ts';
import { messageOf } from '../../errors.ts';
import type { PartRow } from '../../ports/readStore.ts';
import type { Reading } from './reading.ts';

export interface PartHealth extends PartRow {
  /** True where the state is `down` because nobody has checked it of late. */
  readonly silent: boolean;
}

export interface Health {
  /** The process answers. */
  readonly live: true;
  /** The store answers and no part is down. */
  readonly ready: boolean;
  readonly store: { readonly state: 'ok' | 'down'; readonly detail: string };
  readonly parts: readonly PartHealth[];
}

/** Whether Banyan works, part by part. Open to all: probes have no principal, and nothing here is secret. */
export async function readHealth(reading: Reading): Promise<Health> {
  try {
    const parts = judgeParts(await reading.store.parts(), reading.clock.nowMs());
    return {
      live: true,
      ready: parts.length > 0 && parts.every((part) => part.state !== 'down'),
      store: { state: 'ok', detail: 'the store answers' },
      parts,
    };
  } catch (error) {
    return { live: true, ready: false, store: { state: 'down', detail: messageOf(error) }, parts: [] };
  }
}

/** Each part with its silence judged. */
export function judgeParts(rows: readonly PartRow[], nowMs: number): PartHealth[] {
  return rows.map((row) => {
    const checkedAtMs = Date.parse(row.checkedAt);
    if (partLiveness({ state: row.state, checkedAtMs }, nowMs) !== 'silent') return { ...row, silent: false };
    return {
      ...row,
      silent: true,
      state: 'down',
      detail: `not checked since ${row.checkedAt.slice(11, 19)} UTC; it said then: ${row.detail}`,
      fix: 'start the worker: `banyan start`, or `banyan worker` where web runs already',
    };
  });
}
