/** The lessons of the log room. Each is a script that runs on the real engine; the first one plays at the first visit. */

export interface LessonText {
  readonly id: string;
  readonly title: string;
  readonly watchFor: string;
  readonly script: string;
}

export const WAL_LESSONS: readonly LessonText[] = [
  {
    id: 'shared-flush',
    title: 'Three clients, one flush',
    watchFor: 'The moment a client is told, and how many were told by one flush.',
    script: `# Three clients commit; one flush makes all three durable. Then the process dies.
store log 16k extent 1k align 512
device file
seed 1
say "Three clients each save one thing. So far it is only in memory."
put apple red as 1
put pear green as 2
put plum blue as 3
say "One write hands all three to the file, and one flush makes them durable. Only then is anybody told."
flush
say "Two more arrive. Nobody has told them anything yet."
put fig purple as 1
put lime yellow as 2
crash
say "The process died. Opening the store again reads the log from the last checkpoint."
reopen
say "All that was acknowledged is there. The two nobody was told about are gone, and that is no broken promise."
scan
`,
  },
  {
    id: 'half-a-write',
    title: 'A crash in the middle of a write',
    watchFor: 'Where recovery stops reading, and the reason it gives.',
    script: `# The process dies while the second group is being written: 600 of its bytes arrive.
store log 16k extent 1k align 512
seed 2
put monday @200 as 1
flush
say "Monday is durable. The next group holds three records over several sectors."
put tuesday @400 as 1
put wednesday @400 as 2
put thursday @400 as 3
ask "The process dies after 600 bytes of the next write. Which of the three days can recovery find?"
crash at +1 prefix 600
flush
reopen
say "A record counts only if its checksum holds and every record before it does. None was promised; none is missed."
scan
`,
  },
  {
    id: 'told-early',
    title: 'Told early: relaxed commits',
    watchFor: 'Who is told before the flush, and what a power cut does to that.',
    script: `# Relaxed commits are acknowledged when the file has the bytes, before they are flushed.
store log 16k extent 1k align 512
device simulated
seed 3
put strict-one a as 1 strict
flush
say "Client 1 waited for the flush. Client 2 says relaxed: it will be told as soon as the file has the bytes."
put relaxed-one b as 2 relaxed
put relaxed-two c as 2 relaxed
step 4k
put relaxed-three d as 2 relaxed
ask "Now the power fails, and what was not flushed is lost. What is left?"
power-cut lose all
reopen
say "What is left is still a prefix: nothing in the middle is missing. A dead process alone would have lost none of it."
scan
`,
  },
  {
    id: 'round-the-log',
    title: 'The log is a circle',
    watchFor: 'The checkpoint that lets the oldest part of the log be written over.',
    script: `# A small log fills. A checkpoint makes the index durable, so the old part of the log is not needed any more.
store log 8k extent 1k align 512
seed 4
put a @700 as 1
put b @700 as 2
flush
put c @700 as 1
put d @700 as 2
flush
say "Half of the log is in use. A checkpoint writes the index, then both superblock slots, and only then frees the log."
checkpoint
put e @700 as 1
put f @700 as 2
flush
put g @700 as 1
put h @700 as 2
flush
say "The tape goes on for ever; the file does not. The same bytes of the file are used again."
crash
reopen
scan
`,
  },
  {
    id: 'failed-flush',
    title: 'When a flush fails',
    watchFor: 'Why the store stops writing instead of asking again.',
    script: `# A failed flush says nothing about what reached the disk. A second one that succeeds says nothing either.
store log 16k extent 1k align 512
device simulated
seed 5
put one 1 as 1
flush
put two 2 as 2
fail flush 1
ask "The next flush fails. What may the store tell client 2?"
flush
say "Unknown. So it says exactly that, and takes no more commits until it is opened again."
get one
close
reopen
say "Recovery has looked: now it is known."
scan
`,
  },
];
