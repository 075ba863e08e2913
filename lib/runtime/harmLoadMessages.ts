import { z } from 'zod';

/** Asks the load of the harm benchmark to run for so long. */
export const LoadOrder = z.object({ forMs: z.number() });
export type LoadOrder = z.infer<typeof LoadOrder>;

/** What the load asks of the source: one row, a change of one row, a sum over 2,000 rows. */
export const QUERY_KINDS = ['read', 'update', 'sum'] as const;
export type QueryKind = (typeof QUERY_KINDS)[number];

/** In ms, of the queries that met no stolen time. */
const Latencies = z.record(z.enum(QUERY_KINDS), z.array(z.number()));
export type Latencies = z.infer<typeof Latencies>;

/** Its answer: latencies, and how many queries met stolen time. */
export const LoadFigures = z.object({ latencies: Latencies, stolen: z.number() });
export type LoadFigures = z.infer<typeof LoadFigures>;
