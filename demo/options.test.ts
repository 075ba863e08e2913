import { describe, expect, it } from 'vitest';
import { parseDemoOptions } from './options.ts';

describe('the options of the demo', () => {
  it('have sound defaults', () => {
    expect(parseDemoOptions([], {})).toMatchObject({
      stage: 'route_writes',
      walk: false,
      rate: 25,
      infra: 'embedded',
      banyan: true,
      ports: { web: 3000, kafka: 9092, control: 8099 },
    });
  });

  it('begin a walk at sync_data', () => {
    expect(parseDemoOptions(['--walk'], {})).toMatchObject({ stage: 'sync_data', walk: true });
  });

  it('keep the state of the two infrastructures apart', () => {
    const folders = ['embedded', 'kafka'].map((infra) => {
      const options = parseDemoOptions(['--infra', infra], {});
      return options === 'help' ? '' : options.dataDir;
    });
    expect(new Set(folders).size).toBe(2);
  });

  it('take ports from the environment', () => {
    expect(parseDemoOptions([], { PORT: '3100', KAFKA_PORT: '19092' })).toMatchObject({
      ports: { web: 3100, kafka: 19092 },
    });
  });

  const wrong: readonly [string, string[], Record<string, string>, RegExp][] = [
    ['a stage that is not played', ['--stage', 'decommission'], {}, /--stage is "decommission"; expected sync_data/],
    ['a rate that is no number', ['--rate', 'fast'], {}, /--rate is "fast"; expected a number above 0/],
    ['half an item', ['--items', '1.5'], {}, /--items is "1.5"; expected a whole number/],
    ['an unknown infrastructure', ['--infra', 'docker'], {}, /--infra is "docker"; expected embedded or kafka/],
    ['an unknown option', ['--speed', '3'], {}, /--speed/],
    ['a port that is none', [], { FACADE_PORT: '99999' }, /FACADE_PORT is "99999"/],
    ['one port twice', [], { PORT: '8080' }, /PORT and FACADE_PORT are both 8080/],
  ];
  it.each(wrong)('refuse %s', (_name, argv, env, message) => {
    expect(() => parseDemoOptions(argv, env)).toThrow(message);
  });
});
