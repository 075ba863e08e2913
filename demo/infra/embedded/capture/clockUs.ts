/** The wall clock in microseconds since 1970. */
export const clockUs = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
