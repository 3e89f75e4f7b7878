/**
 * A lab worker: finds out where stores can live, starts the host, and exposes it. The lab has one for as long as it is
 * open (named `lab`); drills start more of the same, and kill them.
 */
import { expose } from 'comlink';
import { Host } from '../src/host/host';
import { PROTOCOL_VERSION } from '../src/protocol/trace';
import { browserEnvironment } from './browser_environment';
import { overTheWire } from './over_the_wire';

const ready = browserEnvironment(self.name === 'lab').then((environment) => new Host(environment, PROTOCOL_VERSION));

expose(overTheWire(ready));
