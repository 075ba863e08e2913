import { Command, CommanderError } from 'commander';
import { configJsonSchema } from '../config.ts';
import { BanyanError, messageOf } from '../errors.ts';
import { certificateCommand, verifyCertificateCommand } from './commands/certificate.ts';
import { checkCommand } from './commands/check.ts';
import { diffCommand } from './commands/diff.ts';
import { gateCommand } from './commands/gate.ts';
import { initCommand } from './commands/init.ts';
import { selfTestCommand } from './commands/selfTest.ts';
import { startCommand } from './commands/start.ts';
import { verifyCommand } from './commands/verify.ts';
import { BANYAN_VERSION } from './version.ts';
import { runWorker, WORKER_ROLES } from './worker.ts';

/** Exit code of a usage error (EX_USAGE of sysexits.h). */
const USAGE_ERROR = 64;
/** Exit code when something went wrong that is no verdict. */
const ERROR = 3;

/**
 * Runs one command line and returns its exit code. The gate's codes: 0 pass or waived, 1 fail, 2 inconclusive or no
 * data, 3 error, 64 usage.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** The commands with their options; one that ends tells its exit code. */
export function createProgram(ended: (exitCode: number) => void): Command {
  const program = new Command('banyan')
    .description('Says when it is safe to go on with a strangler-fig migration, with proof.')
    .version(BANYAN_VERSION)
    .exitOverride()
    // Options belong to the command that they follow: `certificate` and `certificate verify` both take --url.
    .enablePositionalOptions();
  const config = ['-c, --config <file>', 'configuration file', process.env.BANYAN_CONFIG ?? 'banyan.yaml'] as const;
  const url = ['--url <url>', "Banyan's address", process.env.BANYAN_URL ?? 'http://localhost:3000'] as const;

  program
    .command('start')
    .description('run web and worker')
    .option(...config)
    .option('-d, --data <dir>', 'where the embedded store is kept when DATABASE_URL is not set', '.banyan/data')
    .action((options) => startCommand(options));
  program
    .command('worker')
    .description('run the worker alone')
    .option(...config)
    .option('-d, --data <dir>', 'where its signing key is kept unless the configuration says', '.banyan/data')
    .option('--roles <list>', `comma-separated: ${WORKER_ROLES.join(', ')}`, WORKER_ROLES.join(','))
    .action((options) => runWorker(options));
  program
    .command('gate')
    .description('the verdict of a stage as an exit code: 0 pass, 1 fail, 2 not yet or no data, 3 error')
    .argument('<context/stage>', 'for example inventory/route_writes')
    .option(...url)
    .option('--json', 'print the whole verdict as JSON')
    .option('--wait', 'ask again until the verdict is decided or the time is up')
    .option('--timeout <duration>', 'how long to wait', '3h')
    .option('--poll <duration>', 'how often to ask', '15s')
    .option('--on-inconclusive <what>', 'fail (exit 2 at once) or wait', 'fail')
    .action(async (gate, options) => {
      ended(await gateCommand(gate, options));
    });
  program
    .command('verify')
    .description('compare the tables of a context once: 0 all clean, 1 divergent, 2 not known, 3 error')
    .argument('<context[/table]>', 'for example inventory or inventory/inventory')
    .option(...config)
    .option('-d, --data <dir>', 'where the embedded store is kept when DATABASE_URL is not set', '.banyan/data')
    .option('--fresh', 'end a pass that runs already and begin with the first row')
    .option('--keys <n>', 'how many keys to list', '100')
    .option('--repair-sql', 'print the statements that would mend the target; they are never run')
    .option('--json', 'print the outcome as JSON')
    .action(async (what, options) => {
      ended(await verifyCommand(what, options));
    });
  const certificate = program
    .command('certificate')
    .description('the newest certificate that a context is consistent: 0, 2 none (with the reasons), 3 error')
    .argument('<context>', 'for example inventory')
    .option('-o, --out <file>', 'write it there instead of printing it')
    .option(...url)
    .action(async (context, options) => {
      ended(await certificateCommand(context, options));
    });
  certificate
    .enablePositionalOptions()
    .command('verify')
    .description('check a certificate in a file: 0 genuine, 1 refused, 3 error')
    .argument('<file>', 'as `banyan certificate --out` wrote it')
    .option('--key <pem>', 'file with the public key to trust, instead of asking Banyan')
    .option(...url)
    .action(async (file, options) => {
      ended(await verifyCertificateCommand(file, options));
    });
  program
    .command('self-test')
    .description('make canary rows wrong and measure what is found: 0 all found, 1 some missed, 2 not known, 3 error')
    .argument('<context>', 'for example inventory; its configuration must name canaries')
    .option('--rounds <n>', 'how many, one after the other', '1')
    .option('--timeout <duration>', 'how long to wait for a round', '30min')
    .option(...url)
    .option('--json', 'print the rounds as JSON')
    .action(async (context, options) => {
      ended(await selfTestCommand(context, options));
    });
  program
    .command('check')
    .description('probe each part that the configuration names, and print what to mend')
    .option(...config)
    .action(async (options) => {
      ended(await checkCommand(options));
    });
  program
    .command('diff')
    .description('compare a table on two databases under traffic: 0 equal, 1 differs, 2 not known, 3 error')
    .argument('<urlA>', 'PostgreSQL address of the database that leads')
    .argument('<urlB>', 'address of the database that follows')
    .argument('<table>', 'table, schema.table, or tableA:tableB')
    .option('--key <columns>', 'columns that tell rows apart (the primary key)')
    .option('--columns <columns>', 'columns to compare (all that both tables have)')
    .option('--where <sql>', 'compare only rows that meet this condition, on both sides')
    .option('--map <a=b>', 'column a of the first table is column b of the second (repeatable)', collected)
    .option('--settle <duration>', 'a key differs only if its row in A was not written for this long', '5s')
    .option('--format <format>', 'text (- key, + key, ? key) or jsonl', 'text')
    .option('--rows-per-sec <rows>', 'read at most so many rows a second on each side (no limit)')
    .action(async (urlA, urlB, table, options) => {
      ended(await untilInterrupted((signal) => diffCommand(urlA, urlB, table, options, signal)));
    });
  program
    .command('init')
    .description('write a first banyan.yaml and print the grants that it needs')
    .option('-o, --output <file>', 'where to write it', 'banyan.yaml')
    .action((options) => initCommand(options));
  program
    .command('schema')
    .description('print the JSON Schema of banyan.yaml')
    .action(() => console.log(JSON.stringify(configJsonSchema(), null, 2)));

  pointToHelp(program, 'banyan');
  return program;
}

/** After an error each command names its own help, not that of all. */
function pointToHelp(command: Command, name: string): void {
  const what = command.parent === null ? 'the commands' : 'its options';
  command.showHelpAfterError(`(${name} --help lists ${what})`);
  for (const one of command.commands) pointToHelp(one, `${name} ${one.name()}`);
}

const collected = (value: string, before: readonly string[] = []) => [...before, value];

/** Runs work with a signal that aborts on Ctrl-C, or when nobody reads the output any more. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.stdout.once('error', stop);
  try {
    return await work(stopping.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    process.stdout.off('error', stop);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
  if (error instanceof BanyanError) {
    console.error(`banyan: ${error.message}${error.fix === undefined ? '' : `\n  fix: ${error.fix}`}`);
    return error.code === 'bad_input' ? USAGE_ERROR : ERROR;
  }
  console.error(`banyan: ${messageOf(error)}`);
  return ERROR;
}
