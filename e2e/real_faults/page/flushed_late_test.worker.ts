/** The lab's own worker on files that are flushed too late (see flushed_late_files.ts, which has to come first). */
import './flushed_late_files';
import '../../../workers/lab.worker';
