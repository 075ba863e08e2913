import { describe, expect, it } from 'vitest';
import { Parts, STOP_ORDER } from './parts.ts';

describe('the end of the demo', () => {
  it('comes in order, whatever the order of the start', async () => {
    const stopped: string[] = [];
    const parts = new Parts();
    for (const phase of [...STOP_ORDER].reverse()) {
      parts.add(phase, { name: phase, stop: async () => void stopped.push(phase), kill: () => undefined });
    }
    await parts.stopAll(1_000, () => undefined);
    expect(stopped).toEqual([...STOP_ORDER]);
  });

  it('goes on past a part that fails to stop', async () => {
    const lines: string[] = [];
    const stopped: string[] = [];
    const parts = new Parts();
    parts.add('load', { name: 'load', stop: () => Promise.reject(new Error('no answer')), kill: () => undefined });
    parts.add('infra', { name: 'infra', stop: async () => void stopped.push('infra'), kill: () => undefined });
    await parts.stopAll(1_000, (line) => lines.push(line));
    expect(stopped).toEqual(['infra']);
    expect(lines.join('\n')).toContain('load did not stop cleanly: no answer');
  });

  it('kills what hangs when the time is up, and goes on', async () => {
    const stopped: string[] = [];
    let release: () => void = () => undefined;
    const parts = new Parts();
    parts.add('services and Banyan', {
      name: 'banyan',
      stop: () => new Promise((done) => (release = done)),
      kill: () => release(),
    });
    parts.add('infra', { name: 'infra', stop: async () => void stopped.push('infra'), kill: () => undefined });
    await parts.stopAll(20, () => undefined);
    expect(stopped).toEqual(['infra']);
  });
});
