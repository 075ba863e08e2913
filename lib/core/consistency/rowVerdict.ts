/** What is known of one key: only CLEAN and DIVERGED are settled; everything else waits or could not be judged. */
export const ROW_VERDICTS = ['CLEAN', 'DIVERGED', 'PENDING', 'STALLED', 'CONFLICT', 'UNKNOWN'] as const;
export type RowVerdict = (typeof ROW_VERDICTS)[number];

/** Where a divergence came about: before Kafka, in it, at its application, by a foreign hand, or not provable. */
export type Leg = 'capture' | 'transport' | 'apply' | 'rogue_write' | 'unknown';
