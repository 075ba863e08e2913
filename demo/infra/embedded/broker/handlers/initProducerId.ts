import type { Handler } from '../api.ts';
import { errorCodes } from '../errorCodes.ts';

/** InitProducerId, versions 0 and 1, for idempotent producers; transactions are not offered. */
export const initProducerId: Handler = ({ body }, answer, { nextProducerId }) => {
  const transactionalId = body.nullableString();
  answer.int32(0);
  if (transactionalId !== null) answer.int16(errorCodes.invalidRequest).int64(-1n).int16(-1);
  else answer.int16(errorCodes.none).int64(nextProducerId()).int16(0);
};
