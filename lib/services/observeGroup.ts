import { type CommitSample, groupStatus, type PartitionStatus, partitionStatus, WINDOW } from '../core/lag/burrow.ts';
import type { Clock } from '../ports/clock.ts';
import type { LagSource } from '../ports/lagSource.ts';
import type { ObservationStore } from '../ports/observationStore.ts';

export interface ObserveGroupOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly source: LagSource;
  readonly store: ObservationStore;
  readonly clock: Clock;
  readonly allowedLag?: bigint;
}

export interface GroupView {
  readonly status: PartitionStatus;
  readonly lag: bigint | null;
}

export interface GroupObserver {
  /** Reads and keeps the group's positions; the worker calls it every few seconds. Rejects when the broker can't be reached. */
  sample(): Promise<GroupView>;
}

interface Window {
  commits: CommitSample[];
  broker: bigint[];
}

/** Watches one consumer group of the watched system. */
export function observeGroup({
  groupId,
  topics,
  source,
  store,
  clock,
  allowedLag = 0n,
}: ObserveGroupOptions): GroupObserver {
  const windows = new Map<string, Window>();
  return {
    async sample() {
      const positions = await source.groupPositions(groupId, topics);
      const nowMs = clock.nowMs();
      await store.saveGroupPositions(groupId, positions, nowMs);
      const statuses: PartitionStatus[] = [];
      let lag: bigint | null = null;
      for (const { topic, partition, committed, high } of positions) {
        if (committed === null) continue;
        const name = `${topic}/${partition}`;
        const window = windows.get(name) ?? { commits: [], broker: [] };
        windows.set(name, window);
        const behind = high > committed ? high - committed : 0n;
        window.commits = [...window.commits, { offset: committed, timestampMs: nowMs, lag: behind }].slice(-WINDOW);
        window.broker = [...window.broker, high].slice(-WINDOW);
        statuses.push(partitionStatus(window.commits, window.broker, nowMs, allowedLag));
        lag = (lag ?? 0n) + behind;
      }
      return { status: groupStatus(statuses), lag };
    },
  };
}
