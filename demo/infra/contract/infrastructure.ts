/** What the contract suites run against: a broker, a capture with Connect's REST interface, a PostgreSQL server. */
export interface Infrastructure {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly connectUrl: string;
  /** Superuser's URL of any database of the server, which runs with wal_level=logical. */
  readonly postgresUrl: string;
  /** Ends the capture without warning (kill -9) and starts it again on the same state. */
  readonly killAndRestartCapture: () => Promise<void>;
}
