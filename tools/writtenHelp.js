// What a command says to `--help` on a machine where nothing is installed yet: its section of docs/commands.md, which a
// test holds against the commands themselves. Plain JavaScript, no dependency, as the launcher is.
import { readFileSync } from 'node:fs';

const COMMANDS = new URL('../docs/commands.md', import.meta.url);

/** The script of the project by which each command of npm starts; of `banyan`, a word more names a command of its own. */
const NAMES = { 'demo/demo.ts': 'npm run demo', 'demo/fault.ts': 'npm run demo:fault', 'bin/banyan.ts': 'banyan' };

/**
 * The help that a command line asks for, or undefined if it asks for none or its command has none written down.
 * @param {readonly string[]} argv script and its arguments, as the launcher gets them
 */
export function writtenHelp([script = '', ...args]) {
  const name = NAMES[script];
  if (name === undefined || !args.some((arg) => arg === '--help' || arg === '-h' || arg === 'help')) return undefined;
  const sections = sectionsOf(readFileSync(COMMANDS, 'utf8'));
  if (name !== 'banyan') return sections.get(name);
  const options = args.findIndex((arg) => arg.startsWith('-'));
  const words = args.slice(0, options < 0 ? args.length : options).filter((arg) => arg !== 'help');
  // "certificate verify FILE" is about "certificate verify"; what is no command is about all of them.
  for (let length = words.length; length > 0; length -= 1) {
    const section = sections.get([name, ...words.slice(0, length)].join(' '));
    if (section !== undefined) return section;
  }
  return sections.get(name);
}

/** The text of each section, by its heading. */
function sectionsOf(markdown) {
  const found = markdown.matchAll(/^## (.+)\n\n```text\n([\s\S]*?)\n```$/gm);
  return new Map([...found].map(([, heading, text]) => [heading, text]));
}
