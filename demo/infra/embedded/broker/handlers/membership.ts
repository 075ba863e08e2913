import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';

const MAX_TIMEOUT_MS = 1_800_000;

/** JoinGroup, versions 0 to 5. */
export const joinGroup: Handler = async ({ body, version, clientId, clientHost }, answer, { groups, nextId }) => {
  const groupId = body.string();
  const sessionTimeoutMs = body.int32();
  const rebalanceTimeoutMs = version >= 1 ? body.int32() : sessionTimeoutMs;
  const asked = body.string();
  if (version >= 5) body.nullableString(); // static membership is not offered
  const protocolType = body.string();
  const protocols = body.array(() => ({
    name: body.string(),
    // Kept beyond this request: a copy, so that the frame can go.
    metadata: Buffer.from(body.nullableBytes() ?? Buffer.alloc(0)),
  }));
  const isNew = asked === '' || (version >= 4 && groups.open(groupId).expects(asked));
  const memberId = asked === '' ? `${clientId}-${nextId()}` : asked;
  const request = { memberId, clientId, clientHost, protocolType, protocols, sessionTimeoutMs, rebalanceTimeoutMs };
  const fits = sessionTimeoutMs > 0 && sessionTimeoutMs <= MAX_TIMEOUT_MS && rebalanceTimeoutMs <= MAX_TIMEOUT_MS;
  const group = groups.open(groupId);
  const early = !fits
    ? errorCodes.invalidSessionTimeout
    : version >= 4 && asked === ''
      ? errorCodes.memberIdRequired
      : 0;
  if (early === errorCodes.memberIdRequired) group.expect(memberId);
  const result =
    early === 0
      ? await group.join(request, isNew)
      : { error: early, generation: -1, protocol: '', leader: '', memberId, members: [] };
  if (version >= 2) answer.int32(0);
  answer.int16(result.error).int32(result.generation).string(result.protocol).string(result.leader);
  answer.string(result.memberId).array(result.members, ({ id, metadata }) => {
    answer.string(id);
    if (version >= 5) answer.string(null);
    answer.bytes(metadata);
  });
};

/** SyncGroup, versions 0 to 3. */
export const syncGroup: Handler = async ({ body, version }, answer, { groups }) => {
  const group = groups.open(body.string());
  const generation = body.int32();
  const memberId = body.string();
  if (version >= 3) body.nullableString();
  const assignments = new Map<string, Buffer>();
  body.array(() => {
    const member = body.string();
    assignments.set(member, Buffer.from(body.nullableBytes() ?? Buffer.alloc(0)));
  });
  const result = await group.sync(memberId, generation, assignments);
  if (version >= 1) answer.int32(0);
  answer.int16(result.error).bytes(result.assignment);
};

/** Heartbeat, versions 0 to 3. */
export const heartbeat: Handler = ({ body, version }, answer, { groups }) => {
  const group = groups.open(body.string());
  const generation = body.int32();
  const memberId = body.string();
  if (version >= 1) answer.int32(0);
  answer.int16(group.heartbeat(memberId, generation));
};

/** LeaveGroup, versions 0 to 3. */
export const leaveGroup: Handler = ({ body, version }, answer, { groups }) => {
  const group = groups.open(body.string());
  const memberIds =
    version >= 3
      ? body.array(() => {
          const memberId = body.string();
          body.nullableString();
          return memberId;
        })
      : [body.string()];
  const results = memberIds.map((memberId) => ({ memberId, error: group.leave(memberId) }));
  if (version >= 1) answer.int32(0);
  answer.int16(version >= 3 ? errorCodes.none : (results[0]?.error ?? errorCodes.none));
  if (version < 3) return;
  answer.array(results, ({ memberId, error }) => answer.string(memberId).string(null).int16(error));
};
