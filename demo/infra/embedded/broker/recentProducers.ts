import { producerOf } from './recordBatch.ts';

const BATCHES_PER_PRODUCER = 5;
const MAX_PRODUCERS = 200;

/** The newest batches of each idempotent producer, so that a repeated request is answered but not stored again. */
export class RecentProducers {
  private readonly byProducer = new Map<string, { baseSequence: number; offset: bigint }[]>();

  /** Offset of the same batch, if it was stored before. */
  find(batch: Buffer): bigint | undefined {
    const producer = producerOf(batch);
    if (producer === undefined) return undefined;
    return this.byProducer
      .get(`${producer.id}/${producer.epoch}`)
      ?.find((known) => known.baseSequence === producer.baseSequence)?.offset;
  }

  remember(batch: Buffer, offset: bigint): void {
    const producer = producerOf(batch);
    if (producer === undefined) return;
    const name = `${producer.id}/${producer.epoch}`;
    const batches = this.byProducer.get(name) ?? [];
    batches.push({ baseSequence: producer.baseSequence, offset });
    if (batches.length > BATCHES_PER_PRODUCER) batches.shift();
    this.byProducer.delete(name);
    this.byProducer.set(name, batches);
    const [oldest] = this.byProducer.keys();
    if (this.byProducer.size > MAX_PRODUCERS && oldest !== undefined) this.byProducer.delete(oldest);
  }
}
