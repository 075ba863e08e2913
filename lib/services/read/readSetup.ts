import type { Principal } from '../../ports/principal.ts';
import type { DeadLetterRow, IngestTotals } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { judgeParts, type PartHealth } from './readHealth.ts';
import type { Reading } from './reading.ts';

export interface SetupGroup {
  readonly id: string;
  readonly title: string;
  /** What it would give, and what to do for it, where no part of this group has reported. */
  readonly gives: string;
  readonly next: string;
  readonly parts: readonly PartHealth[];
}

export interface Setup {
  readonly migration: string | null;
  readonly groups: readonly SetupGroup[];
  readonly ingest: readonly IngestTotals[];
  readonly deadLetters: readonly DeadLetterRow[];
}

const GROUPS: readonly (Omit<SetupGroup, 'parts'> & { readonly prefixes: readonly string[] })[] = [
  {
    id: 'store',
    title: 'Store',
    gives: 'It keeps verdicts, evidence and findings.',
    prefixes: ['store'],
    next: 'The worker reports the store when it starts: run `banyan start`.',
  },
  {
    id: 'kafka',
    title: 'Kafka and its topics',
    gives: 'CDC lag and sagas are judged by what is read from it.',
    prefixes: ['kafka', 'topic', 'group', 'ingest'],
    next: 'Name the brokers under `kafka.brokers` in banyan.yaml, then run `banyan check`.',
  },
  {
    id: 'cdc',
    title: 'Change data capture',
    gives: 'It tells why changes do not come: a connector that stands still says so.',
    prefixes: ['connector', 'cdc', 'connect'],
    next: 'Name the Connect REST API under `connect.url` and the connector of each table in banyan.yaml.',
  },
  {
    id: 'traces',
    title: 'OpenTelemetry traces',
    gives: 'Read latency and errors are judged by the spans of the facade.',
    prefixes: ['otlp', 'spans'],
    next: 'Point your services at Banyan: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.',
  },
  {
    id: 'rows',
    title: 'Rows of both sides',
    gives: 'Rows are compared, and those that differ are named.',
    prefixes: ['database', 'table', 'verify', 'continuous', 'invariant', 'certificates', 'applied'],
    next: 'Name both databases under `databases` in banyan.yaml; `banyan init` prints the GRANTs that are needed.',
  },
  {
    id: 'sagas',
    title: 'Sagas',
    gives: 'Saga success and transaction time are judged by their messages.',
    prefixes: ['saga'],
    next: 'Describe each saga under `sagas` in banyan.yaml: its topics, its steps and how its messages correlate.',
  },
  {
    id: 'verdicts',
    title: 'Verdicts and alerts',
    gives: 'Each stage gets its verdict, and webhooks are told of a change.',
    prefixes: ['evaluate', 'waivers', 'notify', 'webhook'],
    next: 'The worker evaluates the criteria: run `banyan start`, or a worker with the role evaluate.',
  },
];

/** The checklist of a set-up, each step with its live probe. */
export async function readSetup(reading: Reading, principal: Principal): Promise<Setup> {
  requireRole(principal, 'viewer');
  const [migration, rows, ingest, deadLetters] = await Promise.all([
    reading.store.migration(),
    reading.store.parts(),
    reading.store.ingestTotals(),
    reading.store.deadLetters(20),
  ]);
  const parts = judgeParts(rows, reading.clock.nowMs());
  const grouped = GROUPS.map(({ prefixes, ...group }) => ({
    ...group,
    parts: parts.filter((part) => prefixes.some((prefix) => isOf(part.part, prefix))),
  }));
  const others = parts.filter((part) => !GROUPS.some(({ prefixes }) => prefixes.some((p) => isOf(part.part, p))));
  return {
    migration: migration?.name ?? null,
    groups:
      others.length === 0
        ? grouped
        : [...grouped, { id: 'other', title: 'Other parts', gives: '', next: '', parts: others }],
    ingest,
    deadLetters,
  };
}

function isOf(part: string, prefix: string): boolean {
  return part === prefix || part.startsWith(`${prefix}:`) || part.startsWith(`${prefix}-`);
}
