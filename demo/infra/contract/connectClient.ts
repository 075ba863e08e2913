import { z } from 'zod';
import { waitUntil } from './waitUntil.ts';

const status = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ state: z.string(), trace: z.string().optional() })),
});
const offset = /"lsn":(\d+)/;

/** The calls of Connect's REST interface that the suites need. */
export class ConnectClient {
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  async state(name: string): Promise<string> {
    const answer = await this.call('GET', `/connectors/${name}/status`);
    if (answer.status !== 200) return String(answer.status);
    const { connector, tasks } = status.parse(JSON.parse(answer.text));
    return [connector.state, ...tasks.map((task) => task.state)].join();
  }

  async committedLsn(name: string): Promise<bigint | undefined> {
    const { text } = await this.call('GET', `/connectors/${name}/offsets`);
    const digits = offset.exec(text)?.[1];
    return digits === undefined ? undefined : BigInt(digits);
  }

  async waitForState(name: string, wanted: string): Promise<void> {
    await waitUntil(`connector ${name} ${wanted}`, async () =>
      (await this.state(name)) === wanted ? true : undefined,
    );
  }
}
