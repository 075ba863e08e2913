import { z } from 'zod';

/** Asks the load of the harm benchmark to run for so long. */
export const LoadOrder = z.object({ forMs: z.number() });
export type LoadOrder = z.infer<typeof LoadOrder>;

/** Its answer: latencies in ms of the queries that met no stolen time, and how many did. */
export const LoadFigures = z.object({ latencies: z.array(z.number()), stolen: z.number() });
export type LoadFigures = z.infer<typeof LoadFigures>;
