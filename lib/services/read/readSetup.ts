import type { Principal } from '../../ports/principal.ts';
import type { DeadLetterRow, IngestTotals } from '../../ports/readStore.ts';
import { requireRole } from '../requireRole.ts';
import { judgeParts, type PartHealth } from './readHealth.ts';
import type { Reading } from './reading.ts';

export interface SetupGroup {
  readonly id: string;
  readonly title: string;
  /** What to do where no part of this group has reported. */
  readonly next: string;
  readonly parts: readonly PartHealth[];
}

export interface Setup {
  readonly migration: string | null;
  readonly groups: readonly SetupGroup[];
  readonly ingest: readonly IngestTotals[];
  readonly deadLetters: readonly DeadLetterRow[];
}

const GROUPS: readonly { id: string; title: string; prefixes: readonly string[]; next: string }[] = [
  {
    id: 'store',
    title: 'Store',
    prefixes: ['store'],
    next: 'The worker reports the store when it starts: run `banyan start`.',
  },
  {
    id: 'kafka',
    title: 'Kafka and its topics',
    prefixes: ['kafka', 'topic', 'group', 'ingest'],
    next: 'Name the brokers under `kafka.brokers` in banyan.yaml, then run `banyan check`.',
  },
  {
    id: 'cdc',
    title: 'Change data capture',
    prefixes: ['connector', 'cdc', 'connect'],
    next: 'Name the Connect REST API under `connect.url` and the connector of each table in banyan.yaml.',
  },
  {
    id: 'traces',
    title: 'OpenTelemetry traces',
    prefixes: ['otlp', 'spans'],
    next: 'Point your services at Banyan: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318.',
  },
  {
    id: 'rows',
    title: 'Rows of both sides',
    prefixes: ['database', 'table', 'verify', 'continuous', 'certificates', 'applied'],
    next: 'Name both databases under `databases` in banyan.yaml; `banyan init` prints the GRANTs that are needed.',
  },
  {
    id: 'sagas',
    title: 'Sagas',
    prefixes: ['saga'],
    next: 'Describe each saga under `sagas` in banyan.yaml: its topics, its steps and how its messages correlate.',
  },
  {
    id: 'verdicts',
    title: 'Verdicts and alerts',
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
      others.length === 0 ? grouped : [...grouped, { id: 'other', title: 'Other parts', next: '', parts: others }],
    ingest,
    deadLetters,
  };
}

function isOf(part: string, prefix: string): boolean {
  return part === prefix || part.startsWith(`${prefix}:`) || part.startsWith(`${prefix}-`);
}
