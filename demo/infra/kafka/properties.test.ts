import { describe, expect, it } from 'vitest';
import { brokerProperties, connectProperties } from './properties.ts';

describe('the generated configuration', () => {
  it('lets the broker listen on 127.0.0.1 only, on the ports given', () => {
    const text = brokerProperties({ port: 1111, controllerPort: 2222, logDir: '/data/log' });
    expect(text).toContain('\nlisteners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222\n');
    expect(text).toContain('\ncontroller.quorum.voters=1@127.0.0.1:2222\n');
    expect(text).toContain('\nlog.dirs=/data/log\n');
  });

  it('lets Connect listen on 127.0.0.1 only and find the plugins', () => {
    const text = connectProperties({ port: 3333, kafka: '127.0.0.1:1111', pluginFolder: '/jars/plugins' });
    expect(text).toContain('\nlisteners=http://127.0.0.1:3333\n');
    expect(text).toContain('bootstrap.servers=127.0.0.1:1111\n');
    expect(text).toContain('\nplugin.path=/jars/plugins\n');
  });

  it('doubles the backslashes of a Windows path', () => {
    expect(brokerProperties({ port: 1, controllerPort: 2, logDir: 'C:\\data\\log' })).toContain(
      'log.dirs=C:\\\\data\\\\log\n',
    );
  });
});
