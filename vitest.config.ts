import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

// Two kinds of tests: `*.test.ts` are pure or self-contained and take seconds; `*.integration.test.ts` start a real
// PostgreSQL, a broker or processes; `acceptance` holds Banyan against every fault of a running demo. The real-stack suite
// (Apache Kafka, Debezium) runs where Java and Maven are found; `acceptance-kafka`, every fault and the verifier's
// scenarios there, by `npm run test:kafka` only: it takes long.
export default defineConfig({
  root,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{lib,app,bin,demo,tools,bench}/**/*.test.{ts,tsx}'],
          // Nothing here waits; properties and searches just compute, on a busy machine for longer.
          testTimeout: 60_000,
          exclude: [
            '**/*.integration.test.ts',
            '**/*.acceptance.test.ts',
            '**/*.kafka.test.ts',
            '**/*.realstack.test.ts',
            '**/node_modules/**',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup: ['tools/testPostgres.ts'],
          include: ['{lib,app,bin,demo,tools,bench}/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance',
          include: ['demo/acceptance/*.acceptance.test.ts'],
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance-kafka',
          globalSetup: ['tools/testPostgres.ts'],
          include: ['{demo,tools}/**/*.kafka.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'realstack',
          globalSetup: ['tools/testPostgres.ts'],
          include: ['{lib,demo,tools}/**/*.realstack.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
