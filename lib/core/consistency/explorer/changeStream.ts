import { HISTORIES, type Key, type Setting, type State, type Value } from './explorerModel.ts';

/** One change as the capture reads it: the commit's position and what was written. */
export interface Change {
  readonly commit: number;
  readonly key: Key;
  readonly value: Value;
  /** As Debezium has it. */
  readonly op: 'c' | 'u' | 'd';
}

interface Transaction {
  readonly changes: readonly (readonly [Key, Value])[];
  readonly captured: boolean;
}

/** The transactions of a setting's programs, and what each order of commits makes of them. */
export class ChangeStream {
  /** For each program, the transaction of each of its steps; null for a step that is none. */
  readonly ids: readonly (readonly (number | null)[])[];
  readonly #transactions: Transaction[] = [];
  readonly #streams = new Map<string, readonly Change[]>();

  constructor(setting: Setting) {
    this.ids = HISTORIES[setting.history].map((program) =>
      program.map((step) => {
        switch (step.kind) {
          case 'write':
            return this.#transactions.push({ changes: step.changes, captured: true }) - 1;
          case 'taken_over':
            return this.#transactions.push({ changes: [['k', step.value]], captured: false }) - 1;
          case 'hand_over':
          case 'target_write':
            return null;
          default:
            return step satisfies never;
        }
      }),
    );
  }

  /** All captured changes in commit order. */
  changes(commits: readonly number[]): readonly Change[] {
    const name = commits.join();
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const rows = new Map<Key, Value>();
    const stream = commits.flatMap((id, commit) => {
      const { changes = [], captured = false } = this.#transactions[id] ?? {};
      const made = changes.map(([key, value]): Change => {
        const op = value === '-' ? 'd' : rows.get(key) === '-' ? 'c' : 'u';
        rows.set(key, value);
        return { commit, key, value, op };
      });
      return captured ? made : [];
    });
    this.#streams.set(name, stream);
    return stream;
  }

  /** The row of k for a reader that sees these commits. */
  sourceRow({ commits, visible }: State): Value {
    let row: Value = 0;
    commits.forEach((id, position) => {
      if ((visible & (1 << position)) === 0) return;
      for (const [key, value] of this.#transactions[id]?.changes ?? []) if (key === 'k') row = value;
    });
    return row;
  }

  /** Commits all of whose changes are among the first so many of the stream. */
  wholeCommits(commits: readonly number[], changes: number): number {
    let left = changes;
    const first = commits.findIndex((id) => {
      const transaction = this.#transactions[id];
      left -= transaction?.captured ? transaction.changes.length : 0;
      return left < 0;
    });
    return first < 0 ? commits.length : first;
  }
}
