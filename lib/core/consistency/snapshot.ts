// PostgreSQL's snapshot decides what a reader sees. Membership of a change's transaction in the reader's snapshot is
// exact, where positions in the log are not: a commit can be in the log, and captured, before readers see it.

/** A parsed `pg_current_snapshot()`: transactions below xmin are seen, those from xmax on and those in `running` are not. */
export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

/**
 * Parses `xmin:xmax:xip,xip`.
 * @throws SyntaxError on another text
 */
export function parseSnapshot(text: string): Snapshot {
  const match = /^(\d+):(\d+):([\d,]*)$/.exec(text);
  if (match === null) throw new SyntaxError(`not a snapshot: ${text}`);
  const [, xmin = '0', xmax = '0', running = ''] = match;
  return {
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    running: new Set(running === '' ? [] : running.split(',').map(BigInt)),
  };
}

const EPOCH = 1n << 32n;

/** A 32-bit transaction id, as change data capture carries it, extended to the 64-bit id nearest to the snapshot. */
export function extendTxId(txId: bigint, snapshot: Pick<Snapshot, 'xmax'>): bigint {
  if (txId >= EPOCH) return txId;
  const near = snapshot.xmax - (snapshot.xmax % EPOCH) + txId;
  if (near > snapshot.xmax + EPOCH / 2n && near >= EPOCH) return near - EPOCH;
  return near + EPOCH / 2n < snapshot.xmax ? near + EPOCH : near;
}

/** True if a reader with this snapshot sees what the transaction, known to be committed, wrote. */
export function isVisible(txId: bigint, snapshot: Snapshot): boolean {
  const id = extendTxId(txId, snapshot);
  return id < snapshot.xmin || (id < snapshot.xmax && !snapshot.running.has(id));
}
