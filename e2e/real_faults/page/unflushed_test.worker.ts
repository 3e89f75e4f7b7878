/** The lab's own worker on files that are never flushed (see unflushed_files.ts, which has to come first). */
import './unflushed_files';
import '../../../workers/lab.worker';
