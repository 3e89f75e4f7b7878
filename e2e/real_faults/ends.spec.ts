/** Real ends of renderers, browsers, tabs and workers, a few of each; `npm run faults` does a thousand. */
import { browserKill, rendererKill } from './rows/kills';
import { backForwardCache } from './rows/back_forward';
import { frozenTab, tabs } from './rows/tabs';
import { zombie } from './rows/zombie';
import { declare } from './suite';

declare([rendererKill, browserKill, tabs, backForwardCache, frozenTab, zombie]);
