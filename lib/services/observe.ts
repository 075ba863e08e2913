// Everything that is watched beside the records themselves: applied positions, heartbeats, lag, groups, connectors,
// and sagas whose deadline has passed. Each observer has its own rhythm; one that fails reports and tries again.
import type { Migration } from '../core/migration/definition.ts';
import { messageOf } from '../errors.ts';
import type { AppliedPositionSource } from '../ports/appliedPosition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connectors } from '../ports/connectors.ts';
import type { LagSource } from '../ports/lagSource.ts';
import type { Logger } from '../ports/logger.ts';
import type { ObservationStore } from '../ports/observationStore.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';
import type { Ingest } from './ingest.ts';
import { type AppliedObserver, observeApplied } from './observeApplied.ts';
import { observeConnector } from './observeConnector.ts';
import { type ObservedFlow, observedFlows } from './observedFlows.ts';
import { observeGroup } from './observeGroup.ts';
import { type HeartbeatView, observeHeartbeat } from './observeHeartbeat.ts';
import { observeLag } from './observeLag.ts';
import { settleSagas } from './settleSagas.ts';

export interface ObserveOptions {
  readonly migration: Migration;
  readonly consumer: string;
  readonly ingest: Ingest;
  readonly store: ObservationStore;
  /** Applied position of a mapped table in one direction, or null where it can't be read at all. */
  readonly appliedOf: (flow: ObservedFlow) => AppliedPositionSource | null;
  readonly groups: LagSource;
  /** Null without a Connect REST API. */
  readonly connectors: Connectors | null;
  /** Limits of the criteria cdc_lag and transaction_time of a context; microseconds. */
  readonly limitsOf: (context: string) => { readonly cdcLagUs: bigint; readonly transactionTimeUs: bigint };
  readonly status: StatusBoard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Observers {
  /** Ends after what is being written. */
  stop(): Promise<void>;
}

const SAMPLE_MS = 100;
const SECOND_MS = 1_000;
const GROUPS_MS = 3_000;

/** Starts every observer that the migration's definition asks for. */
export function startObservers(options: ObserveOptions): Observers {
  const { migration, ingest, store, clock, consumer, status } = options;
  const flows = observedFlows(migration);
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  const loops: Promise<void>[] = [];

  const every = (name: string, periodMs: number, work: () => Promise<unknown>) => {
    const run = async () => {
      while (!stopped) {
        const startMs = clock.nowMs();
        try {
          await work();
        } catch (error) {
          options.logger.warn({ observer: name, error: messageOf(error) }, 'an observer failed; it tries again');
        }
        const restMs = Math.max(10, periodMs - (clock.nowMs() - startMs));
        if (!stopped) await Promise.race([options.sleep(restMs), stopping.promise]);
      }
    };
    loops.push(run());
  };

  every('ingest', SECOND_MS, () => ingest.tick());
  for (const flow of flows) watchFlow(flow);
  for (const context of migration.contexts) {
    for (const saga of context.sagas) {
      const transactionLimitUs = options.limitsOf(context.id).transactionTimeUs;
      let judged = 0;
      every(`saga ${saga.id}`, SECOND_MS, async () => {
        judged += await settleSagas({ context: context.id, saga, consumer, transactionLimitUs, store });
        const detail = `${judged} instances judged at their deadline since the start of this worker`;
        status.report({ part: `saga:${context.id}/${saga.id}`, state: 'ok', detail });
      });
    }
  }
  const groups = Map.groupBy(flows, ({ applied }) => (applied.kind === 'group' ? applied.groupId : null));
  for (const [groupId, members] of groups) {
    if (groupId === null) continue;
    const topics = [...new Set(members.map(({ topic }) => topic))];
    const observer = observeGroup({ groupId, topics, source: options.groups, store, clock });
    every(`group ${groupId}`, GROUPS_MS, () => observer.sample());
  }
  const { connectors } = options;
  if (connectors !== null) {
    for (const name of new Set(flows.flatMap(({ connector }) => connector ?? []))) {
      every(`connector ${name}`, GROUPS_MS, () => observeConnector(name, connectors, status));
    }
  }

  function watchFlow(flow: ObservedFlow): void {
    const limitUs = options.limitsOf(flow.context).cdcLagUs;
    const source = options.appliedOf(flow);
    const applied = source === null ? null : observeApplied({ ...flow, limitUs, applied: source, store, clock });
    if (applied !== null) every(`applied ${flow.series}`, SAMPLE_MS, () => applied.sample());
    every(`lag ${flow.series}`, SECOND_MS, () => sampleLag(flow, limitUs, applied));
  }

  async function sampleLag(flow: ObservedFlow, limitUs: bigint, applied: AppliedObserver | null): Promise<void> {
    const { context, series, heartbeat: expected } = flow;
    const heartbeat: HeartbeatView =
      expected === null || !ingest.status.isReachable
        ? { kind: 'unknown' }
        : await observeHeartbeat({ context, series, ...expected, limitUs, consumer, store, clock });
    const inputs = {
      context,
      series,
      kafkaReachable: ingest.status.isReachable,
      hops: ingest.status.hopsOf(flow.topic),
      heartbeat,
      heartbeatEveryMs: expected?.everyMs ?? null,
      applied: applied?.view ?? {
        kind: 'unknown' as const,
        detail: 'no applied position is configured',
        atMs: clock.nowMs(),
      },
    };
    await observeLag(inputs, store, clock);
  }

  return {
    async stop() {
      stopped = true;
      stopping.resolve();
      await Promise.all(loops);
    },
  };
}
