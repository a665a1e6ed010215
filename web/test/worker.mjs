// A module worker that runs the cases.
import * as tf from '/dist/wgflow.js';
import { runAll } from './page.mjs';

self.onmessage = async (e) => self.postMessage(await runAll(tf, e.data.backend, e.data.filter, 'worker').catch((x) => ({ passed: 0, problems: [String(x)] })));
