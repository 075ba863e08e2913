// The stages that the demo plays live, and what each means for the estate.

export const PLAYED_STAGES = ['sync_data', 'route_reads', 'route_writes'] as const;
export type PlayedStage = (typeof PLAYED_STAGES)[number];

/** Shares of the requests that the facade sends to the new service, 0 to 1. */
export interface Shares {
  readonly reads: number;
  readonly writes: number;
}

export interface StageSetting {
  readonly shares: Shares;
  /** Whether changes of the service's rows flow back to the monolith. */
  readonly reverseCapture: boolean;
}

/** How the estate is set in each stage. */
export const STAGE_SETTINGS: Readonly<Record<PlayedStage, StageSetting>> = {
  sync_data: { shares: { reads: 0, writes: 0 }, reverseCapture: false },
  route_reads: { shares: { reads: 0.5, writes: 0 }, reverseCapture: false },
  route_writes: { shares: { reads: 1, writes: 0.5 }, reverseCapture: true },
};

/** The largest part of the items that any of the stages gives to the service. */
export const HIGHEST_WRITE_SHARE = Math.max(...Object.values(STAGE_SETTINGS).map(({ shares }) => shares.writes));

export function isPlayedStage(text: string): text is PlayedStage {
  return (PLAYED_STAGES as readonly string[]).includes(text);
}

/** The stage after this one, or undefined after the last that is played. */
export function nextStage(stage: PlayedStage): PlayedStage | undefined {
  return PLAYED_STAGES[PLAYED_STAGES.indexOf(stage) + 1];
}
