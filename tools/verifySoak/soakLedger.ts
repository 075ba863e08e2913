import { type RigFinding, sameLegs } from '../verifyRig/rigVerdicts.ts';

export const CORRUPTIONS = [
  'drop',
  'drop_delete',
  'wrong',
  'lost',
  'altered',
  'jump',
  'rogue',
  'rogue_delete',
] as const;

/** A way to make a row wrong. */
export type CorruptionKind = (typeof CORRUPTIONS)[number];

/** The leg that each must be told by. */
export const LEG_OF: Readonly<Record<CorruptionKind, string>> = {
  drop: 'apply',
  drop_delete: 'apply',
  wrong: 'apply',
  lost: 'capture',
  altered: 'capture',
  jump: 'transport',
  rogue: 'rogue_write',
  rogue_delete: 'rogue_write',
};

interface Corruption {
  readonly kind: CorruptionKind;
  readonly atMs: number;
  foundAtMs: number | null;
  leg: string | null;
  reason: string;
  /** Every leg that was told, in turn, and when: `apply after 3 s`. */
  readonly told: string[];
}

export interface SoakOutcome {
  readonly corruptions: number;
  readonly found: number;
  /** Keys that are wrong and were never DIVERGED, with what was done to them. */
  readonly missed: readonly string[];
  /** Keys DIVERGED that nobody had touched. */
  readonly falseDiverged: readonly string[];
  /** `key kind: leg` where another leg was told last, with what was told before it. */
  readonly wrongLegs: readonly string[];
  /** From the corruption to the stored verdict, ms. */
  readonly foundP50Ms: number | null;
  readonly foundP99Ms: number | null;
  readonly byKind: Readonly<Record<string, number>>;
}

/** What the soak itself did to which key: the truth that verdicts are held against. */
export class SoakLedger {
  readonly #corruptions = new Map<string, Corruption>();
  readonly #false = new Set<string>();

  /** Before the deed, so that no verdict can come before its entry. */
  enter(keys: readonly string[], kind: CorruptionKind): void {
    const atMs = Date.now();
    for (const key of keys)
      this.#corruptions.set(key, { kind, atMs, foundAtMs: null, leg: null, reason: '', told: [] });
  }

  /** Findings DIVERGED in the store now, or that were; the leg told last counts. */
  note(diverged: readonly RigFinding[]): void {
    const nowMs = Date.now();
    for (const { key, leg, detail } of diverged) {
      const corruption = this.#corruptions.get(key);
      if (corruption === undefined) this.#false.add(key);
      else {
        corruption.foundAtMs ??= nowMs;
        if (corruption.leg !== leg) {
          corruption.told.push(`${leg} after ${Math.round((nowMs - corruption.atMs) / 1_000)} s`);
        }
        corruption.leg = leg;
        corruption.reason = String(detail.reason);
      }
    }
  }

  get missing(): readonly string[] {
    return [...this.#corruptions].filter(([, { foundAtMs }]) => foundAtMs === null).map(([key]) => key);
  }

  /** Keys whose rows differ without an entry, or do not in spite of one: then the soak, not Banyan, is wrong. */
  contradictedBy(differing: readonly string[]): readonly string[] {
    const wrong = new Set(differing);
    const unentered = differing.filter((key) => !this.#corruptions.has(key));
    return [...unentered, ...[...this.#corruptions.keys()].filter((key) => !wrong.has(key))];
  }

  get outcome(): SoakOutcome {
    const all = [...this.#corruptions];
    const tookMs = all
      .flatMap(([, { atMs, foundAtMs }]) => (foundAtMs === null ? [] : [foundAtMs - atMs]))
      .sort((a, b) => a - b);
    const at = (quantile: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(quantile * tookMs.length))] ?? null;
    return {
      corruptions: all.length,
      found: tookMs.length,
      missed: all.filter(([, { foundAtMs }]) => foundAtMs === null).map(([key, { kind }]) => `${key} ${kind}`),
      falseDiverged: [...this.#false],
      wrongLegs: all
        .filter(([key, { kind, leg }]) => leg !== null && !sameLegs({ [key]: leg }, { [key]: LEG_OF[kind] }))
        .map(([key, { kind, leg, reason, told }]) => `${key} ${kind}: ${leg} (${reason}; ${told.join(', ')})`),
      foundP50Ms: at(0.5),
      foundP99Ms: at(0.99),
      byKind: Object.fromEntries(
        CORRUPTIONS.map((kind) => [kind, all.filter(([, corruption]) => corruption.kind === kind).length]),
      ),
    };
  }
}
