/** One Kafka message of the capture. */
export interface CaptureRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Only where Debezium chooses the partition itself. */
  readonly partition?: number;
}
