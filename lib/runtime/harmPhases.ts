/**
 * What the verifier does: nothing; the same sweep, of another database than the source in its place; a sweep of the source.
 * Beside the first, the second is what a machine costs that verifier, target and store share with the source, as they do
 * here, and not in use; beside the second, the third is what the source itself pays.
 */
export const HARM_PHASES = ['without', 'elsewhere', 'during'] as const;
export type HarmPhase = (typeof HARM_PHASES)[number];
