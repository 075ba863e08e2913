export type ConnectorState = 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING' | 'UNASSIGNED';

export interface ConnectorStatus {
  readonly name: string;
  readonly state: ConnectorState;
  readonly tasks: readonly { readonly id: number; readonly state: ConnectorState; readonly trace: string | null }[];
}

/** Kafka Connect's view of the connectors. Rejects with `not_found` for a name it doesn't know, `unavailable` otherwise. */
export interface Connectors {
  status(name: string): Promise<ConnectorStatus>;
  /** The newest log position that the connector has committed, as decimal text; null if it has none yet. */
  committedLsn(name: string): Promise<string | null>;
}
