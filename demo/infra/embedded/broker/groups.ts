import { CommittedOffsets } from './committedOffsets.ts';
import { ConsumerGroup } from './consumerGroup.ts';
import { errorCodes } from './errorCodes.ts';

/** The coordinator of all groups: members in memory, committed offsets in the data folder where there is one. */
export class Groups {
  readonly offsets: CommittedOffsets;
  private readonly byId = new Map<string, ConsumerGroup>();

  constructor(dataDir: string | undefined) {
    this.offsets = new CommittedOffsets(dataDir);
  }

  get(id: string): ConsumerGroup | undefined {
    const group = this.byId.get(id);
    // A group whose members ended before this broker started is known by its offsets alone.
    return group ?? (this.offsets.ofGroup(id).length > 0 ? this.open(id) : undefined);
  }

  open(id: string): ConsumerGroup {
    const group = this.byId.get(id) ?? new ConsumerGroup(id);
    this.byId.set(id, group);
    return group;
  }

  ids(): string[] {
    return [...new Set([...this.byId.keys(), ...this.offsets.groups()])];
  }

  delete(id: string): number {
    const group = this.get(id);
    if (group === undefined) return errorCodes.groupIdNotFound;
    if (group.state !== 'Empty') return errorCodes.nonEmptyGroup;
    group.close();
    this.byId.delete(id);
    this.offsets.deleteGroup(id);
    return errorCodes.none;
  }

  close(): void {
    for (const group of this.byId.values()) group.close();
  }
}
