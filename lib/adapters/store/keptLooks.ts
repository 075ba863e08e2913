import { z } from 'zod';
import type { EarlierLook } from '../../core/consistency/earlierLook.ts';

const big = z.string().transform(BigInt);
const positions = z.array(z.tuple([z.number(), big])).transform((entries) => new Map(entries));
const look = z.object({
  // Those that were kept without it are old.
  atMs: z.number().default(0),
  xmin: big,
  xmax: big,
  applied: positions,
  reverseEnds: positions.nullable(),
  writer: z.object({ xmax: big, ends: positions }),
});

/** Looks as they are kept; what is not as expected tells nothing. */
export const keptLooks: z.ZodType<readonly EarlierLook[]> = z.array(look).catch([]);

/** The form in which looks are kept: JSON with every 64-bit number as text. */
export function looksJson(looks: readonly EarlierLook[]): string {
  const entries = (of: ReadonlyMap<number, bigint>) => [...of].map(([part, offset]) => [part, offset.toString()]);
  return JSON.stringify(
    looks.map(({ atMs, xmin, xmax, applied, reverseEnds, writer }) => ({
      atMs,
      xmin: xmin.toString(),
      xmax: xmax.toString(),
      applied: entries(applied),
      reverseEnds: reverseEnds === null ? null : entries(reverseEnds),
      writer: { xmax: writer.xmax.toString(), ends: entries(writer.ends) },
    })),
  );
}
