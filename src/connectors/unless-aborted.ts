/** Waits no longer than the signal lets; what is waited for may go on for others. */
export function unlessAborted<Value>(event: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return event;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const stay = () => signal.removeEventListener('abort', leave);
    event.then(resolve, reject).then(stay, stay);
  });
}
