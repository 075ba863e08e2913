// Debezium envelopes as the embedded and the real capture write them, about 750 bytes, with a skewed choice of keys.

/** A small repeatable generator (mulberry32): the same load in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Envelope {
  readonly key: string;
  readonly value: string;
}

/** `count` updates over `keys` items; the source's clock moves a millisecond every `perMs` events. */
export function* debeziumEnvelopes(count: number, keys: number, startMs: number, perMs: number): Generator<Envelope> {
  const random = seeded(7);
  for (let index = 0; index < count; index += 1) {
    const id = Math.floor(keys * random() ** 3) + 1;
    const ms = startMs + Math.floor(index / perMs);
    const us = ms * 1000 + (index % 1000);
    const lsn = 29_584_256 + index * 120;
    const quantity = Math.floor(random() * 1000);
    const at = new Date(ms).toISOString().replace('Z', '123Z');
    const row = (q: number) =>
      `{"item_id":${id},"sku":"SKU-${id}","quantity":${q},"reserved":${q % 7},"version":${index},"updated_at":"${at}"}`;
    const source =
      `{"version":"3.6.3.Final","connector":"postgresql","name":"monolith","ts_ms":${ms},"snapshot":null,"db":"monolith",` +
      `"sequence":"[\\"${lsn - 60}\\",\\"${lsn}\\"]","ts_us":${us},"ts_ns":${us}000,"schema":"public","table":"inventory",` +
      `"txId":${900 + index},"lsn":${lsn},"xmin":null,"origin":null,"origin_lsn":null}`;
    const value =
      `{"before":${row((quantity + 1) % 1000)},"after":${row(quantity)},"source":${source},"transaction":null,` +
      `"op":"u","ts_ms":${ms + 8},"ts_us":${us + 8000},"ts_ns":${us + 8000}387}`;
    yield { key: `{"item_id":${id}}`, value };
  }
}
