// A process of its own around one JVM: it outlives a Ctrl-C in its parent's terminal, so that the parent can stop its
// parts in order, and it ends the JVM as soon as the parent asks, exits or is killed.
import { spawn } from 'node:child_process';
import { openSync, rmSync, writeFileSync } from 'node:fs';
import type { JavaCommand } from './javaProcess.ts';

const command = JSON.parse(process.argv[2] ?? '{}') as JavaCommand;

const output = openSync(command.logFile, 'a');
const jvm = spawn('java', [...command.args], { cwd: command.folder, stdio: ['ignore', output, output] });
if (jvm.pid !== undefined) writeFileSync(command.pidFile, String(jvm.pid));
jvm.once('error', () => process.exit(1));
jvm.once('exit', (code) => {
  rmSync(command.pidFile, { force: true });
  process.exit(code ?? 1);
});

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  jvm.kill('SIGTERM');
  setTimeout(() => jvm.kill('SIGKILL'), command.stopWithinMs).unref();
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', stop);
process.on('disconnect', stop);
process.on('message', (message) => {
  if (message === 'kill') jvm.kill('SIGKILL');
});
if (!process.connected) stop();
