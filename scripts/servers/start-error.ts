/**
 * Why a start cannot go on, in words for the person at the terminal.
 *
 * `message` says what is wrong, `remedy` what to do about it, `logFile` where to read more. Shown
 * without a stack: every other error is a defect of ours and keeps its stack.
 */
export class StartError extends Error {
  readonly remedy: string;
  readonly logFile: string | undefined;

  constructor(message: string, remedy: string, logFile?: string) {
    super(message);
    this.name = 'StartError';
    this.remedy = remedy;
    this.logFile = logFile;
  }
}
