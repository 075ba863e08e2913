// Run by the tests: starts an infrastructure, says so, and holds it until it is killed.
import { startInfra } from '../infra.ts';

const [kind = '', dataDir = '', kafka = '', connect = '', postgres = ''] = process.argv.slice(2);
await startInfra({
  kind: kind === 'kafka' ? 'kafka' : 'embedded',
  dataDir,
  ports: { kafka: Number(kafka), connect: Number(connect), postgres: Number(postgres) },
  log: () => undefined,
});
process.stdout.write('up\n');
setInterval(() => undefined, 60_000);
