/** From this number on an item is no goods: rows that nobody trades, for checks of the copy. They stay with the monolith. */
export const FIRST_CANARY = 20_000_001;
/** Canaries that have a row. */
export const CANARIES: readonly number[] = [0, 1, 2, 3, 4].map((n) => FIRST_CANARY + n);
/** A number that no row has on either side. */
export const ABSENT_CANARY = FIRST_CANARY + 99;
