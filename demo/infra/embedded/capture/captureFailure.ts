/** A failure that no retry mends: the connector's task turns FAILED. */
export class CaptureFailure extends Error {}

// Undefined slot or publication, wrong credentials, unknown database or table, missing rights, slot in a lost state.
const FATAL_STATES = /^(42704|28...|3D000|42P01|42501|55000|0A000)$/;

/** Whether the task should give up rather than try again. */
export function isFatal(error: unknown): boolean {
  if (error instanceof CaptureFailure) return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return FATAL_STATES.test(error.code);
}
