'use strict';
// Required by a process that is measured (`node --require`): writes down its peak memory when it ends. The process
// itself knows nothing of it. Of /proc, because ru_maxrss begins with what its parent had.
const { appendFileSync, readFileSync } = require('node:fs');

process.on('exit', () => {
  let kilobytes = process.resourceUsage().maxRSS;
  try {
    kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    // Not Linux.
  }
  appendFileSync(process.env.BENCH_PEAK, `${kilobytes}\n`);
});
