import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface CommittedOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string | null;
}

const line = z.object({
  group: z.string(),
  topic: z.string(),
  partition: z.number(),
  offset: z.string(),
  metadata: z.string().nullable(),
});

/** An offset of this value takes the entry away, in the file as in memory. */
const REMOVED = '-1';
const REWRITE_AFTER_LINES = 20_000;

/** The groups' committed offsets: a map, and one JSON line for each change where there is a data folder. */
export class CommittedOffsets {
  private readonly byGroup = new Map<string, Map<string, CommittedOffset>>();
  private readonly file: string | undefined;
  private lines = 0;

  constructor(dataDir: string | undefined) {
    this.file = dataDir === undefined ? undefined : join(dataDir, 'offsets.jsonl');
    if (this.file === undefined || !existsSync(this.file)) return;
    for (const text of readFileSync(this.file, 'utf8').split('\n')) {
      const parsed = text === '' ? undefined : parseLine(text);
      if (parsed !== undefined) this.apply(parsed);
    }
    this.rewrite();
  }

  groups(): string[] {
    return [...this.byGroup.keys()];
  }

  ofGroup(group: string): CommittedOffset[] {
    return [...(this.byGroup.get(group)?.values() ?? [])];
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.byGroup.get(group)?.get(`${topic}/${partition}`);
  }

  commit(offsets: readonly CommittedOffset[]): void {
    if (offsets.length === 0) return;
    for (const offset of offsets) this.apply(offset);
    if (this.file === undefined) return;
    appendFileSync(this.file, offsets.map((offset) => `${JSON.stringify(offset)}\n`).join(''));
    this.lines += offsets.length;
    if (this.lines > REWRITE_AFTER_LINES) this.rewrite();
  }

  deleteGroup(group: string): void {
    this.commit(this.ofGroup(group).map((offset) => ({ ...offset, offset: REMOVED })));
  }

  deleteTopic(topic: string): void {
    const held = this.groups().flatMap((group) => this.ofGroup(group).filter((offset) => offset.topic === topic));
    this.commit(held.map((offset) => ({ ...offset, offset: REMOVED })));
  }

  private apply(offset: CommittedOffset): void {
    const held = this.byGroup.get(offset.group) ?? new Map<string, CommittedOffset>();
    const name = `${offset.topic}/${offset.partition}`;
    if (offset.offset === REMOVED) held.delete(name);
    else held.set(name, offset);
    if (held.size === 0) this.byGroup.delete(offset.group);
    else this.byGroup.set(offset.group, held);
  }

  private rewrite(): void {
    if (this.file === undefined) return;
    const all = this.groups().flatMap((group) => this.ofGroup(group));
    writeFileSync(`${this.file}.new`, all.map((offset) => `${JSON.stringify(offset)}\n`).join(''));
    renameSync(`${this.file}.new`, this.file);
    this.lines = all.length;
  }
}

/** A line that a killed process left half written is left out. */
function parseLine(text: string): CommittedOffset | undefined {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
