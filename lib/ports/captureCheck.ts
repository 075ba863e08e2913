/** What keeps the changes of a table from being captured as verification needs them. */
export interface CaptureFault {
  readonly reason: string;
  readonly fix: string;
}

/** Says whether the changes of a mapped table are captured so that rows can be judged by them. */
export interface CaptureCheck {
  /** Null if nothing is known against it. Rejects with a BanyanError of a database that can't be asked. */
  fault(): Promise<CaptureFault | null>;
}
