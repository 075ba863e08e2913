import pino from 'pino';
import type { Logger } from '../../ports/logger.ts';

/** Field names whose values never reach a log, wherever they stand. */
const REDACTED = ['password', 'secret', 'token', 'authorization', 'url', 'connectionString', 'sasl'];

/**
 * JSON lines on standard error through pino; the level comes from LOG_LEVEL.
 * @param name the process: web, worker, banyan.
 */
export function pinoLogger(name: string): Logger {
  const paths = REDACTED.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  return pino(
    {
      name,
      level: process.env.LOG_LEVEL ?? 'info',
      redact: { paths, censor: '[redacted]' },
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
