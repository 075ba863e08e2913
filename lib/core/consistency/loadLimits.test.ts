import { describe, expect, it } from 'vitest';
import { type DatabaseLoad, describeLoad, reasonsToWait } from './loadLimits.ts';

const limits = { activeConnections: 50, replicaLagMs: 10_000, backlog: 1_000 };
const idle: DatabaseLoad = { database: 'monolith', activeSessions: 3, activeBy: 'sessions', replicaLagMs: 0 };

describe('reasons to wait', () => {
  it.each([
    ['nothing', [idle], 0n, []],
    ['at the limits', [{ ...idle, activeSessions: 50, replicaLagMs: 10_000 }], 1_000n, []],
    ['sessions', [{ ...idle, activeSessions: 51 }], 0n, ['database monolith has 51 active sessions (limit 50)']],
    ['replica', [{ ...idle, replicaLagMs: 12_340 }], 0n, ['a replica of monolith is 12.3 s behind (limit 10.0 s)']],
    ['own backlog', [idle], 1_001n, ['1001 change events wait to be read (limit 1000)']],
    [
      'all, each by itself',
      [idle, { ...idle, database: 'inventory', activeSessions: 60.25, replicaLagMs: 20_000 }],
      5_000n,
      [
        'database inventory has 60.3 active sessions (limit 50)',
        'a replica of inventory is 20.0 s behind (limit 10.0 s)',
        '5000 change events wait to be read (limit 1000)',
      ],
    ],
    ['what is not visible holds up nothing', [{ ...idle, activeSessions: null, replicaLagMs: null }], 0n, []],
  ])('%s', (_, loads, unread, expected) => {
    expect(reasonsToWait(loads, unread, limits)).toEqual(expected);
  });
});

it('the status tells the load by what can be seen of it', () => {
  expect(describeLoad(idle)).toBe('3 active sessions, replicas 0.0 s behind');
  expect(describeLoad({ ...idle, activeBy: 'time', replicaLagMs: null })).toBe('3 active sessions on average');
});
