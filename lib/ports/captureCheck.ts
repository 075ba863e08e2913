/** Says whether the changes of a mapped table are captured so that rows can be judged by them. */
export interface CaptureCheck {
  /** @throws BanyanError that names what is wrong and its fix, or of the database that can't be asked */
  assertSound(): Promise<void>;
}
