/** Every error that Banyan raises on purpose. The code decides the HTTP status and the CLI's exit code. */
export const ERROR_CODES = [
  'bad_config',
  'bad_input',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'unsupported',
  'overloaded',
  'unavailable',
  'fenced',
  'gap',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface BanyanErrorOptions {
  /** True if the same call may succeed later. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
  /** What the reader should do about it. */
  readonly fix?: string;
}

/** An error with a closed code, whether a retry helps, its cause, and the fix in words. */
export class BanyanError extends Error {
  readonly code: ErrorCode;
  readonly retriable: boolean;
  readonly fix: string | undefined;

  constructor(code: ErrorCode, message: string, options: BanyanErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BanyanError';
    this.code = code;
    this.retriable = options.retriable ?? (code === 'unavailable' || code === 'overloaded');
    this.fix = options.fix;
  }
}

/** The text of anything thrown, without its stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
