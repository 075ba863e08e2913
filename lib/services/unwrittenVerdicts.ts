import type { KeyFinding } from '../ports/verifyStore.ts';

/**
 * Verdicts on keys that are not written down yet. A proved divergence is kept though its key turned CLEAN since: it is
 * then written before that. No look that could not be settled takes its place.
 */
export class UnwrittenVerdicts {
  readonly #proved = new Map<string, KeyFinding>();
  readonly #clean = new Map<string, number>();
  readonly #open = new Map<string, KeyFinding>();

  /** Divergences of keys that were CLEAN after them: to be written first. */
  get proved(): readonly KeyFinding[] {
    return [...this.#proved.values()];
  }

  /** When each key was CLEAN last, ms since 1970: to be written second. */
  get clean(): ReadonlyMap<string, number> {
    return this.#clean;
  }

  /** What was found of keys since they were CLEAN: to be written last. */
  get open(): readonly KeyFinding[] {
    return [...this.#open.values()];
  }

  /** Keys in `open`. */
  get openCount(): number {
    return this.#open.size;
  }

  addClean(key: string, judgedAtMs: number): void {
    const open = this.#open.get(key);
    if (open !== undefined && open.judgedAtMs <= judgedAtMs) {
      this.#open.delete(key);
      this.#addProved(open);
    }
    this.#clean.set(key, Math.max(judgedAtMs, this.#clean.get(key) ?? judgedAtMs));
  }

  /** Takes a finding that is not CLEAN. */
  add(finding: KeyFinding): void {
    const { key, verdict, judgedAtMs } = finding;
    if (judgedAtMs < (this.#clean.get(key) ?? judgedAtMs)) {
      this.#addProved(finding);
      return;
    }
    if (verdict !== 'DIVERGED' && this.#open.get(key)?.verdict === 'DIVERGED') return;
    this.#open.set(key, finding);
  }

  /** Takes what came after these. */
  addAll(later: UnwrittenVerdicts): void {
    for (const finding of later.#proved.values()) this.add(finding);
    for (const [key, judgedAtMs] of later.#clean) this.addClean(key, judgedAtMs);
    for (const finding of later.#open.values()) this.add(finding);
  }

  #addProved(finding: KeyFinding): void {
    if (finding.verdict === 'DIVERGED' && !this.#proved.has(finding.key)) this.#proved.set(finding.key, finding);
  }
}
