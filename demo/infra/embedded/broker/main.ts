// The embedded broker as its own process: PORT, and DATA_DIR where its logs are to outlive it.
import { startBroker } from './startBroker.ts';

const broker = await startBroker({ port: Number(process.env.PORT ?? '9092'), dataDir: process.env.DATA_DIR });
console.log(JSON.stringify({ ready: true, port: broker.port }));
process.send?.({ ready: true, port: broker.port });

const stop = (): void => {
  void broker.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The parent has gone: nothing may be left behind.
process.once('disconnect', stop);
