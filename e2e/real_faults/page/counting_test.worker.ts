/** The lab's own worker, and it counts how often the browser refuses it (see counting_opens.ts, which has to come first). */
import './counting_opens';
import '../../../workers/lab.worker';
