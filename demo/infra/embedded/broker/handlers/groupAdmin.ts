import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';

/** DescribeGroups, versions 0 to 2; an unknown group is described as Dead. */
export const describeGroups: Handler = ({ body, version }, answer, { groups }) => {
  const ids = body.array(() => body.string());
  if (version >= 1) answer.int32(0);
  answer.array(ids, (id) => {
    const group = groups.get(id);
    answer
      .int16(errorCodes.none)
      .string(id)
      .string(group?.state ?? 'Dead')
      .string(group?.protocolType ?? '');
    answer.string(group?.protocol ?? '').array(group?.describe() ?? [], (member) => {
      answer.string(member.id).string(member.clientId).string(member.clientHost);
      answer.bytes(member.metadata).bytes(member.assignment);
    });
  });
};

/** ListGroups, versions 0 to 2. */
export const listGroups: Handler = ({ version }, answer, { groups }) => {
  if (version >= 1) answer.int32(0);
  answer
    .int16(errorCodes.none)
    .array(groups.ids(), (id) => answer.string(id).string(groups.get(id)?.protocolType ?? ''));
};

/** DeleteGroups, versions 0 and 1: only without members. */
export const deleteGroups: Handler = ({ body }, answer, { groups }) => {
  const ids = body.array(() => body.string());
  answer.int32(0).array(ids, (id) => answer.string(id).int16(groups.delete(id)));
};
