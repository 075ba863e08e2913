import { z } from 'zod';
import { askBanyan } from './askBanyan.ts';

const found = z.looseObject({ afterMs: z.number(), kind: z.string(), leg: z.string() });
const round = z.looseObject({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'measured', 'failed']),
  sentence: z.string(),
  fix: z.string().nullable(),
  tally: z.looseObject({ planted: z.number(), found: z.number(), missed: z.number() }),
  canaries: z.array(z.looseObject({ key: z.string(), change: z.string(), found: found.nullable() })),
  others: z.array(z.string()),
});

export type SelfTestAnswer = z.infer<typeof round>;

const pathOf = (context: string) => `/api/v1/contexts/${encodeURIComponent(context)}/self-tests`;

/** Has the worker carry out a round; returns its id. Errors are those of `askBanyan`. */
export async function startSelfTest(baseUrl: string, context: string): Promise<string> {
  return (await askBanyan(baseUrl, pathOf(context), z.object({ round: z.string() }), {})).round;
}

/** A round of the newest; undefined if it is none of them. Errors are those of `askBanyan`. */
export async function fetchSelfTest(baseUrl: string, context: string, id: string): Promise<SelfTestAnswer | undefined> {
  const { rounds } = await askBanyan(baseUrl, pathOf(context), z.object({ rounds: z.array(round) }));
  return rounds.find((each) => each.id === id);
}
