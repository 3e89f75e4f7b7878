/**
 * The lab's own worker on files that lie (see caching_files.ts, which has to come first): only for showing that the
 * harness can find a loss.
 */
import './caching_files';
import '../../../workers/lab.worker';
