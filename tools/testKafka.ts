import kafkajs, { type Admin, type Producer } from 'kafkajs';

/** A client that is not Banyan's: makes topics and writes to them. */
export interface TestKafka {
  readonly admin: Admin;
  readonly producer: Producer;
  disconnect(): Promise<void>;
}

/** Connects the tests' own client; keys land in partitions as they do with Java's clients. */
export async function connectTestKafka(address: string): Promise<TestKafka> {
  const kafka = new kafkajs.Kafka({
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 8 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  return {
    admin,
    producer,
    async disconnect() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}
