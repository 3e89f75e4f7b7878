import { MessageChannel } from 'node:worker_threads';
import { describe, it } from 'vitest';
import { groupCommitOverPorts } from './testing/group_commit_suite';
import { runScript } from './testing/sessions';

describe('64 clients on message ports of their own (Node)', () => {
  groupCommitOverPorts(it, {
    makeChannel: () => new MessageChannel() as never,
    openSession: (hop) =>
      runScript('store log 256k extent 4k\nseed 7\n', { store: 'memory', grouping: 'hop' }, { hop }),
  });
});
