// Everything: format, lint, types, unit and integration tests, the browser tests over the running demo and, where Java
// and Maven are found, the suite on Apache Kafka and Debezium. Ends with the line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBrowser } from './ensureBrowser.ts';
import { bin, root, run } from './run.ts';

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
const problems: string[] = [];
const reports = join(root, '.cache', 'reports');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** Runs one vitest project and adds its counts. */
async function vitest(project: string): Promise<void> {
  console.log(`\n── ${project} tests`);
  const file = join(reports, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run(bin('vitest'), args);
  if (!existsSync(file)) {
    problems.push(`${project}: the test runner wrote no report (exit ${code})`);
    return;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  add(project, code, report.numPassedTests, report.numFailedTests, report.numPendingTests + (report.numTodoTests ?? 0));
}

/** Starts the demo, runs the browser tests against it and stops it; done by Playwright's own set-up. */
async function playwright(): Promise<void> {
  console.log('\n── browser tests over the running demo');
  const file = join(reports, 'playwright.json');
  const code = await run(bin('playwright'), ['test', '--reporter=list,json'], {
    ...process.env,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  if (!existsSync(file)) {
    problems.push(`browser tests: no report (exit ${code})`);
    return;
  }
  const { stats } = JSON.parse(readFileSync(file, 'utf8'));
  add('browser', code, stats.expected + stats.flaky, stats.unexpected, stats.skipped);
}

function add(name: string, code: number, passed: number, failed: number, skipped: number): void {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
  if (code !== 0 && failed === 0) problems.push(`${name}: exit ${code} although no test failed`);
  if (passed + failed === 0) problems.push(`${name}: no test ran`);
}

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const verified = await run(process.execPath, [join(root, 'tools', 'verify.ts'), '--without-tests']);
if (verified !== 0) problems.push('format, lint, import rules or types: see above');
await vitest('unit');
await vitest('integration');
console.log('\n── build');
const built = await run(process.execPath, [join(root, 'tools', 'build.ts')]);
if (built !== 0) problems.push('the web build failed');
else {
  await vitest('acceptance');
  if (await ensureBrowser()) await playwright();
  else problems.push('no Chromium: set PLAYWRIGHT_CHROMIUM to the path of one');
}
if (has('java', '-version') && has('mvn', '-v')) await vitest('realstack');
else console.log('\n── Apache Kafka and Debezium: left out, because Java 17+ and Maven were not found');

for (const problem of problems) console.error(`problem: ${problem}`);
const failed = totals.failed + problems.length;
console.log(`\n${totals.passed} passed, ${failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
