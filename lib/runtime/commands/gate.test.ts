import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../cli.ts';

/** What Banyan answers for a gate that it does not know. */
const UNKNOWN = { title: 'not_found', detail: 'there is no gate', fix: 'the gates are inventory/route_writes' };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  vi.restoreAllMocks();
});

/** A Banyan that answers with these verdicts in turn, the last one for ever. */
async function banyan(...answers: readonly { verdict: string; status?: number; criteria?: unknown }[]) {
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer === undefined || request.url !== '/api/v1/gates/inventory/route_writes')
      return response.writeHead(404).end(JSON.stringify(UNKNOWN));
    const { verdict, criteria = [] } = answer;
    const body = { gate: 'inventory/route_writes', verdict, reason: 'because', criteria };
    return response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    asked: () => asked,
  };
}

function silence() {
  return {
    out: vi.spyOn(console, 'log').mockImplementation(() => undefined),
    err: vi.spyOn(console, 'error').mockImplementation(() => undefined),
  };
}

describe('exit codes', () => {
  it.each([
    ['pass', 200, 0],
    ['waived', 200, 0],
    ['fail', 200, 1],
    ['inconclusive', 200, 2],
    ['no_data', 200, 2],
    ['error', 503, 3],
  ])('%s exits %i', async (verdict, status, code) => {
    const { out } = silence();
    const { url } = await banyan({ verdict, status });
    expect(await runCli(['gate', 'inventory/route_writes', '--url', url])).toBe(code);
    expect(out).toHaveBeenCalledWith(expect.stringContaining('because'));
  });

  it('names each criterion that failed, for the reason is that of one', async () => {
    const { out } = silence();
    const criteria = ['fail', 'pass', 'error'].map((verdict, i) => ({ id: `c${i}`, verdict, reason: `why ${i}` }));
    const { url } = await banyan({ verdict: 'fail', criteria });
    await runCli(['gate', 'inventory/route_writes', '--url', url]);
    expect(out.mock.calls.flat()).toEqual(['inventory/route_writes: fail\nbecause', '  c0: why 0', '  c2: why 2']);
  });

  it('a Banyan that is not there exits 3', async () => {
    silence();
    expect(await runCli(['gate', 'inventory/route_writes', '--url', 'http://127.0.0.1:1'])).toBe(3);
  });

  it('an unknown gate exits 3 and names those there are', async () => {
    const { err } = silence();
    const { url } = await banyan({ verdict: 'pass' });
    expect(await runCli(['gate', 'inventory/nowhere', '--url', url])).toBe(3);
    expect(err).toHaveBeenCalledWith(expect.stringContaining('fix: the gates are inventory/route_writes'));
  });

  it.each([
    [['gate']],
    [['gate', 'inventory']],
    [['gate', 'inventory/route_writes', '--poll', 'often']],
    [['gate', 'inventory/route_writes', '--url', 'nonsense']],
    [['gate', 'inventory/route_writes', '--on-inconclusive', 'pray']],
    [['nothing']],
  ])('usage: %j exits 64', async (argv) => {
    silence();
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    expect(await runCli(argv)).toBe(64);
  });
});

it.each([
  [['gate', 'inventory/route_writes', '--wiat'], '(banyan gate --help lists its options)'],
  [['certificate', 'verify', 'file', '--keys'], '(banyan certificate verify --help lists its options)'],
  [['gaet'], '(banyan --help lists the commands)'],
])('after %j the help that is named is the one that helps', async (argv, hint) => {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  await runCli(argv);
  expect(write.mock.calls.join('')).toContain(hint);
});

describe('--wait', () => {
  const args = (url: string, timeout: string) => [
    ...['gate', 'inventory/route_writes', '--url', url],
    ...['--wait', '--poll', '10ms', '--timeout', timeout],
  ];

  it('asks until it is decided', async () => {
    silence();
    const { url, asked } = await banyan({ verdict: 'inconclusive' }, { verdict: 'no_data' }, { verdict: 'pass' });
    expect(await runCli(args(url, '20s'))).toBe(0);
    expect(asked()).toBe(3);
  });

  it('stops at a failure', async () => {
    silence();
    const { url } = await banyan({ verdict: 'inconclusive' }, { verdict: 'fail' });
    expect(await runCli(args(url, '20s'))).toBe(1);
  });

  it('fails closed when the time is up', async () => {
    silence();
    const { url } = await banyan({ verdict: 'inconclusive' });
    expect(await runCli(args(url, '50ms'))).toBe(3);
  });
});

it('--json prints the body as it came', async () => {
  const { out } = silence();
  const { url } = await banyan({ verdict: 'pass' });
  await runCli(['gate', 'inventory/route_writes', '--url', url, '--json']);
  expect(JSON.parse(String(out.mock.calls[0]?.[0]))).toMatchObject({ verdict: 'pass', criteria: [] });
});
