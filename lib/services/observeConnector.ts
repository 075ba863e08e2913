import { BanyanError, messageOf } from '../errors.ts';
import type { ConnectorStatus, Connectors } from '../ports/connectors.ts';
import type { StatusBoard } from '../ports/statusBoard.ts';

/** Reports one connector's state as the part `connector:<name>`; never rejects. */
export async function observeConnector(
  name: string,
  connectors: Connectors,
  board: StatusBoard,
): Promise<ConnectorStatus | null> {
  const part = `connector:${name}`;
  try {
    const status = await connectors.status(name);
    const bad = status.tasks.find(({ state }) => state !== 'RUNNING');
    if (status.state !== 'RUNNING') {
      board.report({
        part,
        state: 'down',
        detail: `the connector ${name} is ${status.state}`,
        fix: fixOf(status.state),
      });
    } else if (bad !== undefined) {
      const trace = bad.trace === null ? '' : `: ${bad.trace}`;
      board.report({
        part,
        state: 'down',
        detail: `task ${bad.id} of ${name} is ${bad.state}${trace}`,
        fix: fixOf(bad.state),
      });
    } else if (status.tasks.length === 0) {
      board.report({
        part,
        state: 'degraded',
        detail: `the connector ${name} has no task`,
        fix: 'see the log of Kafka Connect',
      });
    } else {
      board.report({ part, state: 'ok', detail: `running with ${status.tasks.length} task(s)` });
    }
    return status;
  } catch (error) {
    const fix = error instanceof BanyanError ? error.fix : undefined;
    board.report({ part, state: 'down', detail: messageOf(error), ...(fix === undefined ? {} : { fix }) });
    return null;
  }
}

function fixOf(state: string): string {
  if (state === 'PAUSED' || state === 'STOPPED') return 'resume it: until then its slot holds the log back';
  return 'see the log of Kafka Connect, mend the cause and restart the connector';
}
