import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbedded } from '../../demo/infra/embedded/start.ts';
import { startKafka } from '../../demo/infra/kafka/startKafka.ts';
import { freePort } from '../../lib/adapters/embedded/embeddedPostgres.ts';

/** A broker and a capture with Connect's REST interface: the embedded ones, or Apache Kafka with Debezium. */
export interface RigStreaming {
  readonly kind: 'embedded' | 'kafka';
  /** host:port */
  readonly kafka: string;
  readonly connectUrl: string;
  stop(): Promise<void>;
}

/** Starts broker and capture on free ports and a folder of their own. */
export async function startRigStreaming(kind: RigStreaming['kind']): Promise<RigStreaming> {
  const folder = mkdtempSync('/tmp/banyan-rig-');
  const options = {
    dataDir: join(folder, 'data'),
    logDir: join(folder, 'logs'),
    kafkaPort: await freePort(),
    connectPort: await freePort(),
    log: () => undefined,
  };
  const started = await (kind === 'kafka' ? startKafka(options) : startEmbedded(options));
  return {
    kind,
    kafka: started.kafka,
    connectUrl: started.connectUrl,
    async stop() {
      await started.stopConnect();
      await started.stopBroker();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
