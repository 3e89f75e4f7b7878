/** That the harness works, from the build to the report, on a few rows. Never how fast anything is. */
import { expect, test } from 'vitest';
import { TINY_PLAN } from './plan';
import { tables } from './report';
import { runBenchmark } from './run';

const WORKLOADS_OF_THE_STORE = [
  'put strict',
  'put strict 64 clients',
  'put relaxed',
  'put relaxed pipelined',
  'get',
  'get missing',
  'scan 100',
  'scan all',
  'load sequential',
  'load random',
  'delete',
  'cold open',
  'recovery MB/s',
];

test('a run measures every workload on every subject that can do it, and reports it', async () => {
  const said: string[] = [];
  const { goals, report, results } = await runBenchmark(TINY_PLAN, (line) => void said.push(line));
  const rowOf = (workload: string, subject: string): unknown =>
    report.rows.find((row) => row.workload === workload && row.subject === subject);
  for (const workload of WORKLOADS_OF_THE_STORE) {
    for (const subject of ['store', 'store without trace seam'])
      expect(rowOf(workload, subject), workload).toBeDefined();
  }
  expect(rowOf('put strict', 'bare')).toMatchObject({
    group: 'spine',
    unit: 'ops/s',
    p50: expect.any(Number) as number,
  });
  for (const row of report.rows) expect(row.value, row.workload).toBeGreaterThan(0);
  expect(goals.map(({ name }) => name)).toContain('64 clients against one');
  expect(tables(report.rows, goals, results)).toContain('put strict against bare');
  expect(said.length).toBeGreaterThan(20);
});
