import type { Api, Handler } from './api.ts';
import { errorCodes } from './errorCodes.ts';
import { alterConfigs, describeConfigs } from './handlers/configs.ts';
import { fetch } from './handlers/fetch.ts';
import { deleteGroups, describeGroups, listGroups } from './handlers/groupAdmin.ts';
import { findCoordinator, offsetCommit, offsetFetch } from './handlers/groupOffsets.ts';
import { initProducerId } from './handlers/initProducerId.ts';
import { listOffsets } from './handlers/listOffsets.ts';
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './handlers/membership.ts';
import { metadata } from './handlers/metadata.ts';
import { produce } from './handlers/produce.ts';
import { createPartitions, createTopics, deleteRecords, deleteTopics } from './handlers/topicAdmin.ts';
import type { WireWriter } from './wireWriter.ts';

export const API_VERSIONS_KEY = 18;

const apiVersions: Handler = ({ version }, answer) => {
  writeVersions(answer, errorCodes.none);
  if (version >= 1) answer.int32(0);
};

/** Everything that this broker serves. No flexible version is among them: they end where the encoding changes. */
export const apis: readonly Api[] = [
  { key: 0, minVersion: 3, maxVersion: 7, handle: produce },
  { key: 1, minVersion: 4, maxVersion: 11, handle: fetch },
  { key: 2, minVersion: 1, maxVersion: 3, handle: listOffsets },
  { key: 3, minVersion: 0, maxVersion: 6, handle: metadata },
  { key: 8, minVersion: 2, maxVersion: 5, handle: offsetCommit },
  { key: 9, minVersion: 1, maxVersion: 4, handle: offsetFetch },
  { key: 10, minVersion: 0, maxVersion: 2, handle: findCoordinator },
  { key: 11, minVersion: 0, maxVersion: 5, handle: joinGroup },
  { key: 12, minVersion: 0, maxVersion: 3, handle: heartbeat },
  { key: 13, minVersion: 0, maxVersion: 3, handle: leaveGroup },
  { key: 14, minVersion: 0, maxVersion: 3, handle: syncGroup },
  { key: 15, minVersion: 0, maxVersion: 2, handle: describeGroups },
  { key: 16, minVersion: 0, maxVersion: 2, handle: listGroups },
  { key: API_VERSIONS_KEY, minVersion: 0, maxVersion: 2, handle: apiVersions },
  { key: 19, minVersion: 0, maxVersion: 3, handle: createTopics },
  { key: 20, minVersion: 0, maxVersion: 1, handle: deleteTopics },
  { key: 21, minVersion: 0, maxVersion: 1, handle: deleteRecords },
  { key: 22, minVersion: 0, maxVersion: 1, handle: initProducerId },
  { key: 32, minVersion: 0, maxVersion: 2, handle: describeConfigs },
  { key: 33, minVersion: 0, maxVersion: 1, handle: alterConfigs },
  { key: 37, minVersion: 0, maxVersion: 1, handle: createPartitions },
  { key: 42, minVersion: 0, maxVersion: 1, handle: deleteGroups },
];

/** The list of versions in the form of version 0, which every client can read. */
export function writeVersions(answer: WireWriter, error: number): void {
  answer
    .int16(error)
    .array(apis, ({ key, minVersion, maxVersion }) => answer.int16(key).int16(minVersion).int16(maxVersion));
}
