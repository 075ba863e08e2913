/** One thing that a mapping can't do, or does at a loss; `column` names the pair, or is null for the table. */
export interface MappingFinding {
  readonly column: string | null;
  /** refused: it is not compared at all; flagged: it is compared, and the reader must know. */
  readonly severity: 'refused' | 'flagged';
  readonly reason: string;
  readonly fix: string;
}

/** One line for a person. */
export function findingText({ column, severity, reason }: MappingFinding): string {
  if (severity === 'refused') return `${column ?? 'the table'} can't be compared: ${reason}`;
  return column === null ? reason : `${column}: ${reason}`;
}
