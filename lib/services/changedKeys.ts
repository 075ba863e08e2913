import type { TopicOffset } from '../ports/verifyStore.ts';
import type { VerifiedTable } from './verifiedTable.ts';
import { activeReverse } from './verifyKeys.ts';

/** How far the changes of a table have been read, of both directions. */
export async function readOffsets(table: VerifiedTable): Promise<readonly TopicOffset[]> {
  const reverse = await activeReverse(table);
  const flows = reverse === null ? [table.forward] : [table.forward, reverse];
  return flows.flatMap(({ topic, window }) =>
    [...window.ends].map(([part, nextOffset]) => ({ topic, part, nextOffset })),
  );
}

const LOOK_AGAIN_MS = 100;

/** Waits until the changes of a table are followed, at most its patience: a pass knows what changes from then on. */
export async function untilFollowed(
  { forward, clock, limits, pause }: VerifiedTable,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.nowMs() + limits.patienceMs;
  while (forward.window.partitions.length === 0 && clock.nowMs() < untilMs && !signal.aborted) {
    await pause(LOOK_AGAIN_MS, signal);
  }
}

/** Keys with an event at or past these offsets, in pages. */
export type ChangedKeys =
  | { readonly kind: 'known'; readonly pages: AsyncIterable<readonly string[]> }
  /** Some of those events are not held anywhere. */
  | { readonly kind: 'forgotten'; readonly topic: string };

/**
 * Finds the keys that changed since the offsets: from memory, or, where that does not reach back (another process began
 * the pass, memory was short), from what the ingest has stored, if it has read up to `end`.
 */
export async function changedKeys(
  table: VerifiedTable,
  since: readonly TopicOffset[],
  end: readonly TopicOffset[],
): Promise<ChangedKeys> {
  // A log that ends before the pass began is another log: what the old one still held is not known.
  const another = since.find(({ topic, part, nextOffset }) =>
    end.some((at) => at.topic === topic && at.part === part && at.nextOffset < nextOffset),
  );
  if (another !== undefined) return { kind: 'forgotten', topic: another.topic };
  const reverse = await activeReverse(table);
  const keys = new Set<string>();
  for (const flow of reverse === null ? [table.forward] : [table.forward, reverse]) {
    if (flow.window.partitions.length === 0) return { kind: 'forgotten', topic: flow.topic };
    const mark = new Map(
      since.flatMap(({ topic, part, nextOffset }) => (topic === flow.topic ? [[part, nextOffset]] : [])),
    );
    const held = flow.window.since(mark);
    if (held === null) return storedKeys(table, since, end);
    for (const key of held) keys.add(key);
  }
  return { kind: 'known', pages: pagesOf([...keys], table.limits.keysAtOnce) };
}

async function* pagesOf(keys: readonly string[], size: number): AsyncGenerator<readonly string[]> {
  for (let at = 0; at < keys.length; at += size) yield keys.slice(at, at + size);
}

async function storedKeys(
  table: VerifiedTable,
  since: readonly TopicOffset[],
  end: readonly TopicOffset[],
): Promise<ChangedKeys> {
  for (const { topic, part, nextOffset } of end) {
    const own = (await table.store.positions(topic)).find((position) => position.part === part);
    const begun = since.some((offset) => offset.topic === topic && offset.part === part);
    if (!begun || own === undefined || own.nextOffset < nextOffset) return { kind: 'forgotten', topic };
  }
  // Which row a record that can't be read has changed, nobody knows.
  const dead = await table.store.deadSince(since, end);
  if (dead !== null) return { kind: 'forgotten', topic: dead };
  return { kind: 'known', pages: storedPages(table, since) };
}

async function* storedPages(
  { store, limits }: VerifiedTable,
  since: readonly TopicOffset[],
): AsyncGenerator<readonly string[]> {
  let after: string | null = null;
  for (;;) {
    const page = await store.changedKeys(since, after, limits.keysAtOnce);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page.map(({ key }) => key);
    after = last.cursor;
  }
}
