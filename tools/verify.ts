// Format, lint, import rules, types and the tests that need no database: seconds, before each commit.
import { bin, run } from './run.ts';

const steps: readonly [string, string, string[]][] = [
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  [
    'import rules',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', 'lib', 'app', 'bin', 'bench', 'demo', 'e2e', 'tools'],
  ],
  ['prisma client', bin('prisma'), ['generate']],
  ['route types', bin('next'), ['typegen']],
  ['types', bin('tsc'), ['--noEmit']],
  ['unit tests', bin('vitest'), ['run', '--project', 'unit']],
];

const wanted = process.argv.includes('--without-tests') ? steps.slice(0, -1) : steps;
for (const [name, command, args] of wanted) {
  console.log(`\n── ${name}`);
  const code = await run(command, args);
  if (code !== 0) {
    console.error(`${name}: failed (exit ${code})`);
    process.exit(1);
  }
}
console.log('\nverify: all green');
