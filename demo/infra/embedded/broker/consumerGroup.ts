import { errorCodes } from './errorCodes.ts';

export interface Protocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

export interface JoinAnswer {
  readonly error: number;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly memberId: string;
  /** Filled for the leader only, who assigns the partitions. */
  readonly members: readonly { readonly id: string; readonly metadata: Buffer }[];
}

export interface SyncAnswer {
  readonly error: number;
  readonly assignment: Buffer;
}

interface Member {
  readonly id: string;
  request: JoinRequest;
  assignment: Buffer;
  session: NodeJS.Timeout | undefined;
  joining: ((answer: JoinAnswer) => void) | undefined;
  syncing: ((answer: SyncAnswer) => void) | undefined;
}

type State = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** Time in which the first members of an empty group may gather before the first generation begins. */
const GATHER_MS = 30;
const EXPECTED_MS = 60_000;
const NOTHING = Buffer.alloc(0);

/** One consumer group under Kafka's classic protocol: join, sync, heartbeat, leave; the leader's client assigns. */
export class ConsumerGroup {
  readonly id: string;
  state: State = 'Empty';
  protocolType = '';
  protocol = '';
  private generation = 0;
  private leader = '';
  private gathering = false;
  private readonly members = new Map<string, Member>();
  private readonly expected = new Set<string>();
  private rebalance: NodeJS.Timeout | undefined;

  constructor(id: string) {
    this.id = id;
  }

  describe(): { id: string; clientId: string; clientHost: string; metadata: Buffer; assignment: Buffer }[] {
    return [...this.members.values()].map(({ id, request, assignment }) => ({
      id,
      clientId: request.clientId,
      clientHost: request.clientHost,
      metadata: metadataOf(request, this.protocol),
      assignment,
    }));
  }

  /** Hands out an id that the client must bring along when it joins; it is forgotten if it does not come. */
  expect(memberId: string): void {
    this.expected.add(memberId);
    setTimeout(() => this.expected.delete(memberId), EXPECTED_MS).unref();
  }

  expects(memberId: string): boolean {
    return this.expected.has(memberId);
  }

  /** Resolves when the generation that the member has joined begins, or at once with an error. */
  join(request: JoinRequest, isNew: boolean): Promise<JoinAnswer> {
    const known = this.members.get(request.memberId);
    if (known === undefined && !isNew) return Promise.resolve(refusedJoin(request, errorCodes.unknownMemberId));
    if (!this.isConsistent(request)) return Promise.resolve(refusedJoin(request, errorCodes.inconsistentGroupProtocol));
    const member = known ?? this.add(request);
    const isSame = known !== undefined && sameProtocols(known.request.protocols, request.protocols);
    member.request = request;
    const canStay =
      isSame && (this.state === 'CompletingRebalance' || (this.state === 'Stable' && this.leader !== member.id));
    if (canStay) {
      this.refresh(member);
      return Promise.resolve(this.joinAnswer(member));
    }
    return new Promise((resolve) => {
      member.joining?.(refusedJoin(request, errorCodes.rebalanceInProgress));
      member.joining = resolve;
      this.stopSession(member);
      this.prepareRebalance();
    });
  }

  /** The leader brings the assignments; the others wait for theirs. */
  sync(memberId: string, generation: number, assignments: ReadonlyMap<string, Buffer>): Promise<SyncAnswer> {
    const error = this.memberError(memberId, generation);
    const member = this.members.get(memberId);
    if (error !== errorCodes.none || member === undefined) return Promise.resolve({ error, assignment: NOTHING });
    if (this.state === 'PreparingRebalance')
      return Promise.resolve({ error: errorCodes.rebalanceInProgress, assignment: NOTHING });
    if (this.state === 'Stable') {
      this.refresh(member);
      return Promise.resolve({ error: errorCodes.none, assignment: member.assignment });
    }
    return new Promise((resolve) => {
      member.syncing = resolve;
      this.stopSession(member);
      if (memberId !== this.leader) return;
      this.state = 'Stable';
      for (const each of this.members.values()) {
        each.assignment = assignments.get(each.id) ?? NOTHING;
        each.syncing?.({ error: errorCodes.none, assignment: each.assignment });
        each.syncing = undefined;
        this.refresh(each);
      }
    });
  }

  heartbeat(memberId: string, generation: number): number {
    const error = this.memberError(memberId, generation);
    const member = this.members.get(memberId);
    if (error !== errorCodes.none || member === undefined) return error;
    if (member.joining === undefined && member.syncing === undefined) this.refresh(member);
    return this.state === 'PreparingRebalance' ? errorCodes.rebalanceInProgress : errorCodes.none;
  }

  leave(memberId: string): number {
    const member = this.members.get(memberId);
    if (member === undefined) return errorCodes.unknownMemberId;
    this.drop(member);
    return errorCodes.none;
  }

  /** Whether this member may commit offsets; a generation below zero is a client outside the group. */
  commitError(memberId: string, generation: number): number {
    if (generation < 0) return this.members.size === 0 ? errorCodes.none : errorCodes.unknownMemberId;
    const error = this.memberError(memberId, generation);
    const member = this.members.get(memberId);
    if (member !== undefined && member.joining === undefined && member.syncing === undefined) this.refresh(member);
    return error;
  }

  close(): void {
    clearTimeout(this.rebalance);
    for (const member of this.members.values()) this.stopSession(member);
  }

  private memberError(memberId: string, generation: number): number {
    if (!this.members.has(memberId)) return errorCodes.unknownMemberId;
    return generation === this.generation ? errorCodes.none : errorCodes.illegalGeneration;
  }

  private isConsistent(request: JoinRequest): boolean {
    const others = [...this.members.values()].filter(({ id }) => id !== request.memberId);
    if (request.protocols.length === 0) return false;
    if (others.length === 0) return true;
    if (request.protocolType !== this.protocolType) return false;
    return request.protocols.some(({ name }) => others.every((other) => offers(other, name)));
  }

  private add(request: JoinRequest): Member {
    const member: Member = {
      id: request.memberId,
      request,
      assignment: NOTHING,
      session: undefined,
      joining: undefined,
      syncing: undefined,
    };
    this.expected.delete(member.id);
    this.members.set(member.id, member);
    this.protocolType = request.protocolType;
    return member;
  }

  private prepareRebalance(): void {
    if (this.state === 'Empty') this.gathering = true;
    if (this.state !== 'PreparingRebalance') {
      this.state = 'PreparingRebalance';
      for (const member of this.members.values()) {
        member.syncing?.({ error: errorCodes.rebalanceInProgress, assignment: NOTHING });
        if (member.syncing !== undefined) this.refresh(member);
        member.syncing = undefined;
      }
      const longest = Math.max(...[...this.members.values()].map(({ request }) => request.rebalanceTimeoutMs));
      clearTimeout(this.rebalance);
      this.rebalance = setTimeout(() => this.completeRebalance(), this.gathering ? GATHER_MS : longest);
    }
    if (this.gathering) return;
    if ([...this.members.values()].every(({ joining }) => joining !== undefined)) this.completeRebalance();
  }

  private completeRebalance(): void {
    clearTimeout(this.rebalance);
    this.gathering = false;
    for (const member of [...this.members.values()])
      if (member.joining === undefined) {
        this.stopSession(member);
        this.members.delete(member.id);
      }
    const [first] = this.members.keys();
    if (first === undefined) {
      this.becomeEmpty();
      return;
    }
    this.generation += 1;
    this.state = 'CompletingRebalance';
    if (!this.members.has(this.leader)) this.leader = first;
    this.protocol = this.chooseProtocol();
    for (const member of this.members.values()) {
      member.assignment = NOTHING;
      member.joining?.(this.joinAnswer(member));
      member.joining = undefined;
      this.refresh(member);
    }
  }

  private chooseProtocol(): string {
    const members = [...this.members.values()];
    const offered = members[0]?.request.protocols ?? [];
    return offered.find(({ name }) => members.every((member) => offers(member, name)))?.name ?? '';
  }

  private joinAnswer(member: Member): JoinAnswer {
    const all = member.id === this.leader ? [...this.members.values()] : [];
    return {
      error: errorCodes.none,
      generation: this.generation,
      protocol: this.protocol,
      leader: this.leader,
      memberId: member.id,
      members: all.map(({ id, request }) => ({ id, metadata: metadataOf(request, this.protocol) })),
    };
  }

  private drop(member: Member): void {
    this.stopSession(member);
    this.members.delete(member.id);
    member.joining?.(refusedJoin(member.request, errorCodes.unknownMemberId));
    member.syncing?.({ error: errorCodes.unknownMemberId, assignment: NOTHING });
    if (this.members.size === 0) this.becomeEmpty();
    else this.prepareRebalance();
  }

  private becomeEmpty(): void {
    clearTimeout(this.rebalance);
    this.gathering = false;
    this.generation += 1;
    this.state = 'Empty';
    this.leader = '';
  }

  private refresh(member: Member): void {
    if (member.session !== undefined) member.session.refresh();
    else member.session = setTimeout(() => this.drop(member), member.request.sessionTimeoutMs);
  }

  private stopSession(member: Member): void {
    clearTimeout(member.session);
    member.session = undefined;
  }
}

const offers = (member: Member, name: string): boolean => member.request.protocols.some((one) => one.name === name);

const metadataOf = (request: JoinRequest, protocol: string): Buffer =>
  request.protocols.find(({ name }) => name === protocol)?.metadata ?? NOTHING;

const refusedJoin = ({ memberId }: JoinRequest, error: number): JoinAnswer => ({
  error,
  generation: -1,
  protocol: '',
  leader: '',
  memberId,
  members: [],
});

function sameProtocols(one: readonly Protocol[], other: readonly Protocol[]): boolean {
  return (
    one.length === other.length &&
    one.every((protocol, i) => protocol.name === other[i]?.name && protocol.metadata.equals(other[i].metadata))
  );
}
