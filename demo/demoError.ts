/** A failure of the demo that its reader can mend: what went wrong, and the fix in words. */
export class DemoError extends Error {
  readonly fix: string | undefined;

  constructor(message: string, options: { readonly fix?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DemoError';
    this.fix = options.fix;
  }
}

/** The text of anything thrown, with its fix where it names one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeError).join('; ');
  const fix = 'fix' in error && typeof error.fix === 'string' ? `; ${error.fix}` : '';
  return `${error.message}${fix}`;
}
