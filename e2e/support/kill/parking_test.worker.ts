/** The lab's own worker, on files that park (see parking_files.ts, which has to come first). */
import './parking_files';
import '../../../workers/lab.worker';
