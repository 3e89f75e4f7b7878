import { describe, it } from 'vitest';
import { groupCommitOverPorts } from './testing/group_commit_suite';
import { runScript } from './testing/sessions';

describe('64 clients on message ports of their own (Chromium)', () => {
  groupCommitOverPorts(it, {
    makeChannel: () => new MessageChannel(),
    openSession: (hop) =>
      runScript('store log 256k extent 4k\nseed 7\n', { store: 'memory', grouping: 'hop' }, { hop }),
  });
});
