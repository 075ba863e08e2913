import { freePort, startEmbeddedPostgres } from '../adapters/embedded/embeddedPostgres.ts';

/** An empty embedded PostgreSQL with its own settings, for one benchmark. */
export async function startBenchPostgres(dataDir: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server = await startEmbeddedPostgres({ dataDir, port: await freePort() });
  return { url: server.url('postgres'), stop: () => server.stop() };
}
