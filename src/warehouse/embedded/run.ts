import { spawn } from 'node:child_process';

/** A user of the operating system. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Outcome {
  ok: boolean;
  /** Both streams of it; nothing when they go to a file. */
  output: string;
}

export interface Manner {
  /** As whom; as oneself without it. */
  account?: Account | undefined;
  env?: Record<string, string>;
  /** An open file that takes all output, also that of what the program leaves running behind itself. */
  outputTo?: number | undefined;
}

/**
 * Runs a program to its end. It stands apart from the terminal, so that Ctrl+C ends tally and not a server half
 * way through its start; and apart from the current folder and environment, which may be closed to the account
 * and would stay with a server that outlives us.
 */
export function run(command: string, args: readonly string[], manner: Manner = {}): Promise<Outcome> {
  const windows = process.platform === 'win32';
  const into = manner.outputTo ?? 'pipe';
  const child = spawn(command, args, {
    cwd: windows ? undefined : '/',
    env: { ...(windows ? process.env : plainEnvironment()), ...manner.env },
    stdio: ['ignore', into, into],
    detached: !windows,
    windowsHide: true,
    ...manner.account,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve) => {
    const finish = (ok: boolean): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve({ ok, output: output.trim() });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
    // On Windows a server that was started may hold the pipes open as long as it lives: no 'close' would come.
    child.on('exit', (code) => setTimeout(finish, 1000, code === 0).unref());
  });
}

export function lastLines(text: string, count = 6): string {
  return text.trim().split(/\r?\n/).slice(-count).join('\n');
}

function plainEnvironment(): Record<string, string> {
  return {
    // cron's PATH lacks the folders of useradd
    PATH: `${process.env.PATH ?? ''}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    HOME: '/',
    LC_ALL: 'C',
  };
}
