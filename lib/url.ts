// The state that a link carries: time range, zone, live refresh. One definition for servers and browsers.
import { createLoader, createSerializer, parseAsBoolean, parseAsString, parseAsStringLiteral } from 'nuqs/server';

export const RANGES = ['15m', '1h', '6h', '24h', '7d', 'stage'] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_NAMES: Record<Range, string> = {
  '15m': 'Last 15 min',
  '1h': 'Last 1 h',
  '6h': 'Last 6 h',
  '24h': 'Last 24 h',
  '7d': 'Last 7 d',
  stage: 'Since stage began',
};

const HOUR_MS = 3_600_000;
const LENGTH_MS: Record<Exclude<Range, 'stage'>, number> = {
  '15m': HOUR_MS / 4,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 168 * HOUR_MS,
};

/** Length of a range; null is "since the stage began". */
export function rangeMs(range: Range): number | null {
  return range === 'stage' ? null : LENGTH_MS[range];
}

/** Search parameters that every page keeps. */
export const viewParsers = {
  range: parseAsStringLiteral(RANGES).withDefault('15m'),
  tz: parseAsStringLiteral(['utc', 'local'] as const).withDefault('utc'),
  live: parseAsBoolean.withDefault(true),
};

/** Search parameters of the board's table. */
export const boardParsers = {
  show: parseAsStringLiteral(['all', 'attention', 'pass', 'waived'] as const).withDefault('all'),
};

export const ROW_KINDS = ['different', 'missing', 'extra', 'conflict', 'unknown', 'stalled', 'pending'] as const;

/**
 * Search parameters of the consistency page. `table` with `key` is the open row (`context` where two contexts map a table
 * of that name); `only` (context/table), `kind` and `cause` narrow the list.
 */
export const consistencyParsers = {
  context: parseAsString,
  table: parseAsString,
  key: parseAsString,
  only: parseAsString,
  kind: parseAsStringLiteral(ROW_KINDS),
  cause: parseAsString,
  by: parseAsStringLiteral(['row', 'cause'] as const).withDefault('row'),
};

/** Reads the view of a page from its search parameters; what is not understood takes its default. */
export const loadView = createLoader(viewParsers);

/** `?range=…` of a view, defaults left out. */
export const serializeView = createSerializer(viewParsers);
