/**
 * The log as an index is handed it: for records that are no commits. Such a record has no number of its own; it stands
 * between commits, and is kept as long as whatever comes after the checkpoint under way is needed.
 */
export interface LogSink {
  /**
   * Gets the log ready for records with payloads of this length, and says how many of them it takes now, without taking
   * what commits need. Commits that wait may be carried out meanwhile: whatever was read of the index before is out of date.
   *
   * @throws EngineError what carrying them out throws
   */
  prepare(payloadBytes: number): number;
  /**
   * Writes them behind everything that is in the log, at most as many as `prepare` said. The flush of the log that comes
   * before the superblock makes them durable.
   *
   * @throws EngineError write_failed; none of them is in the log then
   */
  write(payloads: readonly Uint8Array[]): void;
  /** While opening: every such record behind the checkpoint in force, oldest first. The bytes are good for the call. */
  read(visit: (payload: Uint8Array) => void): void;
}
