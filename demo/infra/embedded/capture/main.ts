// The embedded capture as its own process: PORT of its REST interface, KAFKA_BROKERS, DATA_DIR.
import { startCapture } from './startCapture.ts';

const { PORT = '8083', KAFKA_BROKERS = '127.0.0.1:9092', DATA_DIR = '.capture' } = process.env;
const capture = await startCapture({ port: Number(PORT), brokers: KAFKA_BROKERS.split(','), dataDir: DATA_DIR });
console.log(JSON.stringify({ ready: true, port: capture.port }));
process.send?.({ ready: true, port: capture.port });

const stop = (): void => {
  void capture.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The parent has gone: nothing may be left behind.
process.once('disconnect', stop);
