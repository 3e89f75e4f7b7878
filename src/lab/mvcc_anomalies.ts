/** The anomalies as scripts of the lab, for whoever wants to watch one step by step. */
export { ANOMALIES, scriptAt, type AnomalyLevel } from '../workload/mvcc_anomalies/anomalies';
