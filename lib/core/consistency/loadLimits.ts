// Verification gives way: to the watched database's own work, to its replicas, and to Banyan's own reading of changes.
// Each is judged by itself, and what can't be seen is said, not guessed.

/** What a database does besides being verified. */
export interface DatabaseLoad {
  readonly database: string;
  /** Sessions at work: counted now, or on average since the last look where the role may not see others' sessions. */
  readonly activeSessions: number | null;
  readonly activeBy: 'sessions' | 'time';
  /** How far the slowest streaming replica replays behind; 0 without one; null if the role may not see it. */
  readonly replicaLagMs: number | null;
}

/** Above these the verifier waits; Infinity never. */
export interface LoadLimits {
  readonly activeConnections: number;
  readonly replicaLagMs: number;
  /** Change events that Banyan has not read yet. */
  readonly backlog: number;
}

/** Why to wait, one sentence a reason; none to go on. */
export function reasonsToWait(
  loads: readonly DatabaseLoad[],
  unreadEvents: bigint,
  limits: LoadLimits,
): readonly string[] {
  const reasons = loads.flatMap(({ database, activeSessions, replicaLagMs }) => [
    ...(activeSessions !== null && activeSessions > limits.activeConnections
      ? [`database ${database} has ${shown(activeSessions)} active sessions (limit ${limits.activeConnections})`]
      : []),
    ...(replicaLagMs !== null && replicaLagMs > limits.replicaLagMs
      ? [`a replica of ${database} is ${seconds(replicaLagMs)} behind (limit ${seconds(limits.replicaLagMs)})`]
      : []),
  ]);
  return unreadEvents > limits.backlog
    ? [...reasons, `${unreadEvents} change events wait to be read (limit ${limits.backlog})`]
    : reasons;
}

/** The load in words, for a status line. */
export function describeLoad({ activeSessions, activeBy, replicaLagMs }: DatabaseLoad): string {
  const active =
    activeSessions === null
      ? 'active sessions not known yet'
      : `${shown(activeSessions)} active sessions${activeBy === 'time' ? ' on average' : ''}`;
  return replicaLagMs === null ? active : `${active}, replicas ${seconds(replicaLagMs)} behind`;
}

const shown = (sessions: number) => Number(sessions.toFixed(1)).toString();
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
